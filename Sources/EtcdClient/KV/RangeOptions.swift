//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How to read a range.
public struct RangeOptions: Sendable, Hashable {
    /// The order of the keys in an answer.
    public struct Sort: Sendable, Hashable {
        /// What to sort by.
        public enum Target: Sendable, Hashable, CaseIterable {
            /// The key; what etcd does anyway, and for free.
            case key
            /// ``KeyValue/version``.
            case version
            /// ``KeyValue/createRevision``.
            case createRevision
            /// ``KeyValue/modRevision``.
            case modRevision
            /// The bytes of the value.
            case value
        }

        /// Which end comes first.
        public enum Order: Sendable, Hashable, CaseIterable {
            /// The smallest first.
            case ascending
            /// The biggest first.
            case descending
        }

        /// What to sort by.
        public var target: Target
        /// Which end comes first.
        public var order: Order

        /// An order. etcd reads and sorts the whole range, whatever the limit, unless it is by ascending key.
        public init(by target: Target, _ order: Order = .ascending) {
            self.target = target
            self.order = order
        }
    }

    /// The most keys to answer with; 0 for all.
    public var limit: Int64
    /// The revision to read at; 0 for the latest.
    public var revision: Int64
    /// The order; nil for ascending keys.
    public var sort: Sort?
    /// Lets the member answer from what it has: faster and without a leader, but perhaps stale, even older than an earlier answer.
    public var serializable: Bool
    /// Leaves out the values.
    public var keysOnly: Bool
    /// Leaves out the keys too: only ``RangeResponse/count`` is answered.
    public var countOnly: Bool
    /// Leaves out keys last written before this revision; 0 for none.
    public var minModRevision: Int64
    /// Leaves out keys last written after this revision; 0 for none.
    public var maxModRevision: Int64
    /// Leaves out keys made before this revision; 0 for none.
    public var minCreateRevision: Int64
    /// Leaves out keys made after this revision; 0 for none.
    public var maxCreateRevision: Int64

    /// Options.
    public init(
        limit: Int64 = 0, revision: Int64 = 0, sort: Sort? = nil, serializable: Bool = false, keysOnly: Bool = false, countOnly: Bool = false,
        minModRevision: Int64 = 0, maxModRevision: Int64 = 0, minCreateRevision: Int64 = 0, maxCreateRevision: Int64 = 0
    ) {
        self.limit = limit
        self.revision = revision
        self.sort = sort
        self.serializable = serializable
        self.keysOnly = keysOnly
        self.countOnly = countOnly
        self.minModRevision = minModRevision
        self.maxModRevision = maxModRevision
        self.minCreateRevision = minCreateRevision
        self.maxCreateRevision = maxCreateRevision
    }
}

/// How to write a key.
public struct PutOptions: Sendable, Hashable {
    /// The lease that the key is to live on; 0 for none.
    public var lease: Int64
    /// Answers with what the key was before.
    public var prevKV: Bool
    /// Keeps the value, which must then be empty in the call; the key must exist.
    public var ignoreValue: Bool
    /// Keeps the lease, which must then be 0 here; the key must exist.
    public var ignoreLease: Bool

    /// Options.
    public init(lease: Int64 = 0, prevKV: Bool = false, ignoreValue: Bool = false, ignoreLease: Bool = false) {
        self.lease = lease
        self.prevKV = prevKV
        self.ignoreValue = ignoreValue
        self.ignoreLease = ignoreLease
    }
}

/// How to delete keys.
public struct DeleteRangeOptions: Sendable, Hashable {
    /// Answers with what the keys were before.
    public var prevKV: Bool

    /// Options.
    public init(prevKV: Bool = false) { self.prevKV = prevKV }
}
