//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Names one watch in the table. A slot is used again by later watches, the serial number isn't.
struct WatchTicket: Sendable, Hashable {
    let slot: Int
    let serial: UInt64
}

/// The watches of a resource: where in the log each one is, and how to wake it.
struct WatchTable: Sendable {
    /// Without references, as it is copied and changed for every event of every watch.
    struct Watch: Sendable {
        let serial: UInt64
        /// The next event of the log that it has to look at.
        var position: Int
        /// The version of the last event that it took, or of its beginning.
        var lastVersion: ResourceVersion
        /// It wants a bookmark as soon as it has caught up.
        var isBookmarkDue = false
        /// Set while it waits: it has seen all of the log, or nothing since was in its scope.
        var waiter: Waiter?
    }

    /// The watches of one scope key, by what they pin. Slots.
    private struct Group {
        var unpinned: [Int] = []
        var pinned: [String: [String: [Int]]] = [:]
    }

    private var slots: [Watch?] = []
    /// What the watches of the slots are about.
    private var scopes: [WatchScope] = []
    private var free: [Int] = []
    private var nextSerial: UInt64 = 0
    private var groups: [String: Group] = [:]
    private var bookmarks = BookmarkQueue()

    var count: Int { slots.count - free.count }
    var isEmpty: Bool { count == 0 }

    /// Whether any watch waits for events.
    var hasWaiter: Bool { slots.contains { $0?.waiter != nil } }

    /// The watch of a ticket; nil when it has ended.
    subscript(ticket: WatchTicket) -> Watch? {
        guard ticket.slot < slots.count, let watch = slots[ticket.slot], watch.serial == ticket.serial else { return nil }
        return watch
    }

    /// Changes the watch of a ticket in place; nil when it has ended.
    mutating func modify<T>(_ ticket: WatchTicket, _ body: (inout Watch) -> T) -> T? {
        guard var watch = self[ticket] else { return nil }
        defer { slots[ticket.slot] = watch }
        return body(&watch)
    }

    /// Adds a watch that has the events before a position behind it.
    mutating func add(
        _ scope: WatchScope, position: Int, after version: ResourceVersion, firstBookmark: ContinuousClock.Instant?
    ) -> WatchTicket {
        nextSerial += 1
        let watch = Watch(serial: nextSerial, position: position, lastVersion: version)
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            slots[slot] = watch
            scopes[slot] = scope
        } else {
            slot = slots.count
            slots.append(watch)
            scopes.append(scope)
        }
        changeGroup(of: scope) { $0.append(slot) }
        let ticket = WatchTicket(slot: slot, serial: nextSerial)
        if let firstBookmark { bookmarks.append(ticket, due: firstBookmark) }
        return ticket
    }

    /// Ends a watch. No effect when it has ended before.
    /// - Returns: the one who waits for its events.
    mutating func remove(_ ticket: WatchTicket) -> Waiter? {
        guard let watch = self[ticket] else { return nil }
        slots[ticket.slot] = nil
        free.append(ticket.slot)
        changeGroup(of: scopes[ticket.slot]) { members in
            if let index = members.firstIndex(of: ticket.slot) { members.remove(at: index) }
        }
        return watch.waiter
    }

    /// Ends all watches.
    mutating func removeAll() -> [Waiter] {
        let waiters = slots.compactMap { $0?.waiter }
        slots = []
        scopes = []
        free = []
        groups = [:]
        bookmarks = BookmarkQueue()
        return waiters
    }

    private mutating func changeGroup(of scope: WatchScope, _ change: (inout [Int]) -> Void) {
        var group = groups[scope.key] ?? Group()
        if let field = scope.field {
            change(&group.pinned[field, default: [:]][scope.value, default: []])
            if group.pinned[field]?[scope.value]?.isEmpty == true { group.pinned[field]?[scope.value] = nil }
            if group.pinned[field]?.isEmpty == true { group.pinned[field] = nil }
        } else {
            change(&group.unpinned)
        }
        groups[scope.key] = group.unpinned.isEmpty && group.pinned.isEmpty ? nil : group
    }
}

// MARK: - Waking

extension WatchTable {
    /// Takes out those who wait for an event like this one. They go on at the given position: what came before it was none of their business.
    mutating func wake(for event: CachedEvent, position: Int, into waiters: inout [Waiter]) {
        if groups.isEmpty { return }
        for key in WatchScope.keys(covering: event.key) {
            guard let group = groups[key] else { continue }
            wake(group.unpinned, position: position, into: &waiters)
            for (field, slotsByValue) in group.pinned {
                let after = event.current?.attributes?.fields[field]
                let before = event.previous?.attributes?.fields[field]
                // An absent field equals an empty value, as selectors see it.
                if event.current != nil { wake(slotsByValue[after ?? ""] ?? [], position: position, into: &waiters) }
                if event.previous != nil, before != after || event.current == nil {
                    wake(slotsByValue[before ?? ""] ?? [], position: position, into: &waiters)
                }
            }
        }
    }

    private mutating func wake(_ members: [Int], position: Int, into waiters: inout [Waiter]) {
        for slot in members {
            guard let waiter = slots[slot]?.waiter else { continue }
            slots[slot]?.waiter = nil
            slots[slot]?.position = position
            waiters.append(waiter)
        }
    }

    /// When the next bookmark is due.
    var nextBookmark: ContinuousClock.Instant? { bookmarks.next }

    /// Marks the watches whose bookmark is due, schedules their next, and takes out those who wait; these have seen everything up to `end`.
    mutating func wakeForBookmarks(now: ContinuousClock.Instant, period: Duration, end: Int) -> [Waiter] {
        var waiters: [Waiter] = []
        while let ticket = bookmarks.popDue(at: now) {
            let waiter: Waiter?? = modify(ticket) { watch in
                watch.isBookmarkDue = true
                guard let waiter = watch.waiter else { return nil }
                watch.waiter = nil
                watch.position = end
                return waiter
            }
            guard let waiter else { continue }
            bookmarks.append(ticket, due: now + period)
            if let waiter { waiters.append(waiter) }
        }
        return waiters
    }
}

/// Who gets a bookmark when. All wait for the same period, so those who came first are due first and a queue is enough.
struct BookmarkQueue: Sendable {
    private var entries: [(ticket: WatchTicket, due: ContinuousClock.Instant)] = []
    private var head = 0

    var next: ContinuousClock.Instant? { head < entries.count ? entries[head].due : nil }

    mutating func append(_ ticket: WatchTicket, due: ContinuousClock.Instant) {
        entries.append((ticket, due))
    }

    mutating func popDue(at now: ContinuousClock.Instant) -> WatchTicket? {
        guard let next, next <= now else { return nil }
        defer {
            head += 1
            // Taken entries are let go of in bulk, which keeps popping constant on average.
            if head > 64, head * 2 > entries.count {
                entries.removeFirst(head)
                head = 0
            }
        }
        return entries[head].ticket
    }
}
