//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
public import Storage

extension CacherStorage {
    /// Follows objects from the cache's log.
    ///
    /// The stream costs no buffer: it is a position in the log that all watchers share. Order, and what the stream begins with, are those of
    /// ``Storage/watch(_:options:)``. Bookmarks come to those who allow them, every ``CacherStorageConfiguration/bookmarkPeriod``.
    /// - Throws: `notReady` with the seconds after which to try again; `stopped`; what the store throws when it is asked for its version.
    ///   A version that is no longer, or not yet, there is a failure of the stream.
    public func watch(_ key: String, options: ListOptions) async throws(StorageError) -> WatchStream {
        try await checkReadiness()
        let key = try prepare(key, recursive: options.recursive)
        do throws(StorageError) {
            return try await admit(key, options: options)
        } catch  where error.code == .expired || error.code == .resourceVersionTooLarge {
            return WatchStream(source: FailedWatch(error))
        }
    }

    private func admit(_ key: String, options: ListOptions) async throws(StorageError) -> WatchStream {
        let predicate = options.predicate
        let required = try await requiredVersion(options)
        let marksEnd = options.sendInitialEvents == true && predicate.allowWatchBookmarks
        if options.sendInitialEvents == true {
            if predicate.allowWatchBookmarks, await !underlying.supportsWatchProgress {
                return WatchStream(
                    source: FailedWatch(StorageError(.internalError, message: "sendInitialEvents needs a store that reports its progress")))
            }
            try await cache.waitUntilFresh(required, timeout: configuration.freshnessTimeout)
        }
        let origin: WatchOrigin
        switch options.sendInitialEvents {
        case true: origin = .presentState
        case nil where required.isZero: origin = .presentState
        case false where required.isZero: origin = .now
        default: origin = .after(required)
        }
        let scope = WatchScope(key: key, predicate: predicate)
        let admission = try cache.admit(
            scope, origin: origin, bookmarkPeriod: predicate.allowWatchBookmarks ? configuration.bookmarkPeriod : nil)
        var interval: KeyInterval?
        if case .presentState = origin { interval = scope.isPrefix ? KeyInterval(below: key) : KeyInterval(only: key) }
        return WatchStream(
            source: CursorWatch(
                cache: cache, admission: admission, scope: scope, predicate: predicate, initialInterval: interval, marksEnd: marksEnd))
    }

    /// The version that the cache must have reached: without one, a watch that says whether it wants the present state means the newest there is.
    private func requiredVersion(_ options: ListOptions) async throws(StorageError) -> ResourceVersion {
        if let version = options.resourceVersion { return version }
        return options.sendInitialEvents == nil ? .zero : try await underlying.currentResourceVersion()
    }
}
