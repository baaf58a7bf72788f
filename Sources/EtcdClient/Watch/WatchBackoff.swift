//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before a stream is opened again: longer with each failure, by chance so that those who broke together don't come back together.
struct WatchBackoff: Sendable {
    /// A stream that lived so long was none that failed.
    static let longLife: Duration = .seconds(1)

    private var backoff = Backoff(doublings: 7)

    /// Something was heard: what failed before is forgotten.
    mutating func reset() { backoff.reset() }

    /// A stream has ended after this time.
    mutating func streamEnded(lived: Duration) { if lived >= Self.longLife { reset() } }

    /// The wait before the next attempt. 10, 20, 40 … 1280 ms, each by a random half.
    /// - Parameter jitter: a random number from 0 to 1.
    mutating func next(jitter: Double) -> Duration { backoff.next(jitter: jitter) }

    /// Whether a server's leave may be answered by coming back at once: yes, unless that failed just before.
    mutating func mayReturnAtOnce() -> Bool {
        guard backoff.failures == 0 else { return false }
        // A return counts as a failure until something is heard.
        _ = backoff.next()
        return true
    }
}
