//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Synchronization

/// One watcher's share of a stream: a bounded mailbox that the stream's task fills and the watch's consumer empties.
final class WatchChannel: Sendable {
    /// Why nothing more comes.
    enum End: Sendable {
        /// The stream ended: with an error, or without when the server was done or the watcher is to move.
        case broken(GRPCError?)
        /// More waited than may.
        case overflowed
    }

    enum News: Sendable {
        /// Messages may be there to be taken, or the end to be waited for.
        case something
        case end(End)
        /// The consumer's task was cancelled.
        case cancelled
    }

    // Unchecked, for its cost: it is kept in one place only, and taken out of it to be resumed.
    typealias Waiter = UnsafeContinuation<Void, Never>

    private struct State {
        var messages: [WatchMessage] = []
        var bytes = 0
        var end: End?
        var waiter: Waiter?
    }

    // An event's share of memory beside its bytes: two values with four arrays.
    private static let eventOverhead = 256
    /// A message's own.
    private static let messageOverhead = 128

    let watcher: WatchMultiplexerStateMachine.Watcher
    private let stream: SharedWatchStream
    private let limit: Int
    private let pulse: WatchPulse
    private let state = Mutex(State())

    init(watcher: WatchMultiplexerStateMachine.Watcher, stream: SharedWatchStream, limit: Int, pulse: WatchPulse) {
        self.watcher = watcher
        self.stream = stream
        self.limit = limit
        self.pulse = pulse
    }

    // MARK: The stream's side

    /// Takes a message in; false when there's no room, after which nothing more is taken. The waiter is to be resumed.
    func append(_ message: WatchMessage, size: Int) -> (isTaken: Bool, waiter: Waiter?) {
        pulse.saw(storeRevision: message.header.revision)
        return state.withLock { state in
            if state.end != nil { return (true, nil) }
            let cost = size + Self.messageOverhead + message.events.count * Self.eventOverhead
            // A message that is too long by itself is taken all the same: it would be as long the next time.
            if !state.messages.isEmpty, state.bytes + cost > limit {
                state.end = .overflowed
                return (false, nil)
            }
            state.messages.append(message)
            state.bytes += cost
            return (true, state.waiter.take())
        }
    }

    /// Nothing more comes. The waiter is to be resumed.
    func finish(_ end: End) -> Waiter? {
        state.withLock { state in
            if state.end == nil { state.end = end }
            return state.waiter.take()
        }
    }

    // MARK: The consumer's side

    /// Asks for the watcher.
    func create(_ request: [UInt8]) { stream.create(watcher, request) }

    func requestProgress() { stream.requestProgress() }

    /// Whose token the stream was opened with.
    var login: UInt64? { stream.login }

    /// The watcher isn't wanted any more.
    func close() {
        let waiter = finish(.broken(nil))
        waiter?.resume()
        state.withLock { $0.messages = [] }
        stream.leave(watcher)
    }

    /// All messages that have come since the last call.
    func takeMessages() -> [WatchMessage] {
        state.withLock { state in
            if state.messages.isEmpty { return [] }
            defer { (state.messages, state.bytes) = ([], 0) }
            return state.messages
        }
    }

    /// Waits until there is a message or the end. May return early, so that who finds nothing waits again.
    ///
    /// Each event that comes alone takes this way; as part of its caller it takes no frame of its own.
    @inline(__always)
    func wait() async -> News {
        let news = state.withLock { state -> News? in state.messages.isEmpty ? state.end.map { .end($0) } : .something }
        if let news { return news }
        if Task.isCancelled { return .cancelled }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.messages.isEmpty, state.end == nil, !Task.isCancelled else { return false }
                    state.waiter = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
        return .something
    }
}
