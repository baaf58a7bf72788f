//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets requests come to an end before connections are closed.
///
/// The engine closes an HTTP/2 connection as soon as its last stream ends, and what that stream wrote last may be lost. So shutting down
/// begins here: streams without an end are cancelled, requests are waited for, and only then are connections told to close.
final class RequestDrain: Sendable {
    private struct State {
        var isDraining = false
        var active = 0
        var lastID: UInt64 = 0
        var cancellations: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())
    private let (idle, becomesIdle) = AsyncStream<Void>.makeStream()

    /// A request begins. Those that begin while others are waited for aren't waited for themselves.
    /// - Returns: whether it is waited for, which ``end(_:)`` wants to know.
    func begin() -> Bool {
        state.withLock { state in
            if !state.isDraining { state.active += 1 }
            return !state.isDraining
        }
    }

    /// A request has been answered, to the last byte.
    func end(_ isCounted: Bool) {
        guard isCounted else { return }
        let isIdle = state.withLock { state in
            state.active -= 1
            return state.isDraining && state.active == 0
        }
        if isIdle { becomesIdle.finish() }
    }

    /// Runs a stream without an end, which is cancelled when shutting down begins, or at once if that was before.
    func run(_ operation: () async throws -> Void, cancel: @escaping @Sendable () -> Void) async rethrows {
        let id: UInt64? = state.withLock { state in
            guard !state.isDraining else { return nil }
            state.lastID += 1
            state.cancellations[state.lastID] = cancel
            return state.lastID
        }
        if id == nil { cancel() }
        defer { if let id { state.withLock { _ = $0.cancellations.removeValue(forKey: id) } } }
        try await operation()
    }

    /// Cancels the streams and waits for all requests, but no longer than so long.
    func drain(within limit: Duration) async {
        let (cancellations, isIdle) = state.withLock { state in
            state.isDraining = true
            return (Array(state.cancellations.values), state.active == 0)
        }
        for cancel in cancellations { cancel() }
        guard !isIdle else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [idle] in for await _ in idle {} }
            // Sleeping throws only when cancelled, and then there is nothing to wait for either.
            group.addTask { _ = try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
