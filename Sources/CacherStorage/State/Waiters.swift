//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// How a wait for the cache ended.
enum WaitOutcome: Sendable {
    case reached
    case timedOut
    case cancelled
    case stopped
}

/// One who waits. Unsafe continuations, as waits are frequent: each is resumed exactly once, by whoever takes it out of its table.
typealias Waiter = UnsafeContinuation<WaitOutcome, Never>

/// Reads that wait until the cache has reached a version, in the order in which they came (which is that of their deadlines).
struct FreshnessWaiters: Sendable {
    private struct Entry {
        let needed: ResourceVersion
        let deadline: ContinuousClock.Instant
        let waiter: Waiter
    }

    private var entries: [UInt64: Entry] = [:]
    private var order: [UInt64] = []

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    mutating func add(_ id: UInt64, needed: ResourceVersion, deadline: ContinuousClock.Instant, waiter: Waiter) {
        entries[id] = Entry(needed: needed, deadline: deadline, waiter: waiter)
        order.append(id)
    }

    mutating func remove(_ id: UInt64) -> Waiter? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        order.removeAll { $0 == id }
        return entry.waiter
    }

    /// Takes out those whom a version satisfies.
    mutating func reached(_ version: ResourceVersion) -> [Waiter] {
        if entries.isEmpty { return [] }
        return takeAll { $0.needed <= version }
    }

    /// Takes out those whose time is up.
    mutating func expired(at now: ContinuousClock.Instant) -> [Waiter] {
        takeAll { $0.deadline <= now }
    }

    /// When the next one's time is up.
    var nextDeadline: ContinuousClock.Instant? {
        order.first.flatMap { entries[$0]?.deadline }
    }

    mutating func removeAll() -> [Waiter] {
        takeAll { _ in true }
    }

    private mutating func takeAll(_ isDone: (Entry) -> Bool) -> [Waiter] {
        let done = order.filter { entries[$0].map(isDone) ?? true }
        guard !done.isEmpty else { return [] }
        let waiters = done.compactMap { entries.removeValue(forKey: $0)?.waiter }
        order.removeAll { entries[$0] == nil }
        return waiters
    }
}
