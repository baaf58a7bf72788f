//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The first of several ends that may come, for one who waits.
final class FirstEnd<Value: Sendable>: Sendable {
    private struct State {
        var end: Result<Value, any Error>?
        var lateness: (any Error)?
        var waiter: CheckedContinuation<Value, any Error>?
    }

    private let state = Mutex(State())

    /// An end; those after the first are nothing. One that comes late is that it's late.
    func come(_ end: Result<Value, any Error>) {
        let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            guard state.end == nil else { return nil }
            state.end = state.lateness.map { .failure($0) } ?? end
            return state.waiter.take()
        }
        if let waiter { waiter.resume(with: state.withLock { $0.end } ?? end) }
    }

    /// Whatever comes from here on comes too late.
    func comeLate(_ error: any Error) { state.withLock { $0.lateness = $0.lateness ?? error } }

    func wait(_ waiter: CheckedContinuation<Value, any Error>) {
        let end = state.withLock { state in
            if state.end == nil { state.waiter = waiter }
            return state.end
        }
        if let end { waiter.resume(with: end) }
    }

    /// Lets the one who waits go after a while, if nothing has come by then.
    func leave(after time: Duration, _ error: any Error) {
        Task {
            do { try await Task.sleep(for: time) } catch { return }
            come(.failure(error))
        }
    }
}
