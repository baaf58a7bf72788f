//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
public import GRPCTransport

/// How one member is.
public struct StatusResponse: Sendable, Hashable {
    /// A downgrade that is under way.
    public struct Downgrade: Sendable, Hashable {
        /// Whether there is one.
        public var isEnabled: Bool
        /// The version it leads to.
        public var targetVersion: String

        /// A downgrade.
        public init(isEnabled: Bool = false, targetVersion: String = "") {
            self.isEnabled = isEnabled
            self.targetVersion = targetVersion
        }
    }

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
    /// A downgrade that is under way; nil before etcd 3.6.
    public var downgrade: Downgrade?

    /// An answer.
    public init(
        header: ResponseHeader = .init(), version: String = "", dbSize: Int64 = 0, dbSizeInUse: Int64 = 0, dbSizeQuota: Int64 = 0, leader: UInt64 = 0,
        raftIndex: UInt64 = 0, raftTerm: UInt64 = 0, raftAppliedIndex: UInt64 = 0, errors: [String] = [], isLearner: Bool = false,
        storageVersion: String = "", downgrade: Downgrade? = nil
    ) {
        self.header = header
        self.version = version
        self.dbSize = dbSize
        self.dbSizeInUse = dbSizeInUse
        self.dbSizeQuota = dbSizeQuota
        self.leader = leader
        self.raftIndex = raftIndex
        self.raftTerm = raftTerm
        self.raftAppliedIndex = raftAppliedIndex
        self.errors = errors
        self.isLearner = isLearner
        self.storageVersion = storageVersion
        self.downgrade = downgrade
    }

    /// Whether this member leads.
    public var isLeader: Bool { leader != 0 && leader == header.memberID }
}

extension EtcdClient {
    /// Asks one member how it is.
    /// - Parameters:
    ///   - endpoint: the member; nil for whichever is connected.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`; `permissionDenied` for other users than root on servers before etcd 3.6.12…
    public func status(of endpoint: GRPCEndpoint? = nil, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> StatusResponse {
        let call = Call(
            method: "/etcdserverpb.Maintenance/Status", kind: .repeatable, requiresLeader: false, deadline: deadline, endpoint: endpoint,
            operation: { Self.question("status", endpoint) })
        return try await perform(
            call, etcdserverpb__status_request__init, etcdserverpb__status_response__unpack, read: { StatusResponse($0) })
    }

    /// The endpoint that the leader answers on.
    func leaderEndpoint(deadline: ContinuousClock.Instant, operation: String) async throws(EtcdError) -> GRPCEndpoint {
        var failure: EtcdError?
        for endpoint in transport.endpoints {
            do throws(EtcdError) {
                if try await status(of: endpoint, deadline: min(deadline, ContinuousClock.now + timeout(of: .repeatable))).isLeader {
                    return endpoint
                }
            } catch {
                // One that can't be asked may still be named by the others; but it's then not the one to talk to.
                if error.code == .canceled || error.code == .stopped { throw error }
                failure = error
            }
        }
        throw EtcdError(
            failure?.code ?? .notLeader,
            message: "\(operation): none of the endpoints says that it leads; add the leader's, or wait for an election"
                + (failure.map { "; one of them: \($0.message)" } ?? ""), underlying: failure?.underlying)
    }
}

extension StatusResponse {
    fileprivate init(_ message: Etcdserverpb__StatusResponse) {
        self.init(
            header: ResponseHeader(message.header), version: String(message.version), dbSize: message.dbsize,
            dbSizeInUse: message.dbsizeinuse, dbSizeQuota: message.dbsizequota, leader: message.leader, raftIndex: message.raftindex,
            raftTerm: message.raftterm, raftAppliedIndex: message.raftappliedindex,
            errors: .init(message.errors, count: message.n_errors), isLearner: message.islearner != 0,
            storageVersion: String(message.storageversion),
            downgrade: message.downgradeinfo.map {
                Downgrade(isEnabled: $0.pointee.enabled != 0, targetVersion: String($0.pointee.targetversion))
            })
    }
}
