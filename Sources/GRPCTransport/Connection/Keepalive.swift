//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Decides when a connection is pinged and when it is dead. Etcd punishes pings without calls and pings closer than five seconds.
struct Keepalive {
    enum Action: Equatable {
        /// Nothing to do until calls are open again.
        case rest
        case wait(until: NIODeadline)
        /// Send a ping, and come back then.
        case ping(next: NIODeadline)
        case dead
    }

    static let shortestInterval: TimeAmount = .seconds(5)

    let interval: TimeAmount
    let timeout: TimeAmount
    private var lastActivity: NIODeadline
    private var pingedAt: NIODeadline?

    init(interval: TimeAmount, timeout: TimeAmount, now: NIODeadline) {
        self.interval = max(interval, Self.shortestInterval)
        self.timeout = timeout
        lastActivity = now
    }

    /// Bytes came: whatever they say, the peer lives.
    mutating func received(at now: NIODeadline) {
        lastActivity = now
        pingedAt = nil
    }

    /// A call was opened on an idle connection: its silence until now proves nothing.
    mutating func becameActive(at now: NIODeadline) { lastActivity = max(lastActivity, now) }

    mutating func timerFired(at now: NIODeadline, hasOpenCalls: Bool) -> Action {
        if let pingedAt {
            let end = pingedAt + timeout
            return now >= end ? .dead : .wait(until: end)
        }
        guard hasOpenCalls else { return .rest }
        let due = lastActivity + interval
        guard now >= due else { return .wait(until: due) }
        pingedAt = now
        return .ping(next: now + timeout)
    }
}
