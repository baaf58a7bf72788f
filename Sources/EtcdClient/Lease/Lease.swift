//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport
import NIOCore

/// A lease that was granted.
public struct LeaseGrantResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The lease.
    public var id: Int64
    /// Seconds that it lives unless it's renewed; may be more than was asked for.
    public var ttl: Int64

    /// An answer.
    public init(header: ResponseHeader = .init(), id: Int64, ttl: Int64) {
        self.header = header
        self.id = id
        self.ttl = ttl
    }
}

/// A lease that was renewed.
public struct LeaseKeepAliveResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The lease.
    public var id: Int64
    /// Seconds that it lives on.
    public var ttl: Int64

    /// An answer.
    public init(header: ResponseHeader = .init(), id: Int64, ttl: Int64) {
        self.header = header
        self.id = id
        self.ttl = ttl
    }
}

/// How a lease is.
public struct LeaseTimeToLiveResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The lease.
    public var id: Int64
    /// Seconds left; −1 when there's no such lease.
    public var ttl: Int64
    /// Seconds that it was granted.
    public var grantedTTL: Int64
    /// The keys that live on it, when they were asked for.
    public var keys: [[UInt8]]

    /// An answer.
    public init(header: ResponseHeader = .init(), id: Int64, ttl: Int64, grantedTTL: Int64 = 0, keys: [[UInt8]] = []) {
        self.header = header
        self.id = id
        self.ttl = ttl
        self.grantedTTL = grantedTTL
        self.keys = keys
    }
}

extension EtcdClient {
    /// Grants a lease: keys put with it go when it does.
    ///
    /// When no ID is given this client makes one up, so that a repetition after a lost answer can't leave a second lease behind.
    /// - Parameters:
    ///   - ttl: seconds to live. A server rounds up what is shorter than its election takes.
    ///   - id: the ID, above 0; nil for one of the client's making.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `leaseAlreadyExists`, `leaseTTLTooLarge`, `unavailable`; `unknownOutcome` when an attempt may have granted it, `noSpace` being among the
    ///   reasons: a lease that nobody knows of goes when its time is over.
    public func leaseGrant(
        ttl: Int64, id: Int64? = nil, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> LeaseGrantResponse {
        let deadline = deadline ?? .now + timeout(of: .write)
        if let id { return try await leaseGrant(ttl: ttl, id: id, kind: .write, deadline: deadline) }
        let id = Int64.random(in: 1...Int64.max)
        do throws(EtcdError) {
            return try await leaseGrant(ttl: ttl, id: id, kind: .idempotentWrite, deadline: deadline)
        } catch {
            guard error.code == .leaseAlreadyExists else { throw error }
            // Nobody else makes up the same 63 random bits: an attempt whose answer was lost has granted it.
            let granted: LeaseTimeToLiveResponse
            do throws(EtcdError) {
                granted = try await leaseTimeToLive(id, deadline: deadline)
            } catch {
                throw error.afterUncertainAttempt()
            }
            guard granted.ttl >= 0 else { throw error }
            return LeaseGrantResponse(header: granted.header, id: id, ttl: granted.grantedTTL)
        }
    }

    private func leaseGrant(
        ttl: Int64, id: Int64, kind: CallKind, deadline: ContinuousClock.Instant
    ) async throws(EtcdError) -> LeaseGrantResponse {
        let call = Call(
            method: "/etcdserverpb.Lease/LeaseGrant", kind: kind, deadline: deadline, operation: { "grant lease \(id) for \(ttl) s" })
        return try await perform(
            call,
            encode: { arena throws(ArenaExhausted) in
                let request = try arena.make(etcdserverpb__lease_grant_request__init)
                request.pointee.ttl = ttl
                request.pointee.id = id
                return arena.pack(request)
            },
            decode: { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, etcdserverpb__lease_grant_response__unpack) {
                    LeaseGrantResponse(header: ResponseHeader($0.header), id: $0.id, ttl: $0.ttl)
                }
            })
    }

