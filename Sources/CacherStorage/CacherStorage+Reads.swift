//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Logging
public import Storage

extension CacherStorage {
    /// Reads one object: the newest from the store, with a version from the cache.
    ///
    /// Version zero gives what the cache has, at once. Any other waits until the cache has reached it, for
    /// ``CacherStorageConfiguration/freshnessTimeout`` at most. While the cache isn't ready the store answers.
    public func get(_ key: String, options: GetOptions) async throws(StorageError) -> StoredObject? {
        guard let version = options.resourceVersion, !cache.isPending() else { return try await underlying.get(key, options: options) }
        let prepared = try prepare(key, recursive: false)
        if !version.isZero { try await cache.waitUntilFresh(version, timeout: configuration.freshnessTimeout) }
        let view = try cache.view()
        if let element = view.tree[prepared] { return element.object }
        if options.ignoreNotFound { return nil }
        throw StorageError(
            .keyNotFound, key: key, message: "there is no such object at resource version \(view.resourceVersion)",
            currentResourceVersion: view.resourceVersion)
    }

    /// Reads objects, from the cache wherever it can answer as the store would.
    ///
    /// A list of the newest version asks the store for its revision and waits for the cache to reach it; when that takes longer than
    /// ``CacherStorageConfiguration/freshnessTimeout``, the store answers. Version zero gives all that the cache has, without a limit. A version
    /// that is asked for exactly, or by a continue token, comes from a snapshot when one is kept, else from the store.
    /// - Throws: as ``Storage/list(_:options:)``; `notReady` with the seconds after which to try again, when a list that is costly for the store
    ///   comes while the cache isn't ready.
    public func list(_ key: String, options: ListOptions) async throws(StorageError) -> StorageList {
        let prepared = try prepare(key, recursive: options.recursive)
        let revision = try ListRevision(resolving: options, keyPrefix: prepared)
        let route = ListRoute(options, revision: revision)
        if route == .store { return try await underlying.list(key, options: options) }
        if cache.isPending(), options.predicate.limit > 0, options.predicate.isEmpty {
            return try await underlying.list(key, options: options)
        }
        guard let moment = try await moment(for: route) else { return try await underlying.list(key, options: options) }
        var interval = options.recursive ? KeyInterval(below: prepared) : KeyInterval(only: prepared)
        if let start = revision.startKey { interval.lower = start }
        return try ListPage(
            tree: moment.tree, resourceVersion: moment.resourceVersion, interval: interval, keyPrefix: prepared,
            predicate: options.predicate, limit: route == .cached ? 0 : options.predicate.limit
        ).list()
    }

    /// The objects to answer from; nil when the store has to answer.
    private func moment(for route: ListRoute) async throws(StorageError) -> CacheView? {
        _ = try cache.view()
        switch route {
        case .store:
            return nil
        case .cached:
            break
        case .cachedNotOlderThan(let version):
            try await cache.waitUntilFresh(version, timeout: configuration.freshnessTimeout)
        case .cachedNewest:
            guard await underlying.supportsWatchProgress else { return nil }
            let newest = try await underlying.currentResourceVersion()
            do throws(StorageError) {
                try await cache.waitUntilFresh(newest, timeout: configuration.freshnessTimeout)
            } catch  where error.code == .resourceVersionTooLarge {
                logger.debug("the cache lags too far behind; the store answers", metadata: ["newest": "\(newest)"])
                return nil
            }
        case .cachedExactly(let version):
            if try cache.view().resourceVersion < version {
                guard await underlying.supportsWatchProgress else { return nil }
                try await cache.waitUntilFresh(version, timeout: configuration.freshnessTimeout)
            }
            return cache.snapshot(at: version)
        }
        return try cache.view()
    }

    /// The key in the cache's form, which is the store's without its own prefix.
    /// - Throws: `invalidKey`, as the store would.
    func prepare(_ key: String, recursive: Bool) throws(StorageError) -> String {
        try keySpace.get().prepare(key, recursive: recursive)
    }
}
