//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether the cache can serve. A value; who waits for it is kept elsewhere.
///
/// Source of the rule: upstream's cacher readiness.
struct Readiness: Sendable {
    enum State: Sendable, Equatable {
        case pending
        case ready
        case stopped
    }

    private(set) var state = State.pending
    /// Counts the times that the cache became ready, so that a reader can tell whether it was replaced meanwhile.
    private(set) var generation = 0
    private var since: ContinuousClock.Instant
    private var lastFailure: StorageError?

    init(now: ContinuousClock.Instant) {
        since = now
    }

    /// The cache holds a whole list. No effect once stopped.
    mutating func becomeReady(now: ContinuousClock.Instant) {
        guard state == .pending else { return }
        state = .ready
        generation += 1
        since = now
        lastFailure = nil
    }

    /// The cache no longer follows the store. Keeps the moment at which it first went down.
    mutating func becomePending(_ failure: StorageError?, now: ContinuousClock.Instant) {
        guard state != .stopped else { return }
        if state == .ready { since = now }
        state = .pending
        lastFailure = failure
    }

    /// For good.
    mutating func stop(now: ContinuousClock.Instant) {
        guard state != .stopped else { return }
        state = .stopped
        since = now
    }

    /// Throws unless ready.
    func check(now: ContinuousClock.Instant) throws(StorageError) {
        switch state {
        case .ready: return
        case .stopped: throw Self.stoppedError
        case .pending:
            let text = lastFailure.map { ": \($0.message.isEmpty ? $0.code.description : $0.message)" } ?? ""
            throw StorageError(
                .notReady, message: "storage is (re)initializing\(text)", cause: lastFailure,
                retryAfterSeconds: Self.retryAfterSeconds(downTime: since.duration(to: now)))
        }
    }

    static let stoppedError = StorageError(.stopped, message: "the cache is stopped")

    /// Longer outages ask for more patience: e^(0.06·seconds), between 1 and 30.
    static func retryAfterSeconds(downTime: Duration) -> Int {
        let seconds = Double(downTime.components.seconds) + Double(downTime.components.attoseconds) / 1e18
        return Int(min(max(exp(0.06 * seconds), 1), 30))
    }
}
