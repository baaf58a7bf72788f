//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

// Source of the rules: etcd's api/v3rpc/member.go and server/etcdserver/cluster.

extension EtcdClient {
    /// Names the cluster's members.
    ///
    /// - Parameters:
    ///   - linearizable: asks the cluster; otherwise whichever member is connected tells what it knows, which works without a leader and may be old.
    ///     Servers before etcd 3.5 always do the latter.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`, `noLeader`…
    public func memberList(linearizable: Bool = true, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> MemberListResponse {
        let call = Call(
            method: "/etcdserverpb.Cluster/MemberList", kind: .repeatable, requiresLeader: linearizable, deadline: deadline,
            operation: { "list members" })
        return try await perform(
            call, etcdserverpb__member_list_request__init, etcdserverpb__member_list_response__unpack,
            fill: { _, request in request.pointee.linearizable = linearizable ? 1 : 0 },
            read: { MemberListResponse($0.header, $0.members, count: $0.n_members) })
    }

    /// Adds a member, which is to be started afterwards.
    ///
    /// A voting member that isn't started counts against the majority at once: add it as a learner first, and promote it when it has caught up. At most once;
    /// when the outcome is unknown ``memberList(linearizable:deadline:)`` tells.
    /// - Parameters:
    ///   - peerURLs: where the other members will reach it.
    ///   - isLearner: whether it is to follow without a vote.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `memberAlreadyExists` when a member has one of the URLs; `invalidArgument` for what is no URL; `failedPrecondition` when too few members
    ///   are started or there are too many learners; `unavailable` when the cluster isn't healthy until the deadline, which it says for five seconds after
    ///   its members have found each other; `unknownOutcome`…
    public func memberAdd(
        peerURLs: [String], isLearner: Bool = false, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> MemberAddResponse {
        let call = Call(
            method: "/etcdserverpb.Cluster/MemberAdd", kind: .write, deadline: deadline,
            operation: { "add \(isLearner ? "learner" : "member") at \(peerURLs.joined(separator: ", "))" })
        return try await perform(
            call, texts: peerURLs, etcdserverpb__member_add_request__init, etcdserverpb__member_add_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.n_peerurls = peerURLs.count
                request.pointee.peerurls = try arena.texts(peerURLs)
                request.pointee.islearner = isLearner ? 1 : 0
            },
            read: { answer in
                MemberAddResponse(
                    header: ResponseHeader(answer.header), member: answer.member.map { Member($0.pointee) } ?? Member(),
                    members: .init(answer.members, count: answer.n_members, Member.init))
            })
    }

    /// Takes a member out of the cluster; its process ends by itself.
    ///
    /// At most once, since the answer to a repetition wouldn't tell who did it.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: those that remain.
    /// - Throws: `memberNotFound`; `failedPrecondition` when too few started members would remain; `unavailable`, `unknownOutcome`…
    @discardableResult
    public func memberRemove(_ id: UInt64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> MemberListResponse {
        let call = Call(
            method: "/etcdserverpb.Cluster/MemberRemove", kind: .write, deadline: deadline, operation: { "remove member \(Member.text(id))" })
        return try await perform(
            call, etcdserverpb__member_remove_request__init, etcdserverpb__member_remove_response__unpack,
            fill: { _, request in request.pointee.id = id },
            read: { MemberListResponse($0.header, $0.members, count: $0.n_members) })
    }

    /// Changes where the other members reach one.
    ///
    /// At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: all members, as they are now.
    /// - Throws: `memberNotFound`, `memberAlreadyExists` when another member has one of the URLs, `invalidArgument`, `unavailable`, `unknownOutcome`…
    @discardableResult
    public func memberUpdate(
        _ id: UInt64, peerURLs: [String], deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> MemberListResponse {
        let call = Call(
            method: "/etcdserverpb.Cluster/MemberUpdate", kind: .write, deadline: deadline,
            operation: { "move member \(Member.text(id)) to \(peerURLs.joined(separator: ", "))" })
        return try await perform(
            call, texts: peerURLs, etcdserverpb__member_update_request__init, etcdserverpb__member_update_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.id = id
                request.pointee.n_peerurls = peerURLs.count
                request.pointee.peerurls = try arena.texts(peerURLs)
            },
            read: { MemberListResponse($0.header, $0.members, count: $0.n_members) })
    }

    /// Gives a learner a vote.
    ///
    /// At most once. Since etcd 3.4.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: all members, as they are now.
    /// - Throws: `learnerNotReady` while it hasn't caught up, after which it may be tried again; `failedPrecondition` when it has a vote already;
    ///   `memberNotFound`, `unavailable`, `unknownOutcome`…
    @discardableResult
    public func memberPromote(_ id: UInt64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> MemberListResponse {
        let call = Call(
            method: "/etcdserverpb.Cluster/MemberPromote", kind: .write, deadline: deadline, operation: { "promote learner \(Member.text(id))" })
        return try await perform(
            call, etcdserverpb__member_promote_request__init, etcdserverpb__member_promote_response__unpack,
            fill: { _, request in request.pointee.id = id },
            read: { MemberListResponse($0.header, $0.members, count: $0.n_members) })
    }
}

extension MemberListResponse {
    /// Of what several answers have alike.
    fileprivate init(
        _ header: UnsafeMutablePointer<Etcdserverpb__ResponseHeader>?, _ members: UnsafeMutablePointer<UnsafeMutablePointer<Etcdserverpb__Member>?>?,
        count: Int
    ) {
        self.init(header: ResponseHeader(header), members: .init(members, count: count, Member.init))
    }
}
