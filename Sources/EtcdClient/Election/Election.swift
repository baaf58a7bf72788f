//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

// Source of the rules: etcd's server/etcdserver/api/v3election, which runs clientv3/concurrency's election inside the server.

/// What a leader proves its leadership by.
public struct LeaderKey: Sendable, Hashable {
    /// The election.
    public var name: [UInt8]
    /// Exists as long as the leadership lasts.
    public var key: [UInt8]
    /// The revision that made ``key``: it's still the same leadership when ``KeyValue/createRevision`` is this.
    public var revision: Int64
    /// The lease that the leadership lives on.
    public var lease: Int64

    /// A leadership.
    public init(name: [UInt8], key: [UInt8], revision: Int64, lease: Int64) {
        self.name = name
        self.key = key
        self.revision = revision
        self.lease = lease
    }
}

/// An election that was won.
public struct CampaignResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The leadership.
    public var leader: LeaderKey

    /// An answer.
    public init(header: ResponseHeader = .init(), leader: LeaderKey) {
        self.header = header
        self.leader = leader
    }
}

/// Who leads.
public struct LeaderResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The leader's key, and in its value what the leader proclaims.
    public var kv: KeyValue

    /// An answer.
    public init(header: ResponseHeader = .init(), kv: KeyValue = .init()) {
        self.header = header
        self.kv = kv
    }
}

extension EtcdClient {
    /// Stands for an election that the server holds, and waits until it's won.
    ///
    /// The leadership belongs to the lease: with the same one it is got again at once, with the new value. A call that was sent and not answered isn't
    /// repeated all the same: a server that finds its caller gone withdraws the candidate, whoever else waits for the same one by then. The leadership
    /// ends by ``resign(_:deadline:)`` or with the lease, whether the leader notices or not: see ``LeaderKey/revision``. Cancelling the task withdraws.
    /// - Parameters:
    ///   - name: the election; its keys begin with it and a slash.
    ///   - lease: what the leadership lives on; it must be kept alive.
    ///   - value: what the leader proclaims.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or where there's none for as long as it takes.
    /// - Throws: `leaseNotFound`, `unavailable`…; `unknownOutcome` when it had begun to wait, with `deadlineExceeded`, `canceled` or `unavailable` for
    ///   a ``EtcdError/reason``: the candidate may then still be there, and win, until the lease ends: revoke it.
    public func campaign(
        _ name: [UInt8], lease: Int64, value: [UInt8], deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> CampaignResponse {
        // A server makes up a lease for 0, and nobody would keep it alive.
        guard lease != 0 else {
            throw EtcdError(.invalidArgument, message: "campaign for \(KeyRange.text(name)): a lease is needed; grant one first")
        }
        let call = Call(
            method: "/v3electionpb.Election/Campaign", kind: .write, deadline: self.deadline(deadline, orAfter: Self.forever),
            mayBlock: true, operation: { "campaign for \(KeyRange.text(name))" })
        return try await perform(
            call, v3electionpb__campaign_request__init, v3electionpb__campaign_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.name = try arena.binary(name)
                request.pointee.lease = lease
                request.pointee.value = try arena.binary(value)
            },
            read: { answer in
                CampaignResponse(
                    header: ResponseHeader(answer.header),
                    leader: answer.leader.map { LeaderKey($0.pointee) } ?? LeaderKey(name: name, key: [], revision: 0, lease: lease))
            })
    }

    /// Stands for an election that the server holds, all given as text.
    public func campaign(
        _ name: String, lease: Int64, value: String, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> CampaignResponse {
        try await campaign(Array(name.utf8), lease: lease, value: Array(value.utf8), deadline: deadline)
    }

    /// Changes what a leader proclaims. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `electionNotLeader` when the leadership is over; `unavailable`, `unknownOutcome`…
    public func proclaim(_ leader: LeaderKey, value: [UInt8], deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/v3electionpb.Election/Proclaim", kind: .write, deadline: deadline,
            operation: { "proclaim as leader of \(KeyRange.text(leader.name))" })
        try await perform(
            call, v3electionpb__proclaim_request__init, v3electionpb__proclaim_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.leader = try arena.leaderKey(leader)
                request.pointee.value = try arena.binary(value)
            },
            read: { _ in })
    }

    /// Changes what a leader proclaims, given as text.
    public func proclaim(_ leader: LeaderKey, value: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        try await proclaim(leader, value: Array(value.utf8), deadline: deadline)
    }

    /// Tells who leads.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `electionNoLeader` when nobody does; `unavailable`…
    public func leader(_ name: [UInt8], deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LeaderResponse {
        let call = Call(
            method: "/v3electionpb.Election/Leader", kind: .repeatable, deadline: deadline, operation: { "leader of \(KeyRange.text(name))" })
        return try await perform(
            call, v3electionpb__leader_request__init, v3electionpb__leader_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.name = try arena.binary(name) }, read: { LeaderResponse($0) })
    }

    /// Tells who leads an election that is named by text.
    public func leader(_ name: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LeaderResponse {
        try await leader(Array(name.utf8), deadline: deadline)
    }

    /// Gives a leadership up; one that is over is no error. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unavailable`; `unknownOutcome`, after which it may be repeated: it ends this leadership only…
    public func resign(_ leader: LeaderKey, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/v3electionpb.Election/Resign", kind: .write, deadline: deadline, operation: { "resign from \(KeyRange.text(leader.name))" })
        try await perform(
            call, v3electionpb__resign_request__init, v3electionpb__resign_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.leader = try arena.leaderKey(leader) }, read: { _ in })
    }
}

extension LeaderKey {
    fileprivate init(_ message: V3electionpb__LeaderKey) {
        self.init(name: Array(message.name), key: Array(message.key), revision: message.rev, lease: message.lease)
    }
}

extension LeaderResponse {
    init(_ message: V3electionpb__LeaderResponse) {
        self.init(header: ResponseHeader(message.header), kv: message.kv.map { KeyValue($0.pointee) } ?? KeyValue())
    }
}

extension MessageArena {
    fileprivate func leaderKey(_ leader: LeaderKey) throws(ArenaExhausted) -> UnsafeMutablePointer<V3electionpb__LeaderKey> {
        let message = try make(v3electionpb__leader_key__init)
        message.pointee.name = try binary(leader.name)
        message.pointee.key = try binary(leader.key)
        message.pointee.rev = leader.revision
        message.pointee.lease = leader.lease
        return message
    }
}

extension EtcdError.Code {
    /// Nobody leads the election.
    public static let electionNoLeader = Self("no elected leader")
    /// The leadership is over.
    public static let electionNotLeader = Self("not the elected leader")
}
