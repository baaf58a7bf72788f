//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Who wants to know what becomes of connections. Called on their event loops.
protocol ConnectionObserver: Sendable {
    /// New calls need another connection.
    func connectionUnusable(_ connection: Connection, because cause: ConnectionCause)
    /// It is closed, and its calls have ended.
    func connectionClosed(_ connection: Connection, because cause: ConnectionCause, reason: String)
    /// The server complained about a connection's pings, which came after this much silence.
    func pingedTooOften(_ endpoint: GRPCEndpoint, after interval: TimeAmount)
    /// Several calls in a row failed in a way that may be the server's fault.
    func callsFailed(on connection: Connection, because reason: String)
    /// Calls have waited for so long and none got an answer, though the connection lives.
    func callsWait(on connection: Connection, for time: TimeAmount)
    /// A unary call succeeded after this time, or has taken so long already.
    func measured(_ latency: TimeAmount, on connection: Connection)
}

/// Why a connection takes no new calls.
enum ConnectionCause: String, Sendable {
    /// It broke: by the peer, the network or the protocol.
    case broken
    /// It did not answer a ping.
    case silent = "ping timeout"
    /// It answered pings and no calls.
    case wedged
    /// The server announced to leave.
    case goingAway = "goaway"
    /// We have no use for it any more.
    case retired
}

/// Why a connection could not be made or kept.
struct ConnectionFailure: Error, CustomStringConvertible {
    /// What kind of failure it is, for metrics and logs.
    enum Kind: String, Sendable {
        case connect
        case setup
        case tls
        /// The configuration, or the files that it names.
        case settings
    }

    var kind: Kind
    var reason: String
    var description: String { reason }

    /// Whether trying again is pointless until somebody changes something.
    var isLasting: Bool { kind == .tls || kind == .settings }
}
