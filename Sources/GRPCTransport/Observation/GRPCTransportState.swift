//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How a ``GRPCTransport`` stands with its endpoints. Connections for calls that name their endpoint don't count.
public enum GRPCTransportState: Sendable, Hashable {
    /// There is no connection, and no call has asked for one.
    case idle
    /// Calls wait for the first connection; no attempt has failed.
    case connecting
    /// Every call finds a connection. To which endpoints there are any.
    case ready([GRPCEndpoint])
    /// There are connections, but some calls wait for another, or an endpoint in use does badly and there is no better one.
    case degraded([GRPCEndpoint], reason: String)
    /// Calls wait, there is no connection, and attempts fail: the last one for this reason.
    case disconnected(reason: String)
    /// The transport has ended.
    case shutDown
}

/// The states of a ``GRPCTransport``: the current one first, then each change.
///
/// Who looks late sees the latest state, not those that it missed. Any number of observers may look; one that doesn't costs nothing. Ends after
/// ``GRPCTransportState/shutDown``, or when the observing task is cancelled.
public struct GRPCTransportStates: AsyncSequence, Sendable {
    /// A state.
    public typealias Element = GRPCTransportState
    /// Observing doesn't fail.
    public typealias Failure = Never

    let board: StateBoard

    /// One observer.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let board: StateBoard
        private var seen: UInt64 = 0

        init(board: StateBoard) { self.board = board }

        /// The latest state that this observer has not seen; waits for one.
        public mutating func next() async -> GRPCTransportState? { await next(isolation: nil) }

        /// The latest state that this observer has not seen; waits for one.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> GRPCTransportState? {
            guard let (state, version) = await board.next(after: seen, isolation: actor) else { return nil }
            seen = version
            return state
        }
    }

    /// A new observer.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(board: board) }
}
