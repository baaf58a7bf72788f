//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Cancels requests that take too long, all of them with one sleeper.
///
/// A timer per request would cost more than many a request does. So deadlines are kept to a second.
final class RequestDeadlines: Sendable {
    private struct Running {
        var deadline: ContinuousClock.Instant
        var cancel: @Sendable () -> Void
    }

    private struct State {
        var lastID: UInt64 = 0
        var running: [UInt64: Running] = [:]
    }

    private let state = Mutex(State())

    /// Watches over the requests until the calling task is cancelled.
    func run() async {
        let clock = ContinuousClock()
        // Sleeping throws only when cancelled, which is the end of this service.
        while (try? await clock.sleep(for: .seconds(1), tolerance: .milliseconds(500))) != nil {
            cancelOverdue(at: clock.now)
        }
    }

    /// Cancels what should have ended.
    func cancelOverdue(at now: ContinuousClock.Instant) {
        let overdue = state.withLock { state in
            let overdue = state.running.filter { $0.value.deadline <= now }
            for id in overdue.keys { state.running[id] = nil }
            return overdue.values.map(\.cancel)
        }
        for cancel in overdue { cancel() }
    }

    /// Runs an operation, which is cancelled at the deadline.
    /// - Returns: its result, and whether the deadline passed before.
    func run<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ operation: @escaping @Sendable () async -> Result
    ) async -> (result: Result, isOverdue: Bool) {
        // The task doesn't outlive this call: it is awaited below, whatever happens.
        let task = Task(operation: operation)
        let id = state.withLock { state in
            state.lastID += 1
            state.running[state.lastID] = Running(deadline: deadline, cancel: { task.cancel() })
            return state.lastID
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        let wasRunning = state.withLock { $0.running.removeValue(forKey: id) != nil }
        return (result, !wasRunning)
    }
}
