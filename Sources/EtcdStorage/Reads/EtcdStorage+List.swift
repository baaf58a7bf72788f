//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Logging
public import Storage

extension EtcdStorage {
    /// Reads the objects below a key, or the one at it, at one revision.
    ///
    /// Everything comes in pages that are pinned to the revision of the first; without a limit, as a stream where etcd has them
    /// (``EtcdStorageConfiguration/listPageSize``). With a selector it goes on until ``SelectionPredicate/limit`` objects match or the range ends.
    /// Objects whose attributes can't be read don't match. Should that revision be compacted before the end, a list that didn't ask for it begins
    /// again; it is never made of two revisions.
    public func list(_ key: String, options: ListOptions) async throws(StorageError) -> StorageList {
        let prepared = try keys.prepare(key, recursive: options.recursive)
        // Tokens don't know the path prefix' spelling: they are relative to the whole key, like upstream's.
        let revision = try ListRevision(resolving: options, keyPrefix: prepared)
        var trace = trace()
        defer { finish(trace, "list", key) }
        guard options.recursive else { return try await listOne(key, prepared, revision, options.predicate, &trace) }
        let isStreamed = options.predicate.limit == 0 ? await streamsRanges() : false
        for attempt in 1...EtcdStorage.maximumListAttempts {
            let restarts = attempt < EtcdStorage.maximumListAttempts
            let list =
                if isStreamed {
                    try await streamRange(key, prepared, revision, options.predicate, restarts: restarts, &trace)
                } else {
                    try await listRange(key, prepared, revision, options, restarts: restarts, &trace)
                }
            if let list { return list }
            logger.debug("the version of a list was compacted before its end, beginning again", metadata: ["key": "\(key)"])
        }
        throw StorageError(.internalError, key: key, message: "a list of \"\(key)\" came to no end")
    }

    /// A list that is overtaken by compactions as often as this is given up.
    private static let maximumListAttempts = 4

    private func listOne(
        _ key: String, _ prepared: String, _ revision: ListRevision, _ predicate: SelectionPredicate, _ trace: inout OperationTrace
    ) async throws(StorageError) -> StorageList {
        var collector = ListCollector(key: key, predicate: predicate)
        let response: RangeResponse
        trace.enter(.read)
        do {
            response = try await requests.get(Array(prepared.utf8), revision: revision.pinned)
        } catch {
            throw await listFailure(error, key: key, revision: revision, keyPrefix: prepared, start: nil)
        }
        guard response.header.revision > 0 else {
            throw StorageError(.internalError, key: key, message: "etcd answered a list of \"\(key)\" without a revision")
        }
        try revision.check(current: ResourceVersion(UInt64(response.header.revision)))
        trace.enter(.decode)
        collector.expect(response.kvs.count)
        if let kv = response.kvs.first { try await collect(kv, into: &collector) }
        return StorageList(items: try finish(&collector), resourceVersion: revision.version(header: response.header))
    }

