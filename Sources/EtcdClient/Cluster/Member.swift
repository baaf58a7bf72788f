//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages

/// One member of a cluster.
public struct Member: Sendable, Hashable {
    /// The member; never 0.
    public var id: UInt64
    /// Its name; empty until it has started once.
    public var name: String
    /// Where the other members reach it.
    public var peerURLs: [String]
    /// Where clients reach it, by its own account; empty until it has started once.
    public var clientURLs: [String]
    /// Whether it only follows, without a vote.
    public var isLearner: Bool

    /// A member.
    public init(id: UInt64 = 0, name: String = "", peerURLs: [String] = [], clientURLs: [String] = [], isLearner: Bool = false) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.clientURLs = clientURLs
        self.isLearner = isLearner
    }

    init(_ message: Etcdserverpb__Member) {
        self.init(
            id: message.id, name: String(message.name), peerURLs: .init(message.peerurls, count: message.n_peerurls),
            clientURLs: .init(message.clienturls, count: message.n_clienturls), isLearner: message.islearner != 0)
    }

    /// An ID as etcd's logs and tools write it.
    static func text(_ id: UInt64) -> String { String(id, radix: 16) }
}

/// The members of a cluster.
public struct MemberListResponse: Sendable, Hashable {
    /// Who answered; its revision is 0.
    public var header: ResponseHeader
    /// The members, learners among them.
    public var members: [Member]

    /// An answer.
    public init(header: ResponseHeader = .init(), members: [Member] = []) {
        self.header = header
        self.members = members
    }
}

/// A member that was added.
public struct MemberAddResponse: Sendable, Hashable {
    /// Who answered; its revision is 0.
    public var header: ResponseHeader
    /// The new member.
    public var member: Member
    /// All members, the new one among them.
    public var members: [Member]

    /// An answer.
    public init(header: ResponseHeader = .init(), member: Member, members: [Member] = []) {
        self.header = header
        self.member = member
        self.members = members
    }
}

extension EtcdError.Code {
    /// A member with one of the URLs is there already.
    public static let memberAlreadyExists = Self("member already exists")
    /// A learner that is to be promoted hasn't caught up with the leader: try again later.
    public static let learnerNotReady = Self("learner not ready")
    /// What only the leader can do was asked of another member.
    public static let notLeader = Self("not leader")
}
