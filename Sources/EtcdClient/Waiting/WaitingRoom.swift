//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Synchronization

/// Where tasks wait for the same thing, each until its own deadline.
///
/// A task takes a ticket under the lock of whatever it waits for, so that nothing is missed between that and its wait.
final class WaitingRoom<Value: Sendable>: Sendable {
    struct Ticket: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    /// How a wait ended.
    enum Outcome: Sendable {
        case called(Value)
        case timedOut
        case cancelled
    }

    private enum Place {
        case taken
        case waiting(CheckedContinuation<Outcome, Never>)
        case called(Outcome)
    }

    private struct State {
        var next: UInt64 = 0
        var places: [Ticket: Place] = [:]
    }

    private let state = Mutex(State())

    /// A ticket, which must be waited with.
    func enter() -> Ticket {
        state.withLock { state in
            state.next += 1
            let ticket = Ticket(number: state.next)
            state.places[ticket] = .taken
            return ticket
        }
    }

    /// The tickets of all who are here.
    func all() -> [Ticket] { state.withLock { Array($0.places.keys) } }

    /// Ends the waits of some.
    func call(_ tickets: [Ticket], _ value: Value) {
        for ticket in tickets { end(ticket, .called(value)) }
    }

    func wait(_ ticket: Ticket, until deadline: ContinuousClock.Instant?) async -> Outcome {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                if let deadline {
                    group.addTask {
                        do { try await Task.sleep(until: deadline.reckonable) } catch { return }
                        self.end(ticket, .timedOut)
                    }
                }
                let outcome: Outcome = await withCheckedContinuation { continuation in
                    let early = state.withLock { state -> Outcome? in
                        if case .called(let outcome) = state.places[ticket] {
                            state.places[ticket] = nil
                            return outcome
                        }
                        state.places[ticket] = .waiting(continuation)
                        return nil
                    }
                    if let early { continuation.resume(returning: early) }
                }
                group.cancelAll()
                return outcome
            }
        } onCancel: {
            end(ticket, .cancelled)
        }
    }

    private func end(_ ticket: Ticket, _ outcome: Outcome) {
        let waiter = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            switch state.places[ticket] {
            case .taken:
                state.places[ticket] = .called(outcome)
                return nil
            case .waiting(let waiter):
                state.places[ticket] = nil
                return waiter
            case .called, nil: return nil
            }
        }
        waiter?.resume(returning: outcome)
    }
}
