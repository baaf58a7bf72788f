//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The latest events of a resource, in order: a ring that grows and shrinks so that it reaches back about as far as its window.
///
/// Watchers are positions in it. A position counts events since the beginning and never comes back, so one that the ring has left behind can
/// be told from one that it has yet to reach. With every event goes the snapshot of the objects just after it.
struct EventLog: Sendable {
    private struct Entry: Sendable {
        let event: CachedEvent
        var snapshot: ObjectTree?
        var encodings: EventEncodings?
    }

    /// An event, with the encodings that its watchers share while it is young.
    struct Item: Sendable {
        let event: CachedEvent
        let encodings: EventEncodings?
    }

    let limits: EventLogLimits
    private var ring: [Entry?]
    /// The position of the oldest event.
    private(set) var start = 0
    /// The position that the next event gets.
    private(set) var end = 0
    /// The version of the list that the log follows; nil before the first.
    private(set) var listVersion: ResourceVersion?
    private var listSnapshot: ObjectTree?
    private var droppedSinceList = false
    /// Entries before this position have lost their snapshots.
    private var snapshotsStart = 0

    var capacity: Int { ring.count }
    var count: Int { end - start }

    init(limits: EventLogLimits) {
        self.limits = limits
        ring = Array(repeating: nil, count: limits.minimumCapacity)
    }

    private subscript(position: Int) -> Entry? {
        get { ring[position % ring.count] }
        set { ring[position % ring.count] = newValue }
    }

    /// Forgets all events: from here on the log follows a new list.
    mutating func reset(listVersion: ResourceVersion, snapshot: ObjectTree) {
        for position in start..<end { self[position] = nil }
        start = end
        snapshotsStart = end
        self.listVersion = listVersion
        listSnapshot = snapshot
        droppedSinceList = false
    }

    /// Adds an event; drops the oldest when there is no room and the ring may not grow.
    mutating func append(_ event: CachedEvent, snapshot: ObjectTree) {
        if count == ring.count {
            resize(now: event.time)
            if count == ring.count { dropOldest() }
        }
        self[end] = Entry(event: event, snapshot: snapshot, encodings: EventEncodings())
        end += 1
        let unencoded = end - 1 - limits.eventsWithEncodings
        if unencoded >= start { self[unencoded]?.encodings = nil }
        if count > limits.eventsWithSnapshots { dropSnapshots(upTo: end - limits.eventsWithSnapshots) }
    }

    private mutating func dropOldest() {
        self[start] = nil
        start += 1
        droppedSinceList = true
        listSnapshot = nil
        snapshotsStart = max(snapshotsStart, start)
    }

    /// Only called on a full ring.
    private mutating func resize(now: ContinuousClock.Instant) {
        guard let oldest = self[start]?.event.time, let lastQuarter = self[end - ring.count / 4]?.event.time else { return }
        let capacity = limits.capacity(
            from: ring.count, oldestAge: oldest.duration(to: now), lastQuarterAge: lastQuarter.duration(to: now))
        guard capacity != ring.count else { return }
        while count > capacity { dropOldest() }
        var resized: [Entry?] = Array(repeating: nil, count: capacity)
        for position in start..<end { resized[position % capacity] = self[position] }
        ring = resized
    }
}

// MARK: - Reading

extension EventLog {
    /// The oldest version that a watch may start just before; nil before the first list.
    var oldestVersion: ResourceVersion? {
        guard let listVersion else { return nil }
        guard droppedSinceList, let oldest = self[start] else { return ResourceVersion(listVersion.value + 1) }
        return oldest.event.resourceVersion
    }

    /// The position of the first event after a version.
    func position(after version: ResourceVersion) -> Int {
        var low = start
        var high = end
        while low < high {
            let middle = low + (high - low) / 2
            guard let entry = self[middle] else { return end }
            if entry.event.resourceVersion > version { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Up to `limit` events from a position that the ring still holds.
    func events(from position: Int, limit: Int) -> [Item] {
        let last = min(end, position + limit)
        guard position < last else { return [] }
        var items: [Item] = []
        items.reserveCapacity(last - position)
        for index in position..<last {
            if let entry = self[index] { items.append(Item(event: entry.event, encodings: entry.encodings)) }
        }
        return items
    }

    /// The objects as they were at a version: the snapshot of the last event up to it. nil when it isn't kept.
    func snapshot(at version: ResourceVersion) -> ObjectTree? {
        let position = position(after: version) - 1
        if position >= start { return self[position]?.snapshot }
        guard let listVersion, listVersion <= version else { return nil }
        return listSnapshot
    }

    /// Lets go of the snapshots before a version, which the store below has compacted away.
    mutating func dropSnapshots(before version: ResourceVersion) {
        if let listVersion, listVersion < version { listSnapshot = nil }
        dropSnapshots(upTo: version.isZero ? start : position(after: ResourceVersion(version.value - 1)))
    }

    private mutating func dropSnapshots(upTo position: Int) {
        snapshotsStart = max(snapshotsStart, start)
        if position > start { listSnapshot = nil }
        while snapshotsStart < position {
            self[snapshotsStart]?.snapshot = nil
            snapshotsStart += 1
        }
    }
}
