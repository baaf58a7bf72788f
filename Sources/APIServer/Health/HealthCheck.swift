//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Something that must work for the server to be healthy.
public struct HealthCheck: Sendable {
    /// The paths that health is asked at.
    public enum Endpoint: String, Sendable, Hashable, CaseIterable {
        /// The old one, for everything.
        case healthz
        /// Is the process worth keeping alive?
        case livez
        /// May requests be sent to it?
        case readyz
    }

    /// The name, such as `etcd`.
    public var name: String
    /// Where it counts.
    public var endpoints: Set<Endpoint>
    /// Throws when it isn't healthy. It should give up by itself after a few seconds.
    public var check: @Sendable () async throws -> Void

    /// A check.
    public init(name: String, endpoints: Set<Endpoint> = Set(Endpoint.allCases), check: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.endpoints = endpoints
        self.check = check
    }
}
