//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Synchronization

/// Wakes the one task that waits for news. A ring that nobody waits for is remembered, once.
final class Bell: Sendable {
    private enum State {
        case silent
        case rung
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.silent)

    /// Wakes the task that waits, or the next one that is about to.
    func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if case .waiting(let waiter) = state {
                state = .silent
                return waiter
            }
            state = .rung
            return nil
        }
        waiter?.resume()
    }

    /// Returns after a ring, or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state -> Bool in
                    if case .rung = state {
                        state = .silent
                        return true
                    }
                    if Task.isCancelled { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            stopWaiting()
        }
    }

    /// Returns after a ring, at an instant, or when the task is cancelled.
    func wait(until instant: ContinuousClock.Instant?) async {
        guard let instant else { return await wait() }
        guard instant > .now else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await Task.sleep(until: instant.reckonable) } catch { return }
                // It may come before the wait has begun, and is remembered then.
                self.ring()
            }
            await wait()
            group.cancelAll()
        }
    }

    private func stopWaiting() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let waiter) = state else { return nil }
            state = .silent
            return waiter
        }
        waiter?.resume()
    }
}