    /// Ends a lease and deletes its keys, all at one revision.
    ///
    /// Repeated until it's certain, since a lease can't end twice.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `leaseNotFound` when it's gone, perhaps by an attempt of this very call whose answer was lost; `unknownOutcome`, after which it may be
    ///   repeated; `unavailable`…
    public func leaseRevoke(_ id: Int64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Lease/LeaseRevoke", kind: .idempotentWrite, deadline: deadline ?? .now + timeout(of: .write),
            operation: { "revoke lease \(id)" })
        _ = try await perform(
            call,
            encode: { arena throws(ArenaExhausted) in
                let request = try arena.make(etcdserverpb__lease_revoke_request__init)
                request.pointee.id = id
                return arena.pack(request)
            },
            decode: { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, etcdserverpb__lease_revoke_response__unpack) { ResponseHeader($0.header) }
            })
    }

    /// Renews a lease once: it lives for its whole time again.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `leaseNotFound`, `unavailable`, `noLeader`…
    @discardableResult
    public func leaseKeepAliveOnce(_ id: Int64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LeaseKeepAliveResponse {
        let operation: @Sendable () -> String = { "keep lease \(id) alive" }
        let call = Call(method: "/etcdserverpb.Lease/LeaseKeepAlive", kind: .repeatable, deadline: deadline, operation: operation)
        let end = self.deadline(for: call)
        let response = try await repeating(call, until: end) { [transport] metadata async throws(GRPCError) in
            let stream = try await transport.openStream(call.method, lane: call.lane, metadata: metadata, deadline: ContinuousClock.Instant(end))
            defer { stream.cancel() }
            try await stream.send(LeaseKeepAliveResponse.request(id))
            guard let answer = try await stream.nextMessages().first else {
                throw GRPCError(
                    code: .internal, message: "the server ended the stream without an answer", disposition: .mayHaveExecuted, origin: .server,
                    endpoint: stream.endpoint)
            }
            return try LeaseKeepAliveResponse(reading: answer, from: stream.endpoint)
        }
        // A server says so by a time of 0, not by an error.
        guard response.ttl > 0 else { throw EtcdError(.leaseNotFound, message: "\(operation()): it has expired, was revoked or never was") }
        return response
    }

    /// Tells how long a lease still lives, and which keys live on it.
    ///
    /// An unknown lease is no error: see ``LeaseTimeToLiveResponse/ttl``.
    /// - Parameters:
    ///   - id: the lease.
    ///   - keys: whether to name the keys.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`…
    public func leaseTimeToLive(
        _ id: Int64, keys: Bool = false, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> LeaseTimeToLiveResponse {
        let call = Call(
            method: "/etcdserverpb.Lease/LeaseTimeToLive", kind: .repeatable, lane: keys ? .bulk : .unary, deadline: deadline,
            operation: { "time to live of lease \(id)" })
        return try await perform(
            call,
            encode: { arena throws(ArenaExhausted) in
                let request = try arena.make(etcdserverpb__lease_time_to_live_request__init)
                request.pointee.id = id
                request.pointee.keys = keys ? 1 : 0
                return arena.pack(request)
            },
            decode: { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, etcdserverpb__lease_time_to_live_response__unpack) { message in
                    LeaseTimeToLiveResponse(
                        header: ResponseHeader(message.header), id: message.id, ttl: message.ttl, grantedTTL: message.grantedttl,
                        keys: (0..<message.n_keys).map { Array(message.keys[$0]) })
                }
            })
    }
}

extension EtcdClient {
    /// The stream on which leases are renewed.
    func openKeepAliveStream() async throws(GRPCError) -> IdentifiedStream {
        try await openStream("/etcdserverpb.Lease/LeaseKeepAlive", lane: .watch)
    }
}

extension LeaseKeepAliveResponse {
    /// What it answers to.
    static func request(_ id: Int64) throws(GRPCError) -> [UInt8] {
        do throws(ArenaExhausted) {
            return try MessageArena.withArena { arena throws(ArenaExhausted) in
                let request = try arena.make(etcdserverpb__lease_keep_alive_request__init)
                request.pointee.id = id
                return arena.pack(request)
            }
        } catch {
            throw GRPCError(code: .resourceExhausted, message: "out of memory", disposition: .notSent, origin: .caller)
        }
    }

    init(reading message: ByteBuffer, from endpoint: GRPCEndpoint) throws(GRPCError) {
        do throws(MalformedMessage) {
            self = try message.decoded { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, etcdserverpb__lease_keep_alive_response__unpack) {
                    LeaseKeepAliveResponse(header: ResponseHeader($0.header), id: $0.id, ttl: $0.ttl)
                }
            }
        } catch {
            throw GRPCError(
                code: .internal, message: "the renewal of a lease can't be read: \(error.reason)", disposition: .mayHaveExecuted,
                origin: .protocolViolation, endpoint: endpoint)
        }
    }
}
