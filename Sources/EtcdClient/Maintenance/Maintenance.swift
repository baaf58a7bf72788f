//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

/// How one member is.
public struct StatusResponse: Sendable, Hashable {
    /// Which member it is.
    public var header: ResponseHeader
    /// The server's version, as in `3.5.16`.
    public var version: String
    /// Bytes of the database file.
    public var dbSize: Int64
    /// Bytes of it in use; the rest would go with a defragmentation.
    public var dbSizeInUse: Int64
    /// The bytes that the database may grow to; 0 before etcd 3.6.
    public var dbSizeQuota: Int64
    /// The member that leads, as this one sees it; 0 for none.
    public var leader: UInt64
    /// The latest committed entry of the raft log.
    public var raftIndex: UInt64
    /// The raft term.
    public var raftTerm: UInt64
    /// The latest entry that was applied; far below ``raftIndex`` means that the member lags.
    public var raftAppliedIndex: UInt64
    /// What is wrong: alarms, corruption, no leader.
    public var errors: [String]
    /// Whether it is a learner.
    public var isLearner: Bool
    /// The version of the stored schema; empty before etcd 3.6.
    public var storageVersion: String
}

extension EtcdClient {
    /// Asks one member, whichever is connected, how it is.
    /// - Parameter deadline: when to give up; nil for ``EtcdClientConfiguration/readTimeout`` from now.
    /// - Throws: `unavailable`, `permissionDenied`…
    public func status(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> StatusResponse {
        let call = Call(
            method: "/etcdserverpb.Maintenance/Status", kind: .repeatable, requiresLeader: false, deadline: deadline, operation: { "status" })
        return try await perform(
            call,
            encode: { arena throws(ArenaExhausted) in arena.pack(try arena.make(etcdserverpb__status_request__init)) },
            decode: { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, etcdserverpb__status_response__unpack) { StatusResponse($0) }
            })
    }
}

extension StatusResponse {
    fileprivate init(_ message: Etcdserverpb__StatusResponse) {
        self.init(
            header: ResponseHeader(message.header), version: String(message.version), dbSize: message.dbsize,
            dbSizeInUse: message.dbsizeinuse, dbSizeQuota: message.dbsizequota, leader: message.leader, raftIndex: message.raftindex,
            raftTerm: message.raftterm, raftAppliedIndex: message.raftappliedindex,
            errors: (0..<message.n_errors).map { String(message.errors[$0]) }, isLearner: message.islearner != 0,
            storageVersion: String(message.storageversion))
    }
}
