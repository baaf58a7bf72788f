//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

// Source of the rules: etcd's server/etcdserver/api/v3lock, which runs clientv3/concurrency's mutex inside the server.

/// A lock that is held.
public struct LockResponse: Sendable, Hashable {
    /// Who answered; the revision at which the lock was got.
    public var header: ResponseHeader
    /// Exists as long as the lock is held: compare its ``KeyValue/createRevision`` with 0 in the transactions that the lock protects.
    public var key: [UInt8]

    /// An answer.
    public init(header: ResponseHeader = .init(), key: [UInt8]) {
        self.header = header
        self.key = key
    }
}

extension EtcdClient {
    /// Waits for a lock that the server keeps.
    ///
    /// The lock belongs to the lease: with the same one it is got again at once. A call that was sent and not answered isn't repeated all the same: a
    /// server that finds its caller gone gives the lock up, whoever else waits for the same one by then. The lock goes when it is unlocked or when the lease ends, whether the holder notices or not: see ``LockResponse/key``. Cancelling the task leaves the queue.
    /// - Parameters:
    ///   - name: the lock; its keys begin with it and a slash.
    ///   - lease: what the lock lives on; it must be kept alive.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or where there's none for as long as it takes.
    /// - Throws: `leaseNotFound`, `unavailable`…; `unknownOutcome` when it had begun to wait, with `deadlineExceeded`, `canceled` or `unavailable` for
    ///   a ``EtcdError/reason``: the lock may then be held nevertheless until the lease ends: revoke it.
    public func lock(_ name: [UInt8], lease: Int64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LockResponse {
        // A server makes up a lease for 0, and nobody would keep it alive.
        guard lease != 0 else { throw EtcdError(.invalidArgument, message: "lock \(KeyRange.text(name)): a lease is needed; grant one first") }
        let call = Call(
            method: "/v3lockpb.Lock/Lock", kind: .write, deadline: self.deadline(deadline, orAfter: Self.forever),
            mayBlock: true, operation: { "lock \(KeyRange.text(name))" })
        return try await perform(
            call, v3lockpb__lock_request__init, v3lockpb__lock_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.name = try arena.binary(name)
                request.pointee.lease = lease
            },
            read: { LockResponse(header: ResponseHeader($0.header), key: Array($0.key)) })
    }

    /// Waits for a lock that the server keeps, named by text.
    public func lock(_ name: String, lease: Int64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LockResponse {
        try await lock(Array(name.utf8), lease: lease, deadline: deadline)
    }

    /// Gives a lock back; one that is gone is no error. At most once.
    /// - Parameters:
    ///   - key: ``LockResponse/key``.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unavailable`; `unknownOutcome`, after which it may be repeated unless the same lease has locked again…
    public func unlock(_ key: [UInt8], deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/v3lockpb.Lock/Unlock", kind: .write, deadline: deadline, operation: { "unlock \(KeyRange.text(key))" })
        try await perform(
            call, v3lockpb__unlock_request__init, v3lockpb__unlock_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.key = try arena.binary(key) }, read: { _ in })
    }

    /// Longer than any process waits; calls that block on the server have no other end than this and their task's.
    static let forever = Duration.seconds(365 * 86400)
}
