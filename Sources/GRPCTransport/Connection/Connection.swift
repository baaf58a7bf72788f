//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// What tasks ask of a connection's event loop.
enum ConnectionCommand {
    case start(TransportCall, message: [UInt8]?)
    case send(TransportCall, [UInt8])
    case finishSending(TransportCall)
    case consume(TransportCall, Int)
    case cancel(TransportCall)
}

/// One HTTP/2 connection as tasks see it: a mailbox that its event loop empties.
final class Connection: Sendable {
    private struct Mailbox {
        var commands: [ConnectionCommand] = []
        var isScheduled = false
        var isUsable = true
        var movesStreams = false
        var isClosed = false
    }

    let endpoint: GRPCEndpoint
    /// Whose calls it carries, and where the pool keeps that lane.
    let route: Route
    let laneID: LaneID
    /// The version of the TLS files that it was made with; nil without TLS.
    let credentials: Int?
    let channel: any Channel
    private let handler: NIOLoopBound<ConnectionHandler>
    private let mailbox = Mutex(Mailbox())

    init(endpoint: GRPCEndpoint, route: Route, laneID: LaneID, credentials: Int?, channel: any Channel, handler: ConnectionHandler) {
        self.endpoint = endpoint
        self.route = route
        self.laneID = laneID
        self.credentials = credentials
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Whether new calls may be started: it is neither closed nor has the server announced to leave.
    var isUsable: Bool { mailbox.withLock { $0.isUsable } }

    /// Whether it was retired with its streams: those that can move were told to.
    var movesStreams: Bool { mailbox.withLock { $0.movesStreams } }

    /// Whether its calls have ended for good.
    var isClosed: Bool { mailbox.withLock { $0.isClosed } }

    /// Hands a command to the event loop. Commands of one tick are carried out, and their output written, together.
    func submit(_ command: ConnectionCommand) {
        let (wakes, isClosed) = mailbox.withLock { mailbox in
            if mailbox.isClosed { return (false, true) }
            mailbox.commands.append(command)
            defer { mailbox.isScheduled = true }
            return (!mailbox.isScheduled, false)
        }
        if isClosed { refuse(command) }
        if wakes { channel.eventLoop.execute { self.handler.value.runCommands() } }
    }

    /// Has the event loop carry out commands, and write, after what it has to do already.
    func scheduleTick() {
        let wakes = mailbox.withLock { mailbox in
            defer { mailbox.isScheduled = true }
            return !mailbox.isScheduled && !mailbox.isClosed
        }
        if wakes { channel.eventLoop.execute { self.handler.value.runCommands() } }
    }

    /// Has commands wait for ``takeCommands(into:)``, which is to follow soon, rather than for a turn of the event loop. To be called on it.
    func holdTick() { mailbox.withLock { $0.isScheduled = true } }

    /// Swaps the commands that wait for an empty array, whose memory is used again.
    func takeCommands(into commands: inout [ConnectionCommand]) {
        mailbox.withLock { mailbox in
            mailbox.isScheduled = false
            swap(&mailbox.commands, &commands)
        }
    }

    /// No new calls from here on.
    func markUnusable() { mailbox.withLock { $0.isUsable = false } }

    /// Nothing at all from here on: what waits, and what still comes, did not leave this process.
    func markClosed() {
        let commands = mailbox.withLock { mailbox in
            mailbox.isUsable = false
            mailbox.isClosed = true
            let commands = mailbox.commands
            mailbox.commands = []
            return commands
        }
        for command in commands { refuse(command) }
    }

    // Only a start can leave somebody waiting; all other calls got their end from the session.
    private func refuse(_ command: ConnectionCommand) {
        guard case .start(let call, _) = command else { return }
        call.fail(
            GRPCError(
                code: .unavailable, message: "the connection closed before the call was sent", disposition: .notSent, origin: .connection,
                endpoint: endpoint))
    }

    /// No new calls: closes the connection once the open ones have ended. Streams that can move are told to, if asked for, now or later.
    func retire(movesStreams: Bool) {
        mailbox.withLock { mailbox in
            mailbox.isUsable = false
            if movesStreams { mailbox.movesStreams = true }
        }
        channel.eventLoop.execute { self.handler.value.retire(movesStreams: movesStreams) }
    }

    /// A stream's owner found out that nothing comes any more.
    func reportWedged() { channel.eventLoop.execute { self.handler.value.wedged() } }

    /// Says good-bye and closes the channel; open calls end.
    func shutDown() { channel.eventLoop.execute { self.handler.value.shutDown() } }
}