    /// - Parameter restarts: gives nil when the version of the first page, which nobody asked for, was compacted before the last page.
    private func listRange(
        _ key: String, _ prepared: String, _ revision: ListRevision, _ options: ListOptions, restarts: Bool,
        _ trace: inout OperationTrace
    ) async throws(StorageError) -> StorageList? {
        let predicate = options.predicate
        var pages = RangePages(
            start: Array((revision.startKey ?? prepared).utf8), end: KeyRange.endOfPrefix(Array(prepared.utf8)), revision: revision.pinned,
            size: PageSize(limit: predicate.limit, unlimitedPage: configuration.pageSize), growsPages: !predicate.isEmpty)
        var collector = ListCollector(key: key, predicate: predicate)
        var hasMore = false
        var remaining: Int?
        repeat {
            let page: RangePages.Page
            trace.enter(.read)
            do {
                page = try await pages.next(from: requests)
            } catch let error as EtcdError {
                if restarts, error.code == .compacted, revision.read == .latest, !pages.isFirst { return nil }
                throw collector.failure(
                    endedBy: await listFailure(error, key: key, revision: revision, keyPrefix: prepared, start: pages.start))
            } catch {
                throw StorageError(.internalError, key: key, message: "etcd's answer to a list of \"\(key)\" makes no sense: \(error)")
            }
            if page.isFirst { try revision.check(current: ResourceVersion(UInt64(page.headerRevision))) }
            trace.enter(.decode)
            hasMore = page.hasMore
            collector.expect(page.kvs.count)
            var examined = page.kvs.count
            for (index, kv) in page.kvs.enumerated() {
                if collector.isFull {
                    hasMore = true
                    examined = index
                    pages.endEarly(after: page.kvs[index - 1].key)
                    break
                }
                if try !collectNow(kv, into: &collector) { try await collect(kv, into: &collector) }
            }
            // Counted from this page's start, which isn't the list's where pages had to be made smaller.
            remaining = Int(page.count) - examined
        } while hasMore && !collector.isFull

        var list = StorageList(items: try finish(&collector), resourceVersion: ResourceVersion(UInt64(pages.revision)))
        if hasMore {
            let start = String(decoding: pages.start, as: UTF8.self)
            list.continueToken = try ContinueToken(revision: pages.revision, startKey: start).encoded(keyPrefix: prepared)
            // With a selector nobody knows how many of the keys that are left would match.
            list.remainingItemCount = predicate.isEmpty ? remaining : nil
        }
        return list
    }

    /// The same as ``collect(_:into:)`` where nothing needs to be waited for; false where something does. Spares the loop a call that could suspend.
    func collectNow(_ kv: KeyValue, into collector: inout ListCollector) throws(StorageError) -> Bool {
        do throws(StorageError) {
            guard let object = try values.objectNow(kv) else { return false }
            collector.add(object, logger)
        } catch {
            try collector.note(error)
        }
        return true
    }

    func collect(_ kv: KeyValue, into collector: inout ListCollector) async throws(StorageError) {
        do throws(StorageError) {
            collector.add(try await values.object(kv), logger)
        } catch {
            try collector.note(error)
        }
    }

    func finish(_ collector: inout ListCollector) throws(StorageError) -> [StoredObject] {
        let items = try collector.finish()
        metrics.record(collector.cost)
        return items
    }

    /// What a failure of etcd means for a list.
    func listFailure(
        _ error: EtcdError, key: String, revision: ListRevision, keyPrefix: String, start: [UInt8]?
    ) async -> StorageError {
        switch error.code {
        case .futureRevision:
            guard case .exact(let requested) = revision.read else { break }
            do {
                return .tooLarge(requested: requested, current: try await currentResourceVersion(), retryAfterSeconds: 0)
            } catch {
                return error
            }
        case .compacted where revision.startKey != nil:
            var failure = StorageError(
                .expired, key: key,
                message: "The provided continue parameter is too old to display a consistent list result: start again without it, or go on with the "
                    + "token of this answer, which continues at the newest version and may miss or repeat what has changed since the first page.",
                cause: error)
            do {
                let startKey = String(decoding: start ?? Array((revision.startKey ?? "").utf8), as: UTF8.self)
                failure.continueToken = try ContinueToken(revision: ContinueToken.latest, startKey: startKey).encoded(keyPrefix: keyPrefix)
            } catch {
                return error
            }
            return failure
        default: break
        }
        return .reading(error, key: key, read: "list")
    }
}

extension ListRevision {
    /// The revision to send to etcd; 0 for the newest.
    var pinned: Int64 {
        if case .exact(let version) = read { Int64(clamping: version.value) } else { 0 }
    }

    /// The version of a list that was answered with this header.
    func version(header: ResponseHeader) -> ResourceVersion {
        if case .exact(let version) = read { version } else { ResourceVersion(UInt64(header.revision)) }
    }
}
