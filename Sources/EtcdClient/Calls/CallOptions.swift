//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import GRPCTransport

/// How the calls of one view of a client are made: see ``EtcdClient/with(_:)``.
public struct CallOptions: Sendable {
    /// How long a call may take, its repetitions included, when it isn't given a deadline; nil for the configuration's times.
    public var timeout: Duration?
    /// In place of ``EtcdClientConfiguration/requiresLeader``; nil to leave it.
    public var requiresLeader: Bool?
    /// What to send along with each call and stream, beyond what the client sends itself.
    ///
    /// Names are lower-case; etcd ignores those it doesn't know, while proxies may not.
    public var metadata: GRPCMetadata

    /// Options; those not given are left as they are.
    public init(timeout: Duration? = nil, requiresLeader: Bool? = nil, metadata: GRPCMetadata = [:]) {
        self.timeout = timeout
        self.requiresLeader = requiresLeader
        self.metadata = metadata
    }

    /// These options, and for what they leave the others.
    func over(_ other: CallOptions) -> CallOptions {
        var metadata = other.metadata
        for field in self.metadata { metadata.append(field) }
        return CallOptions(timeout: timeout ?? other.timeout, requiresLeader: requiresLeader ?? other.requiresLeader, metadata: metadata)
    }
}

extension EtcdClient {
    /// When a call is to give up whose time by default isn't the configuration's.
    func deadline(_ deadline: ContinuousClock.Instant?, orAfter time: Duration) -> ContinuousClock.Instant {
        deadline ?? .now + (options.timeout ?? time)
    }
}
