//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How far back an event log reaches, and so how much it holds.
///
/// Source of the rule: upstream's watch cache history.
struct EventLogLimits: Sendable {
    /// Upstream's shortest window; capacities are scaled from it.
    static let shortestWindow: Duration = .seconds(75)

    /// Events younger than this are worth keeping.
    var window: Duration
    var minimumCapacity: Int
    var maximumCapacity: Int
    /// How many of the newest events keep their encoded forms. Older ones are encoded again for each of the few watchers that are so far behind.
    var eventsWithEncodings: Int
    /// How many of the newest events keep the snapshot of the objects just after them.
    var eventsWithSnapshots: Int

    init(window: Duration, minimumCapacity: Int, maximumCapacity: Int, eventsWithEncodings: Int, eventsWithSnapshots: Int = .max) {
        self.window = window
        self.minimumCapacity = minimumCapacity
        self.maximumCapacity = max(maximumCapacity, minimumCapacity)
        self.eventsWithEncodings = eventsWithEncodings
        self.eventsWithSnapshots = eventsWithSnapshots
    }

    /// The greatest capacity for a window: 102 400 events for 75 s, doubled for every begun doubling of the window, 2^14 times at most.
    static func maximumCapacity(for window: Duration) -> Int {
        var factor = 1
        var reach = shortestWindow
        while reach < window, factor < 1 << 14 {
            factor *= 2
            reach *= 2
        }
        return 102_400 * factor
    }

    /// The capacity that a full log should have, given the age of its oldest event and of the one that a quarter of the log is younger than.
    func capacity(from current: Int, oldestAge: Duration, lastQuarterAge: Duration) -> Int {
        if oldestAge < window { return min(current * 2, maximumCapacity) }
        if lastQuarterAge > window { return max(current / 2, minimumCapacity) }
        return current
    }
}
