//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Synchronization

/// The objects of a resource at one moment. Immutable, so it is read without a lock.
struct CacheView: Sendable {
    let tree: ObjectTree
    let resourceVersion: ResourceVersion
    /// The bytes of all objects.
    let totalBytes: Int
}

/// The state that readers, watchers and the reflector share, under one lock that is only ever held for moments: the tree is changed outside
/// of it and read outside of it, and nobody is resumed inside of it.
final class WatchCache: Sendable {
    struct State: Sendable {
        var readiness: Readiness
        var view: CacheView
        var log: EventLog
        var watches = WatchTable()
        var freshness = FreshnessWaiters()
        var readers: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0

        mutating func nextWaiter() -> UInt64 {
            lastWaiter += 1
            return lastWaiter
        }
    }

    let state: Mutex<State>
    let clock = ContinuousClock()
    /// Rings when somebody begins to wait for freshness, for who asks the store for its progress.
    let progressWanted = Doorbell()
    /// The same, for who ends waits that take too long.
    let deadlineSet = Doorbell()
    /// Rings when a watch that wants bookmarks comes.
    let bookmarkWanted = Doorbell()

    init(limits: EventLogLimits) {
        state = Mutex(
            State(
                readiness: Readiness(now: clock.now), view: CacheView(tree: ObjectTree(), resourceVersion: .zero, totalBytes: 0),
                log: EventLog(limits: limits)))
    }
}

// MARK: - Following the store

extension WatchCache {
    /// Takes over a whole list, and with the first one becomes ready. Watches of an earlier list have been ended before.
    func replace(with view: CacheView) {
        let waiters = state.withLock { state in
            state.view = view
            state.log.reset(listVersion: view.resourceVersion, snapshot: view.tree)
            state.readiness.becomeReady(now: clock.now)
            let ready = Array(state.readers.values)
            state.readers = [:]
            return ready + state.freshness.reached(view.resourceVersion)
        }
        for waiter in waiters { waiter.resume(returning: .reached) }
    }

    /// Adds events, each with the tree just after it, and moves on to a view that includes them all.
    func publish(_ events: [(event: CachedEvent, snapshot: ObjectTree)], view: CacheView) {
        var waiters: [Waiter] = []
        state.withLock { state in
            let first = state.log.end
            for (event, snapshot) in events { state.log.append(event, snapshot: snapshot) }
            state.view = view
            if !state.watches.isEmpty {
                for (event, _) in events { state.watches.wake(for: event, position: first, into: &waiters) }
            }
            waiters += state.freshness.reached(view.resourceVersion)
        }
        for waiter in waiters { waiter.resume(returning: .reached) }
    }

    /// Stops serving until the next list. All watches end: what they'd miss can't be told.
    func suspend(_ failure: StorageError?) {
        let waiters = state.withLock { state in
            state.readiness.becomePending(failure, now: clock.now)
            return state.watches.removeAll()
        }
        for waiter in waiters { waiter.resume(returning: .stopped) }
    }

    /// Ends everything, for good.
    func stop() {
        let waiters = state.withLock { state in
            state.readiness.stop(now: clock.now)
            let readers = Array(state.readers.values)
            state.readers = [:]
            return state.watches.removeAll() + state.freshness.removeAll() + readers
        }
        for waiter in waiters { waiter.resume(returning: .stopped) }
    }
}

// MARK: - Reading

extension WatchCache {
    /// The present objects; throws when not ready.
    func view() throws(StorageError) -> CacheView {
        let (readiness, view) = state.withLock { ($0.readiness, $0.view) }
        try readiness.check(now: clock.now)
        return view
    }

    func isReady() -> Bool {
        state.withLock { $0.readiness.state == .ready }
    }

    func isPending() -> Bool {
        state.withLock { $0.readiness.state == .pending }
    }

    /// The object at a key, however old; nil when there is none or the cache isn't ready.
    func object(at key: String) -> StoredObject? {
        let tree = state.withLock { $0.readiness.state == .ready ? $0.view.tree : nil }
        return tree?[key]?.object
    }

    /// Lets go of the snapshots before a version.
    func dropSnapshots(before version: ResourceVersion) {
        if version.isZero { return }
        state.withLock { $0.log.dropSnapshots(before: version) }
    }

    /// The objects as they were at a version; nil when that isn't kept, or the cache isn't there yet.
    func snapshot(at version: ResourceVersion) -> CacheView? {
        let tree = state.withLock { state in
            state.readiness.state == .ready && version <= state.view.resourceVersion ? state.log.snapshot(at: version) : nil
        }
        return tree.map { CacheView(tree: $0, resourceVersion: version, totalBytes: 0) }
    }

    /// Waits until the cache has reached a version, for a limited time.
    /// - Throws: `resourceVersionTooLarge` when it takes too long; `timeout` when the caller gave up; `stopped`.
    func waitUntilFresh(_ needed: ResourceVersion, timeout: Duration) async throws(StorageError) {
        if state.withLock({ needed <= $0.view.resourceVersion }) { return }
        let deadline = clock.now + timeout
        let outcome = await wait { state, id, waiter in
            if needed <= state.view.resourceVersion { return .reached }
            if state.readiness.state == .stopped { return .stopped }
            state.freshness.add(id, needed: needed, deadline: deadline, waiter: waiter)
            return nil
        } onWaiting: {
            progressWanted.ring()
            deadlineSet.ring()
        }
        switch outcome {
        case .reached: return
        case .stopped: throw Readiness.stoppedError
        case .cancelled: throw StorageError(.timeout, message: "the request was given up while waiting for resource version \(needed)")
        case .timedOut:
            let current = state.withLock { $0.view.resourceVersion }
            throw StorageError.tooLarge(requested: needed, current: current, retryAfterSeconds: 1)
        }
    }

    /// Waits until the cache holds a whole list.
    func waitUntilReady() async throws(StorageError) {
        let outcome = await wait { state, id, waiter in
            switch state.readiness.state {
            case .ready: return .reached
            case .stopped: return .stopped
            case .pending:
                state.readers[id] = waiter
                return nil
            }
        } onWaiting: {
        }
        switch outcome {
        case .reached: return
        case .stopped: throw Readiness.stoppedError
        case .cancelled, .timedOut: throw StorageError(.timeout, message: "the wait for the cache to become ready was given up")
        }
    }

    /// Waits unless `enter` knows the outcome at once. `enter` runs under the lock and keeps the waiter when it returns nil.
    private func wait(
        enter: (inout State, UInt64, Waiter) -> WaitOutcome?, onWaiting: () -> Void
    ) async -> WaitOutcome {
        let id = state.withLock { $0.nextWaiter() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                let known: WaitOutcome? = state.withLock { state in
                    // Checked under the lock that the cancellation handler takes: either it finds the waiter, or this sees the cancellation.
                    Task.isCancelled ? .cancelled : enter(&state, id, waiter)
                }
                if let known { waiter.resume(returning: known) } else { onWaiting() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.freshness.remove(id) ?? $0.readers.removeValue(forKey: id) }
            waiter?.resume(returning: .cancelled)
        }
    }
}
