//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A part of a range that is read piece by piece.
public struct RangeChunk: Sendable, Hashable {
    /// What is known when all has been read.
    public struct Summary: Sendable, Hashable {
        /// Who answered last. Its revision is that of the store at that time, not the one that was read.
        public var header: ResponseHeader
        /// Whether the limit left keys out.
        public var more: Bool
        /// How many keys the range has, whatever the limit and the revision filters.
        public var count: Int64

        /// A summary.
        public init(header: ResponseHeader = .init(), more: Bool = false, count: Int64 = 0) {
            self.header = header
            self.more = more
            self.count = count
        }
    }

    /// The keys, above all those of earlier chunks, in ascending order unless another was asked for.
    public var kvs: [KeyValue]
    /// The revision that all chunks are read at.
    public var revision: Int64
    /// Only in the last chunk.
    public var summary: Summary?

    /// A chunk.
    public init(kvs: [KeyValue] = [], revision: Int64 = 0, summary: Summary? = nil) {
        self.kvs = kvs
        self.revision = revision
        self.summary = summary
    }
}
