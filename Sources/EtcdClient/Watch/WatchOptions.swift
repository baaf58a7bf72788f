//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What to watch for, and from when.
public struct WatchOptions: Sendable, Hashable {
    /// Events that can be left out.
    public enum Filter: Sendable, Hashable, CaseIterable {
        /// Leaves out writes.
        case noPut
        /// Leaves out deletes.
        case noDelete
    }

    /// The first revision whose events are wanted; 0 for the one after the store's current.
    ///
    /// To follow on a range that was read, give its header's revision + 1.
    public var startRevision: Int64
    /// Adds to each event what the key was before, unless that is compacted.
    public var prevKV: Bool
    /// Has the server report its revision when there's nothing else to say, every ten minutes unless it was told otherwise.
    public var progressNotify: Bool
    /// Has the server send long answers in pieces. They are joined before they are delivered.
    public var fragment: Bool
    /// The events to leave out.
    public var filters: [Filter]

    /// Options.
    public init(
        startRevision: Int64 = 0, prevKV: Bool = false, progressNotify: Bool = false, fragment: Bool = false, filters: [Filter] = []
    ) {
        self.startRevision = startRevision
        self.prevKV = prevKV
        self.progressNotify = progressNotify
        self.fragment = fragment
        self.filters = filters
    }
}
