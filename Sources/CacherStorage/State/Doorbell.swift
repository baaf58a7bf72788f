//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Wakes one task that has nothing to do until something happens elsewhere.
final class Doorbell: Sendable {
    private enum State {
        case silent
        case rung
        case awaited(UnsafeContinuation<Void, Never>)
    }

    private let state = Mutex(State.silent)

    /// Wakes the one who waits, or spares the next one the wait.
    func ring() {
        let waiter: UnsafeContinuation<Void, Never>? = state.withLock { state in
            defer { if case .awaited = state { state = .silent } else { state = .rung } }
            if case .awaited(let waiter) = state { return waiter }
            return nil
        }
        waiter?.resume()
    }

    /// Returns at the next ring, or when the task is cancelled. For one task at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isRung = state.withLock { state in
                    if case .rung = state {
                        state = .silent
                        return true
                    }
                    state = .awaited(continuation)
                    return false
                }
                if isRung { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }

    /// Returns at the next ring, after some time at the latest (nil for no such limit), or when the task is cancelled.
    func wait(atMost limit: Duration?) async {
        guard let limit else { return await wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            // Only a cancellation throws, and then the wait is over anyway.
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
