//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Storage

/// Goes through a range of keys page by page, all at the revision of the first.
struct RangePages: Sendable {
    /// One page.
    struct Page: Sendable {
        var kvs: [KeyValue]
        /// How many keys there were from this page's start on.
        var count: Int64
        var hasMore: Bool
        var isFirst: Bool
        /// The revision that etcd was at when it answered; not the one that was read.
        var headerRevision: Int64
    }

    /// An answer that etcd must not give.
    struct Nonsense: Error, CustomStringConvertible {
        var description: String
    }

    /// Where the next page starts.
    private(set) var start: [UInt8]
    let end: [UInt8]
    /// What all pages are read at; 0 until the first has come, where the newest was asked for.
    private(set) var revision: Int64
    private var size: PageSize
    private let growsPages: Bool
    private(set) var isFirst = true
    /// Pages don't grow any more once one was too large.
    private var hasShrunk = false

    init(start: [UInt8], end: [UInt8], revision: Int64, size: PageSize, growsPages: Bool) {
        self.start = start
        self.end = end
        self.revision = revision
        self.size = size
        self.growsPages = growsPages
    }

    /// The next page. Where objects are so large that an answer can't hold as many as were asked for, fewer are.
    /// - Throws: ``EtcdError``; ``Nonsense``.
    mutating func next(from requests: StoreRequests) async throws -> Page {
        let response = try await fittingResponse(from: requests)
        if response.header.revision <= 0 { throw Nonsense(description: "a page without a revision") }
        if response.more, response.kvs.isEmpty { throw Nonsense(description: "a page without keys, and more to come") }
        if revision == 0 { revision = response.header.revision }
        if response.header.revision < revision {
            throw Nonsense(description: "revision \(revision) was read by a member that is at \(response.header.revision)")
        }
        if let last = response.kvs.last { start = last.key + [0] }
        if growsPages, !hasShrunk { size.grow() }
        defer { isFirst = false }
        return Page(
            kvs: response.kvs, count: response.count, hasMore: response.more, isFirst: isFirst, headerRevision: response.header.revision)
    }

    private mutating func fittingResponse(from requests: StoreRequests) async throws(EtcdError) -> RangeResponse {
        while true {
            do throws(EtcdError) {
                return try await requests.list(from: start, to: end, limit: size.current, revision: revision)
            } catch {
                guard error.code == .responseTooLarge, size.shrink() else { throw error }
                hasShrunk = true
            }
        }
    }

    /// The last page was only read up to a key: the next starts just after that.
    mutating func endEarly(after key: [UInt8]) {
        start = key + [0]
    }
}
