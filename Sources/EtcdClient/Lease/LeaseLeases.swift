//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

/// The leases that there are.
public struct LeaseLeasesResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// Their IDs, in no order.
    public var leases: [Int64]

    /// An answer.
    public init(header: ResponseHeader = .init(), leases: [Int64] = []) {
        self.header = header
        self.leases = leases
    }
}

extension EtcdClient {
    /// Names all leases that live. Since etcd 3.3.
    ///
    /// One member tells what it knows, which can be late: of leases that were granted or ended a moment ago it may not know yet.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `permissionDenied`, `unavailable`…
    public func leaseLeases(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LeaseLeasesResponse {
        let call = Call(
            method: "/etcdserverpb.Lease/LeaseLeases", kind: .repeatable, lane: .bulk, deadline: deadline, operation: { "list leases" })
        return try await perform(
            call, encode: { arena throws(ArenaExhausted) in arena.pack(try arena.make(etcdserverpb__lease_leases_request__init)) },
            decode: { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, etcdserverpb__lease_leases_response__unpack) { message in
                    LeaseLeasesResponse(
                        header: ResponseHeader(message.header), leases: (0..<message.n_leases).compactMap { message.leases[$0]?.pointee.id })
                }
            })
    }
}
