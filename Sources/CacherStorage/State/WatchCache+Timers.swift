//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Synchronization

extension WatchCache {
    /// Ends waits for freshness that take too long. Runs until cancelled, and sleeps while nobody waits.
    func expireWaits() async {
        while !Task.isCancelled {
            guard let deadline = state.withLock({ $0.freshness.nextDeadline }) else {
                await deadlineSet.wait()
                continue
            }
            // Only a cancellation throws, and ends the loop.
            try? await Task.sleep(until: deadline, clock: clock)
            let late = state.withLock { $0.freshness.expired(at: clock.now) }
            for waiter in late { waiter.resume(returning: .timedOut) }
        }
    }

    /// Asks the store how far it is for as long as somebody waits to hear it: at once for the first, and then regularly.
    func requestProgress(every period: Duration, _ request: () async throws(StorageError) -> Void, failed: (StorageError) -> Void) async {
        while !Task.isCancelled {
            let isWanted = state.withLock { !$0.freshness.isEmpty }
            if isWanted {
                do { try await request() } catch { failed(error) }
            }
            await progressWanted.wait(atMost: isWanted ? period : nil)
        }
    }

    /// Gives bookmarks to those watches that are due. Runs until cancelled, and sleeps while nobody wants any.
    func sendBookmarks(every period: Duration) async {
        while !Task.isCancelled {
            guard let due = state.withLock({ $0.watches.nextBookmark }) else {
                await bookmarkWanted.wait()
                continue
            }
            try? await Task.sleep(until: due, clock: clock)
            let waiters = state.withLock { $0.watches.wakeForBookmarks(now: clock.now, period: period, end: $0.log.end) }
            for waiter in waiters { waiter.resume(returning: .reached) }
        }
    }
}
