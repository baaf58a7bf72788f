//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before something is tried again: each time twice as long as before, up to a bound, and by a random half more or less.
struct Backoff: Sendable {
    /// Milliseconds to wait at first.
    let first: Int
    /// How often that doubles.
    let doublings: Int
    /// How often it was waited since the beginning, or since ``reset()``.
    private(set) var failures = 0

    /// 10, 20, 40 … 320 ms, as calls wait, unless it's told otherwise.
    init(first: Int = 10, doublings: Int = 5) {
        self.first = first
        self.doublings = doublings
    }

    /// The next wait.
    /// - Parameter jitter: a random number from 0 to 1.
    mutating func next(jitter: Double) -> Duration {
        let milliseconds = Double(first << min(failures, doublings)) * (0.5 + jitter)
        failures += 1
        return .microseconds(Int64(milliseconds * 1000))
    }

    /// The next wait, by chance.
    mutating func next() -> Duration { next(jitter: .random(in: 0..<1)) }

    /// Begins anew.
    mutating func reset() { failures = 0 }
}
