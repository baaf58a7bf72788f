//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Logging
public import ServiceLifecycle
public import Storage

/// A cache of one resource that follows a storage by list and watch, and answers reads and watches from memory.
///
/// Reads are as fresh as they ask to be: a read of the newest version asks the store for its revision and waits until the cache has reached it. Writes
/// go to the store; the cache learns of them by its watch alone, so a write is seen by later reads through its resource version. Until ``run()``
/// has read everything once, and again while it reads everything anew after a failure, plain reads go to the store and watches fail with
/// `notReady`.
///
/// Watchers share one log of events. A slow one costs nothing but falls behind; when the log has dropped what it needs next, its watch fails
/// with `expired`.
///
/// Source of the rule: upstream's cacher and cache delegator.
public final class CacherStorage: Storage, Service {
    let underlying: any Storage
    let configuration: CacherStorageConfiguration
    let cache: WatchCache
    let logger: Logger
    /// A prefix that can't be used fails every call, with the same error as the store's.
    let keySpace: Result<KeySpace, StorageError>

    /// A cache over a storage. It is filled and kept up to date by ``run()``, which the owner runs.
    public init(underlying: any Storage, configuration: CacherStorageConfiguration, logger: Logger) {
        self.underlying = underlying
        self.configuration = configuration
        keySpace = Result { () throws(StorageError) in try KeySpace(pathPrefix: "/", resourcePrefix: configuration.resourcePrefix) }
        cache = WatchCache(limits: configuration.eventLogLimits)
        var logger = logger
        logger[metadataKey: "resource"] = "\(configuration.groupResource)"
        self.logger = logger
    }

    /// Fills the cache and follows the store until the task is cancelled or a graceful shutdown begins. Then the cache is stopped for good: watches
    /// end, and whoever waits gets `stopped`.
    public func run() async throws {
        let reflector = Reflector(underlying: underlying, configuration: configuration, cache: cache, logger: logger)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await reflector.run() }
                group.addTask { await self.cache.expireWaits() }
                group.addTask { await self.cache.sendBookmarks(every: self.configuration.bookmarkPeriod) }
                group.addTask { await self.requestProgressWhileAwaited() }
                group.addTask { await self.followCompaction() }
                await group.waitForAll()
            }
        }
        cache.stop()
    }

    /// Waits until the cache serves: at start, and while it reads everything anew.
    /// - Throws: `stopped`; `timeout` when the calling task is cancelled.
    public func waitUntilReady() async throws(StorageError) {
        try await cache.waitUntilReady()
    }

    private func requestProgressWhileAwaited() async {
        await cache.requestProgress(every: configuration.progressRequestPeriod) { () async throws(StorageError) in
            if await underlying.supportsWatchProgress { try await underlying.requestWatchProgress() }
        } failed: { error in
            // The waits end by themselves when no progress comes.
            logger.debug("the store can't be asked for its progress", metadata: ["error": "\(error)"])
        }
    }

    private func followCompaction() async {
        while !Task.isCancelled {
            cache.dropSnapshots(before: underlying.compactRevision)
            // Only a cancellation throws, and ends the loop.
            try? await Task.sleep(for: configuration.compactionPollPeriod)
        }
    }

    // MARK: - What the store answers

    /// The newest revision of the store, from the store itself.
    public func currentResourceVersion() async throws(StorageError) -> ResourceVersion {
        try await underlying.currentResourceVersion()
    }

    /// Asks the store to tell its watchers, this cache among them, how far it is.
    public func requestWatchProgress() async throws(StorageError) {
        try await underlying.requestWatchProgress()
    }

    /// Whether the store can be asked for its progress.
    public var supportsWatchProgress: Bool {
        get async { await underlying.supportsWatchProgress }
    }

    /// The newest revision known to be compacted.
    public var compactRevision: ResourceVersion { underlying.compactRevision }

    /// Counted in the cache when it is ready, else by the store.
    public func statistics() async throws(StorageError) -> StorageStatistics {
        guard cache.isReady() else { return try await underlying.statistics() }
        let view = try cache.view()
        return StorageStatistics(objectCount: view.tree.count, averageObjectSize: view.tree.count == 0 ? 0 : view.totalBytes / view.tree.count)
    }

    /// Throws `notReady` until the first list has been read and while everything is read anew, and `stopped` at the end.
    public func checkReadiness() async throws(StorageError) {
        _ = try cache.view()
    }
}
