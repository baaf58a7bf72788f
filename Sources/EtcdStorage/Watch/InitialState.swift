//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient

/// The present state of a watched range, piece by piece and all of one revision: as a stream where etcd has them, in pages elsewhere. A piece is read
/// when it is asked for.
struct InitialState: Sendable {
    /// Some of the keys, in order.
    struct Piece: Sendable {
        var kvs: [KeyValue]
        var isLast: Bool
    }

    private enum Source: Sendable {
        case pages(RangePages)
        case stream(RangeStream.AsyncIterator)
    }

    private var source: Source
    /// How long etcd was waited for, without the time that the watcher took.
    private var waited = Duration.zero
    /// What is read; 0 until the first piece has come.
    private(set) var revision: Int64 = 0

    init(_ pages: RangePages) { source = .pages(pages) }

    init(_ stream: RangeStream.AsyncIterator) { source = .stream(stream) }

    /// - Throws: ``EtcdError``; ``RangePages/Nonsense``.
    mutating func next(from requests: StoreRequests) async throws -> Piece {
        switch source {
        case .pages(var pages):
            let page = try await pages.next(from: requests)
            source = .pages(pages)
            revision = pages.revision
            return Piece(kvs: page.kvs, isLast: !page.hasMore)
        case .stream(var stream):
            let chunk = try await next(of: &stream, requests.metrics)
            source = .stream(stream)
            revision = chunk.revision
            return Piece(kvs: chunk.kvs, isLast: chunk.summary != nil)
        }
    }

    private mutating func next(of stream: inout RangeStream.AsyncIterator, _ metrics: StorageMetrics) async throws -> RangeChunk {
        let start = ContinuousClock.now
        do throws(EtcdError) {
            let chunk = try await stream.next()
            waited += ContinuousClock.now - start
            guard let chunk else { throw EtcdError(.malformedResponse, message: "a stream without its last part") }
            if chunk.summary != nil { metrics.record(.listStream, lasting: waited, failed: false) }
            return chunk
        } catch {
            metrics.record(.listStream, lasting: waited + (ContinuousClock.now - start), failed: true)
            throw error
        }
    }
}

extension EtcdStorage {
    /// What is in a range now; nothing is read yet.
    func initialState(of range: KeyRange) async -> InitialState {
        if !range.isSingleKey, await streamsRanges() {
            return InitialState(await requests.stream(from: range.start, to: range.end, revision: 0))
        }
        return InitialState(
            RangePages(
                start: range.start, end: range.isSingleKey ? range.start + [0] : range.end, revision: 0,
                size: PageSize(limit: 0, unlimitedPage: configuration.pageSize), growsPages: false))
    }
}
