//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
public import GRPCTransport

/// A checksum of a member's database.
public struct HashResponse: Sendable, Hashable {
    /// Which member it is.
    public var header: ResponseHeader
    /// The checksum, of everything in the file that counts.
    public var hash: UInt32

    /// An answer.
    public init(header: ResponseHeader = .init(), hash: UInt32 = 0) {
        self.header = header
        self.hash = hash
    }
}

/// A checksum of a member's keys up to a revision.
public struct HashKVResponse: Sendable, Hashable {
    /// Which member it is.
    public var header: ResponseHeader
    /// The checksum. Members with the same ``compactRevision`` must have the same one for the same revision.
    public var hash: UInt32
    /// What the member has compacted, which isn't part of the checksum.
    public var compactRevision: Int64
    /// The revision that the checksum goes up to; 0 before etcd 3.6.
    public var hashRevision: Int64

    /// An answer.
    public init(header: ResponseHeader = .init(), hash: UInt32 = 0, compactRevision: Int64 = 0, hashRevision: Int64 = 0) {
        self.header = header
        self.hash = hash
        self.compactRevision = compactRevision
        self.hashRevision = hashRevision
    }
}

/// What to do about a downgrade.
public enum DowngradeAction: Sendable, Hashable {
    /// Ask whether the cluster could be downgraded to a version, such as `3.5`.
    case validate(version: String)
    /// Have the cluster prepare for members of a version, such as `3.5`.
    case enable(version: String)
    /// Call it off.
    case cancel
}

