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
    /// Everything comes in pages that are pinned to the revision of the first. With a selector it goes on until ``SelectionPredicate/limit`` objects
    /// match or the range ends. Objects whose attributes can't be read don't match.
    public func list(_ key: String, options: ListOptions) async throws(StorageError) -> StorageList {
        let prepared = try keys.prepare(key, recursive: options.recursive)
        // Tokens don't know the path prefix' spelling: they are relative to the whole key, like upstream's.
        let revision = try ListRevision(resolving: options, keyPrefix: prepared)
        return options.recursive
            ? try await listRange(key, prepared, revision, options)
            : try await listOne(key, prepared, revision, options.predicate)
    }

    private func listOne(
        _ key: String, _ prepared: String, _ revision: ListRevision, _ predicate: SelectionPredicate
    ) async throws(StorageError) -> StorageList {
        let response: RangeResponse
        do {
            response = try await requests.get(Array(prepared.utf8), revision: revision.pinned)
        } catch {
            throw await listFailure(error, key: key, revision: revision, keyPrefix: prepared, start: nil)
        }
        try revision.check(current: ResourceVersion(UInt64(response.header.revision)))
        var items: [StoredObject] = []
        if let kv = response.kvs.first {
            let object = try await values.object(kv)
            if isSelected(object, by: predicate) { items.append(object) }
        }
        return StorageList(items: items, resourceVersion: revision.version(header: response.header))
    }

    private func listRange(
        _ key: String, _ prepared: String, _ revision: ListRevision, _ options: ListOptions
    ) async throws(StorageError) -> StorageList {
        let predicate = options.predicate
        var pages = RangePages(
            start: Array((revision.startKey ?? prepared).utf8), end: KeyRange.endOfPrefix(Array(prepared.utf8)), revision: revision.pinned,
            size: PageSize(limit: predicate.limit, unlimitedPage: configuration.listPageSize), growsPages: !predicate.isEmpty)
        var items: [StoredObject] = []
        var hasMore = false
        var remaining: Int?
        repeat {
            let page: RangePages.Page
            do {
                page = try await pages.next(from: requests)
            } catch let error as EtcdError {
                throw await listFailure(error, key: key, revision: revision, keyPrefix: prepared, start: pages.start)
            } catch {
                throw StorageError(.internalError, key: key, message: "etcd's answer to a list of \"\(key)\" makes no sense: \(error)")
            }
            if page.isFirst { try revision.check(current: ResourceVersion(UInt64(page.headerRevision))) }
            hasMore = page.hasMore
            if predicate.limit == 0, predicate.isEmpty { items.reserveCapacity(items.count + page.kvs.count) }
            for (index, kv) in page.kvs.enumerated() {
                if predicate.limit > 0, items.count >= predicate.limit {
                    hasMore = true
                    pages.endEarly(after: page.kvs[index - 1].key)
                    break
                }
                let object = if let now = try values.objectNow(kv) { now } else { try await values.object(kv) }
                if isSelected(object, by: predicate) { items.append(object) }
            }
            remaining = Int(page.count) - predicate.limit
        } while hasMore && (predicate.limit == 0 || items.count < predicate.limit)

        var list = StorageList(items: items, resourceVersion: ResourceVersion(UInt64(pages.revision)))
        if hasMore {
            let start = String(decoding: pages.start, as: UTF8.self)
            list.continueToken = try ContinueToken(revision: pages.revision, startKey: start).encoded(keyPrefix: prepared)
            // With a selector nobody knows how many of the keys that are left would match.
            list.remainingItemCount = predicate.isEmpty ? remaining : nil
        }
        return list
    }

    private func isSelected(_ object: StoredObject, by predicate: SelectionPredicate) -> Bool {
        if predicate.isEmpty { return true }
        do {
            return try predicate.matches(object)
        } catch {
            logger.debug("object without readable attributes left out of a list", metadata: ["key": "\(object.key)", "error": "\(error)"])
            return false
        }
    }

    /// What a failure of etcd means for a list.
    private func listFailure(
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
