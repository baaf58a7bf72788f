//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Who waits for a look at the file.
final class ReloadRequests: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Bool, any Error>] = []
        var isClosed = false
    }

    /// One signal for all that came since the last.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() {
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func tick() { signal.yield() }

    func add(_ continuation: CheckedContinuation<Bool, any Error>) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.waiting.append(continuation) }
            return state.isClosed
        }
        if isClosed { continuation.resume(throwing: CancellationError()) } else { signal.yield() }
    }

    func take() -> [CheckedContinuation<Bool, any Error>] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// Nobody will look any more.
    func close() {
        state.withLock { $0.isClosed = true }
        for continuation in take() { continuation.resume(throwing: CancellationError()) }
    }
}
