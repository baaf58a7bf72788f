//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The latest state, and who waits for a newer one.
final class StateBoard: Sendable {
    typealias Waiter = CheckedContinuation<Void, Never>

    private struct Content {
        var state = GRPCTransportState.idle
        var version: UInt64 = 1
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let content = Mutex(Content())

    var state: GRPCTransportState { content.withLock { $0.state } }

    /// Puts up a state. Who waits for it is to be resumed.
    func set(_ state: GRPCTransportState) -> [Waiter] {
        content.withLock { content in
            // What comes after the end is no news.
            guard content.state != state, content.state != .shutDown else { return [] }
            content.state = state
            content.version += 1
            defer { content.waiters = [:] }
            return Array(content.waiters.values)
        }
    }

    /// The first state that is newer than a version; nil after the last, or when the task is cancelled.
    func next(after seen: UInt64, isolation: isolated (any Actor)?) async -> (state: GRPCTransportState, version: UInt64)? {
        while !Task.isCancelled {
            let (state, version) = content.withLock { ($0.state, $0.version) }
            if version > seen { return (state, version) }
            if state == .shutDown { return nil }
            let id = content.withLock { content in
                content.nextWaiter += 1
                return content.nextWaiter
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let waits = content.withLock { content in
                        guard content.version == version else { return false }
                        content.waiters[id] = continuation
                        return true
                    }
                    if !waits { continuation.resume() }
                    // The cancellation may have come before there was anybody to wake.
                    if Task.isCancelled { stopWaiting(id) }
                }
            } onCancel: {
                stopWaiting(id)
            }
        }
        return nil
    }

    private func stopWaiting(_ id: UInt64) { content.withLock { $0.waiters.removeValue(forKey: id) }?.resume() }
}
