//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Which member of which cluster answered, and at which revision.
public struct ResponseHeader: Sendable, Hashable {
    /// The cluster.
    public var clusterID: UInt64
    /// The member that answered.
    public var memberID: UInt64
    /// The revision of the store when it answered. Not that of what was read: see ``KeyValue/modRevision``.
    public var revision: Int64
    /// The term of the member's leader.
    public var raftTerm: UInt64

    /// A header.
    public init(clusterID: UInt64 = 0, memberID: UInt64 = 0, revision: Int64 = 0, raftTerm: UInt64 = 0) {
        self.clusterID = clusterID
        self.memberID = memberID
        self.revision = revision
        self.raftTerm = raftTerm
    }

    /// Whether there's a revision before this one, or none yet, and one after it: whoever goes on from an answer reckons with it.
    var isPossible: Bool { revision >= 0 && revision < .max }
}
