//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides, with all other servers of a cluster, who compacts and up to where, without I/O or clock.
///
/// All of them write the key `compact_rev_key` once an interval, guarded by its version, which serves as a common clock. Whoever's write gets through
/// compacts to the revision of its previous turn; so history of one to two intervals is kept, however many servers there are.
///
/// Source of the rule: upstream etcd3.compactor.
struct CompactorState: Sendable, Hashable {
    /// How the turn's transaction went.
    enum Event: Sendable, Hashable {
        /// Our write got through.
        case won(revision: Int64)
        /// Another server's had, before; the key has this version.
        case lost(version: Int64, revision: Int64)
        /// etcd is full and takes no write, not even this one; it is at this revision.
        case full(revision: Int64)
        /// Nobody knows.
        case failed
    }

    enum Action: Sendable, Hashable {
        case none
        case compact(revision: Int64)
    }

    /// The version that the key must have for our write to get through.
    private(set) var expectedVersion: Int64 = 0
    /// The revision of the last turn, which the next write carries.
    private(set) var revision: Int64 = 0

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .won(let current):
            expectedVersion += 1
            defer { revision = current }
            return revision == 0 ? .none : .compact(revision: revision)
        case .lost(let version, let current):
            expectedVersion = version
            revision = current
            return .none
        case .full(let current):
            // Whoever has a revision compacts: in a full store nobody's write gets through, and compaction is what makes room. Twice does no harm.
            defer { revision = current }
            return revision == 0 ? .none : .compact(revision: revision)
        case .failed:
            return .none
        }
    }
}