extension EtcdClient {
    /// Frees what a member's database file has in excess. The member serves nothing meanwhile, which may take minutes: do one after another.
    ///
    /// At most once.
    /// - Parameters:
    ///   - endpoint: the member.
    ///   - deadline: when to give up waiting; nil for ``CallOptions/timeout`` from now, or else ten minutes. The member goes on all the same.
    /// - Throws: `unavailable`, `permissionDenied`; `unknownOutcome`, after which it may be repeated…
    public func defragment(_ endpoint: GRPCEndpoint, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Maintenance/Defragment", kind: .write, lane: .bulk, requiresLeader: false,
            deadline: self.deadline(deadline, orAfter: .seconds(600)), endpoint: endpoint, operation: { "defragment \(endpoint)" })
        try await perform(call, etcdserverpb__defragment_request__init, etcdserverpb__defragment_response__unpack, read: { _ in })
    }

    /// The checksum of a member's database. Of use in tests; ``hashKV(of:revision:deadline:)`` compares members.
    /// - Parameters:
    ///   - endpoint: the member; nil for whichever is connected.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else a minute, since the whole database is read.
    /// - Throws: `unavailable`, `permissionDenied`…
    public func hash(of endpoint: GRPCEndpoint? = nil, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> HashResponse {
        let call = Call(
            method: "/etcdserverpb.Maintenance/Hash", kind: .repeatable, lane: .bulk, requiresLeader: false,
            deadline: self.deadline(deadline, orAfter: .seconds(60)), endpoint: endpoint, operation: { Self.question("hash", endpoint) })
        return try await perform(
            call, etcdserverpb__hash_request__init, etcdserverpb__hash_response__unpack,
            read: { HashResponse(header: ResponseHeader($0.header), hash: $0.hash) })
    }

    /// The checksum of a member's keys, to be compared with the other members'.
    /// - Parameters:
    ///   - endpoint: the member; nil for whichever is connected.
    ///   - revision: the last revision that is to count; 0 for the member's latest.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else a minute, since all keys are read.
    /// - Throws: `compacted`, `futureRevision`, `unavailable`, `permissionDenied`…
    public func hashKV(
        of endpoint: GRPCEndpoint? = nil, revision: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> HashKVResponse {
        let call = Call(
            method: "/etcdserverpb.Maintenance/HashKV", kind: .repeatable, lane: .bulk, requiresLeader: false,
            deadline: self.deadline(deadline, orAfter: .seconds(60)), endpoint: endpoint,
            operation: { Self.question("hash keys up to revision \(revision)", endpoint) })
        return try await perform(
            call, etcdserverpb__hash_kvrequest__init, etcdserverpb__hash_kvresponse__unpack,
            fill: { _, request in request.pointee.revision = revision },
            read: {
                HashKVResponse(
                    header: ResponseHeader($0.header), hash: $0.hash, compactRevision: $0.compact_revision, hashRevision: $0.hash_revision)
            })
    }

    /// Hands the leadership to another member.
    ///
    /// Only the leader can do so. Without an endpoint all that the client has are asked who leads first.
    /// - Parameters:
    ///   - member: the one that is to lead; a voting one.
    ///   - endpoint: the present leader; nil to look for it.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `notLeader` when the endpoint's member doesn't lead, perhaps because an attempt whose answer was lost has moved it;
    ///   `failedPrecondition` when the other can't; `unknownOutcome`, after which it may be repeated; `unavailable`…
    public func moveLeader(
        to member: UInt64, from endpoint: GRPCEndpoint? = nil, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) {
        let deadline = deadline ?? .now + timeout(of: .write)
        let operation = "move leadership to \(Member.text(member))"
        let leader: GRPCEndpoint
        if let endpoint { leader = endpoint } else { leader = try await leaderEndpoint(deadline: deadline, operation: operation) }
        let call = Call(
            method: "/etcdserverpb.Maintenance/MoveLeader", kind: .idempotentWrite, deadline: deadline, endpoint: leader, operation: { operation })
        try await perform(
            call, etcdserverpb__move_leader_request__init, etcdserverpb__move_leader_response__unpack,
            fill: { _, request in request.pointee.targetid = member }, read: { _ in })
    }

    /// Asks about, begins or calls off a downgrade of the cluster. Since etcd 3.5.
    ///
    /// ``DowngradeAction/validate(version:)`` changes nothing and is repeated; the others are done at most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: the cluster's version as it is.
    /// - Throws: `invalidArgument` for a version that is none or can't be gone back to; `failedPrecondition` when a downgrade is under way, or none is that
    ///   could be called off; `unknownOutcome`…
    @discardableResult
    public func downgrade(_ action: DowngradeAction, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> String {
        let call = Call(
            method: "/etcdserverpb.Maintenance/Downgrade", kind: action.isQuestion ? .repeatable : .write,
            deadline: deadline ?? .now + timeout(of: .write), operation: { action.operation })
        return try await perform(
            call, texts: [action.version], etcdserverpb__downgrade_request__init, etcdserverpb__downgrade_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.action = action.wire
                request.pointee.version = try arena.text(action.version)
            },
            read: { String($0.version) })
    }

    /// Names a question to a member, and the member where it was chosen.
    static func question(_ name: String, _ endpoint: GRPCEndpoint?) -> String { endpoint.map { "\(name) of \($0)" } ?? name }
}

extension DowngradeAction {
    fileprivate var isQuestion: Bool {
        switch self {
        case .validate: true
        case .enable, .cancel: false
        }
    }

    fileprivate var version: String {
        switch self {
        case .validate(let version), .enable(let version): version
        case .cancel: ""
        }
    }

    fileprivate var operation: String {
        switch self {
        case .validate(let version): "validate a downgrade to \"\(version)\""
        case .enable(let version): "enable a downgrade to \"\(version)\""
        case .cancel: "cancel the downgrade"
        }
    }

    fileprivate var wire: Etcdserverpb__DowngradeRequest__DowngradeAction {
        switch self {
        case .validate: ETCDSERVERPB__DOWNGRADE_REQUEST__DOWNGRADE_ACTION__VALIDATE
        case .enable: ETCDSERVERPB__DOWNGRADE_REQUEST__DOWNGRADE_ACTION__ENABLE
        case .cancel: ETCDSERVERPB__DOWNGRADE_REQUEST__DOWNGRADE_ACTION__CANCEL
        }
    }
}
