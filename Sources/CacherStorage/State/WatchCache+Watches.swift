//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Synchronization

/// Where a watch begins.
enum WatchOrigin: Sendable {
    /// With the present objects, and then what follows them.
    case presentState
    /// With what follows the cache's present version.
    case now
    /// With what follows a version, which may lie in the future.
    case after(ResourceVersion)
}

/// A watch that was added to the table.
struct WatchAdmission: Sendable {
    let ticket: WatchTicket
    /// The cache when the watch began: the present objects are those of this view.
    let view: CacheView
    /// Events up to this version are none of the watch's business.
    let after: ResourceVersion
}

/// What a watch finds when it looks for news.
enum WatchNews: Sendable {
    /// Events, and the version of a bookmark to send after them.
    case events([EventLog.Item], bookmark: ResourceVersion?)
    /// The log has dropped what the watch needs next.
    case behind(StorageError)
    /// The watch is over.
    case ended
}

extension WatchCache {
    /// Adds a watch.
    /// - Throws: `expired` when the log doesn't reach back far enough; `notReady`; `stopped`.
    func admit(_ scope: WatchScope, origin: WatchOrigin, bookmarkPeriod: Duration?) throws(StorageError) -> WatchAdmission {
        let now = clock.now
        let result: Result<WatchAdmission, StorageError> = state.withLock { state in
            do throws(StorageError) {
                try state.readiness.check(now: now)
                let after: ResourceVersion
                switch origin {
                case .presentState, .now: after = state.view.resourceVersion
                case .after(let version):
                    try state.log.checkReach(back: version)
                    after = version
                }
                let position = if case .after = origin { state.log.position(after: after) } else { state.log.end }
                let ticket = state.watches.add(
                    scope, position: position, after: after, firstBookmark: bookmarkPeriod.map { now + $0 })
                return .success(WatchAdmission(ticket: ticket, view: state.view, after: after))
            } catch {
                return .failure(error)
            }
        }
        let admission = try result.get()
        if bookmarkPeriod != nil { bookmarkWanted.ring() }
        return admission
    }

    /// Whether a watch hasn't ended.
    func isAdmitted(_ ticket: WatchTicket) -> Bool {
        state.withLock { $0.watches[ticket] != nil }
    }

    /// Ends a watch; whoever waits for its events is told.
    func dismiss(_ ticket: WatchTicket) {
        state.withLock { $0.watches.remove(ticket) }?.resume(returning: .cancelled)
    }

    /// Waits until there is something to look at for a watch, and takes it. The end of the calling task ends the watch.
    nonisolated(nonsending) func news(for ticket: WatchTicket, limit: Int) async -> WatchNews {
        if let news = state.withLock({ $0.takeNews(for: ticket, limit: limit) }) { return news }
        return await withTaskCancellationHandler {
            while true {
                let outcome: WaitOutcome = await withUnsafeContinuation { waiter in
                    let isWaiting = state.withLock { $0.waitForNews(of: ticket, waiter: waiter) }
                    if !isWaiting { waiter.resume(returning: .reached) }
                }
                guard outcome == .reached else { return .ended }
                if let news = state.withLock({ $0.takeNews(for: ticket, limit: limit) }) { return news }
            }
        } onCancel: {
            dismiss(ticket)
        }
    }
}

extension WatchCache.State {
    /// What there is for a watch at this moment; nil when there is nothing.
    mutating func takeNews(for ticket: WatchTicket, limit: Int) -> WatchNews? {
        guard let watch = watches[ticket] else { return .ended }
        guard watch.position >= log.start else {
            _ = watches.remove(ticket)
            return .behind(log.tooOld(watch.lastVersion))
        }
        let events = log.events(from: watch.position, limit: limit)
        let position = watch.position + events.count
        let sendsBookmark = watch.isBookmarkDue && position == log.end
        if events.isEmpty, !sendsBookmark { return nil }
        _ = watches.modify(ticket) { watch in
            watch.position = position
            if let last = events.last { watch.lastVersion = last.event.resourceVersion }
            if sendsBookmark { watch.isBookmarkDue = false }
        }
        return .events(events, bookmark: sendsBookmark ? view.resourceVersion : nil)
    }

    /// Keeps the waiter of a watch that has nothing to look at; false when it has, or is over.
    mutating func waitForNews(of ticket: WatchTicket, waiter: Waiter) -> Bool {
        let end = log.end
        return watches.modify(ticket) { watch in
            if watch.position < end || watch.isBookmarkDue { return false }
            watch.waiter = waiter
            return true
        } ?? false
    }
}

extension EventLog {
    /// Throws unless all events after a version are still there.
    func checkReach(back version: ResourceVersion) throws(StorageError) {
        guard let oldestVersion, version.value >= oldestVersion.value - 1 else { throw tooOld(version) }
    }

    func tooOld(_ version: ResourceVersion) -> StorageError {
        let oldest = oldestVersion.map { $0.value - 1 } ?? 0
        return StorageError(.expired, message: "too old resource version: \(version.value) (\(oldest))")
    }
}
