//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@testable import CacherStorage

@Suite("Event log")
struct EventLogTests {
    private static let began = ContinuousClock.now

    private static func event(_ version: UInt64, after time: Duration = .zero) -> CachedEvent {
        let new = element(pod("p\(version)", at: version))
        return CachedEvent(key: new.key, resourceVersion: ResourceVersion(version), current: new, previous: nil, time: began + time)
    }

    private static func log(minimum: Int = 4, maximum: Int = 4, encodings: Int = 1000) -> EventLog {
        EventLog(limits: EventLogLimits(window: .seconds(75), minimumCapacity: minimum, maximumCapacity: maximum, eventsWithEncodings: encodings))
    }

    private static func versions(_ log: EventLog, after version: UInt64) -> [UInt64] {
        log.events(from: log.position(after: ResourceVersion(version)), limit: .max / 2).map(\.event.resourceVersion.value)
    }

    @Test("A full log drops its oldest events and says from where on it is whole")
    func dropsOldest() throws {
        var log = Self.log()
        #expect(log.oldestVersion == nil)
        log.reset(listVersion: ResourceVersion(10), snapshot: ObjectTree())
        for version in [12, 15, 18] { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        #expect(log.oldestVersion == ResourceVersion(11))
        try log.checkReach(back: ResourceVersion(10))
        #expect(throws: StorageError.self) { try log.checkReach(back: ResourceVersion(9)) }
        for version in [20, 21, 22] { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        #expect(log.oldestVersion == ResourceVersion(18))
        #expect(Self.versions(log, after: 0) == [18, 20, 21, 22])
        let error = #expect(throws: StorageError.self) { try log.checkReach(back: ResourceVersion(16)) }
        #expect(error?.code == .expired)
        #expect(error?.message == "too old resource version: 16 (17)")
        try log.checkReach(back: ResourceVersion(17))
    }

    @Test("An empty log reaches back to its list and no further", arguments: [(8, false), (9, true), (10, true)])
    func emptyLog(version: UInt64, reaches: Bool) {
        var log = Self.log()
        log.reset(listVersion: ResourceVersion(9), snapshot: ObjectTree())
        #expect(((try? log.checkReach(back: ResourceVersion(version))) != nil) == reaches)
        #expect(Self.versions(log, after: version).isEmpty)
    }

    @Test("A new list forgets the events and keeps positions growing")
    func reset() {
        var log = Self.log()
        log.reset(listVersion: ResourceVersion(1), snapshot: ObjectTree())
        for version in 2..<9 { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        let end = log.end
        log.reset(listVersion: ResourceVersion(20), snapshot: ObjectTree())
        #expect(log.start == end)
        #expect(log.count == 0)
        #expect(log.oldestVersion == ResourceVersion(21))
        log.append(Self.event(21), snapshot: ObjectTree())
        #expect(Self.versions(log, after: 20) == [21])
    }

    @Test(
        "A full log grows when its oldest event is young and shrinks when three quarters are old",
        arguments: [
            // capacity, age of the oldest event, age of the last quarter, expected capacity; bounds are 4 and 16
            (4, 74, 20, 8), (8, 10, 1, 16), (16, 10, 1, 16), (8, 75, 19, 8), (8, 100, 75, 8), (8, 400, 76, 4), (4, 400, 80, 4), (16, 99, 76, 8),
        ])
    func capacityRule(capacity: Int, oldest: Int, lastQuarter: Int, expected: Int) {
        let limits = EventLogLimits(window: .seconds(75), minimumCapacity: 4, maximumCapacity: 16, eventsWithEncodings: 0)
        #expect(limits.capacity(from: capacity, oldestAge: .seconds(oldest), lastQuarterAge: .seconds(lastQuarter)) == expected)
    }

    @Test("Growing and shrinking keep the order of what stays")
    func resizing() {
        var log = Self.log(minimum: 4, maximum: 16)
        log.reset(listVersion: ResourceVersion(1), snapshot: ObjectTree())
        for version in 2...30 { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        #expect(log.capacity == 16)
        #expect(Self.versions(log, after: 0) == Array(15...30))
        log.append(Self.event(31, after: .seconds(1000)), snapshot: ObjectTree())
        #expect(log.capacity == 8)
        #expect(Self.versions(log, after: 0) == Array(24...31))
        #expect(Self.versions(log, after: 28) == [29, 30, 31])
        for version in 32...40 { log.append(Self.event(UInt64(version), after: .seconds(1000 + 90 * version)), snapshot: ObjectTree()) }
        #expect(log.capacity == 4)
        #expect(Self.versions(log, after: 0) == Array(37...40))
        for version in 41...60 { log.append(Self.event(UInt64(version), after: .seconds(10_000)), snapshot: ObjectTree()) }
        #expect(log.capacity == 16)
        #expect(Self.versions(log, after: 0) == Array(45...60))
    }

    @Test(
        "The greatest capacity grows with the window by powers of two",
        arguments: [
            (Duration.seconds(75), 102_400), (.seconds(45), 102_400), (.seconds(75 * 4), 409_600), (.seconds(75 * 3), 409_600),
            (.seconds(75 << 20), 102_400 << 14),
        ])
    func capacityBound(window: Duration, expected: Int) {
        #expect(EventLogLimits.maximumCapacity(for: window) == expected)
    }

    @Test("Snapshots answer for the versions between events, until they are dropped")
    func snapshots() {
        var log = Self.log()
        var tree = ObjectTree()
        log.reset(listVersion: ResourceVersion(10), snapshot: tree)
        for version in [12, 15, 18] as [UInt64] {
            let event = Self.event(version)
            if let new = event.current { tree.update(new) }
            log.append(event, snapshot: tree)
        }
        func count(_ version: UInt64) -> Int? { log.snapshot(at: ResourceVersion(version))?.count }
        #expect([9, 10, 11, 12, 14, 15, 17, 18, 99].map { count($0) } == [nil, 0, 0, 1, 1, 2, 2, 3, 3])
        log.dropSnapshots(before: ResourceVersion(15))
        #expect([10, 12, 14, 15, 18].map { count($0) } == [nil, nil, nil, 2, 3])
        for version in [20, 21] as [UInt64] { log.append(Self.event(version), snapshot: tree) }
        #expect([15, 18].map { count($0) } == [2, 3])
        log.append(Self.event(22), snapshot: tree)
        #expect([15, 18].map { count($0) } == [nil, 3])
    }

    @Test("Only the newest events keep their snapshots, while the events themselves stay")
    func boundedSnapshots() {
        let limits = EventLogLimits(
            window: .seconds(75), minimumCapacity: 8, maximumCapacity: 8, eventsWithEncodings: 8, eventsWithSnapshots: 2)
        var log = EventLog(limits: limits)
        log.reset(listVersion: ResourceVersion(1), snapshot: ObjectTree())
        for version in 2...3 { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        #expect((1...3).map { log.snapshot(at: ResourceVersion($0)) != nil } == [true, true, true])
        for version in 4...6 { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        #expect((1...6).map { log.snapshot(at: ResourceVersion($0)) != nil } == [false, false, false, false, true, true])
        #expect(Self.versions(log, after: 1) == [2, 3, 4, 5, 6])
    }

    @Test("Only the newest events keep their encodings, and all their readers share them")
    func encodings() {
        var log = Self.log(minimum: 8, maximum: 8, encodings: 2)
        log.reset(listVersion: ResourceVersion(1), snapshot: ObjectTree())
        for version in 2..<7 { log.append(Self.event(UInt64(version)), snapshot: ObjectTree()) }
        let events = log.events(from: log.start, limit: 10)
        #expect(events.map { $0.encodings != nil } == [false, false, false, true, true])
        let again = log.events(from: log.start, limit: 10)
        #expect(events.last?.encodings === again.last?.encodings)
    }
}
