//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTestSupport
import Synchronization

/// How a server takes leave of a connection.
enum Leave: CaseIterable {
    /// First that it will go, then, when all is there that was under way, with which call.
    case graceful
    /// The same, but the second time it takes back some of what came.
    case takenBack
    /// At once, with a last stream somewhere among those that came.
    case immediate
    /// With an error's code, at once.
    case withError
    /// While nothing is open.
    case idle
    /// With a last stream that rises, which breaks the connection.
    case rising
    /// And the connection is cut before all is answered.
    case cut

    /// Whether calls that were taken may be lost by it.
    var breaks: Bool { self == .rising || self == .cut }
}

/// A server's side of connections that it leaves in one way or another, answering what it took. One at a time drives it.
final class LeavingServer: Sendable {
    private struct Open {
        var stream: UInt32
        var call: UInt32
        var isStream: Bool
        var messages: UInt32 = 0
    }

    private struct Line {
        let connection: RawServer.Connection
        var leave: Leave?
        /// How many calls come before it leaves.
        var patience: Int
        var open: [Open] = []
        /// Calls above it are none of ours.
        var last = UInt32.max
        var highest: UInt32 = 0
        var highestAnswered: UInt32 = 0
        var hasBegunLeave = false
        var isLeft = false
    }

    private struct State {
        var lines: [Line] = []
        var random: SeededRandom
        var leaves: Int
    }

    private let ledger: CallLedger
    private let kinds: [Leave]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - leaves: so many connections are left, those after them stay.
    init(_ ledger: CallLedger, leaves: Int, by kinds: [Leave], _ random: SeededRandom) {
        self.ledger = ledger
        self.kinds = kinds
        state = Mutex(State(random: random, leaves: leaves))
    }

    /// How many streams are open on connections that stay.
    var settledStreams: Int {
        state.withLock { $0.lines.filter { !$0.hasBegunLeave && $0.connection.isOpen }.flatMap(\.open).count { $0.isStream } }
    }

    /// Connections that were left, whose calls have all ended, and which the client still holds.
    var heldConnections: Int { state.withLock { $0.lines.count { $0.hasBegunLeave && $0.open.isEmpty && $0.connection.isOpen } } }

    /// Where the connections stand.
    var report: String {
        state.withLock { state in
            state.lines.map { line in
                let leave = line.leave.map { "\($0)" } ?? "stays"
                return """
                    \(leave)\(line.hasBegunLeave ? " begun" : "")\(line.isLeft ? " done" : "")\(line.connection.isOpen ? "" : " closed"), \
                    last \(line.last), highest \(line.highest), open \(line.open.map { ($0.stream, $0.isStream) })
                    """
            }.joined(separator: "; ")
        }
    }

    func take(_ connection: RawServer.Connection, _ request: RawServer.Request) {
        state.withLock { state in
            let index = line(of: connection, &state)
            let call = request.message[..<4].reduce(0) { $0 << 8 | UInt32($1) }
            guard request.stream <= state.lines[index].last else { return ledger.refuse(call) }
            ledger.accept(call)
            state.lines[index].highest = max(state.lines[index].highest, request.stream)
            state.lines[index].open.append(Open(stream: request.stream, call: call, isStream: request.message[4] == 1))
            guard request.message[4] == 1 else { return }
            // What has begun to be answered can't be taken back.
            state.lines[index].highestAnswered = max(state.lines[index].highestAnswered, request.stream)
            connection.write(Frames.headers(request.stream, Frames.okBlock))
        }
    }

    private func line(of connection: RawServer.Connection, _ state: inout State) -> Int {
        if let known = state.lines.firstIndex(where: { $0.connection === connection }) { return known }
        let leave = state.leaves > 0 ? state.random.pick(kinds) : nil
        if leave != nil { state.leaves -= 1 }
        state.lines.append(Line(connection: connection, leave: leave, patience: Int.random(in: 1...40, using: &state.random)))
        return state.lines.count - 1
    }

    /// Does a little of what there is to do: answers some calls, says something on some streams, leaves a connection whose time has come.
    func step() {
        state.withLock { state in
            for index in state.lines.indices where !state.lines[index].isLeft {
                answerSome(&state.lines[index], &state.random)
                speak(&state.lines[index], &state.random)
                if state.random.chance(40) { leave(&state.lines[index], &state.random) }
            }
        }
    }

    /// Answers all that is open, streams too.
    func finish() {
        state.withLock { state in
            for index in state.lines.indices {
                while !state.lines[index].open.isEmpty { answer(0, &state.lines[index]) }
            }
        }
    }

    private func answerSome(_ line: inout Line, _ random: inout SeededRandom) {
        // Streams stay open, unless their connection is to be empty at last.
        let isLast = line.hasBegunLeave && line.leave != .cut && line.leave != .rising
        for index in line.open.indices.reversed() where !line.open[index].isStream || isLast && random.chance(20) {
            if random.chance(50) { answer(index, &line) }
        }
        if isLast, line.last < .max / 2, line.open.isEmpty, random.chance(30) {
            line.isLeft = true
            // Or the client closes it, which has nothing to do with it any more.
            if random.chance(50) { line.connection.close() }
        }
    }

    private func answer(_ index: Int, _ line: inout Line) {
        let open = line.open.remove(at: index)
        ledger.answer(open.call)
        line.highestAnswered = max(line.highestAnswered, open.stream)
        if open.isStream {
            line.connection.write(Frames.trailers(open.stream))
        } else {
            line.connection.write(Frames.answer(open.stream, bytes(of: open.call)))
        }
    }

    private func speak(_ line: inout Line, _ random: inout SeededRandom) {
        for index in line.open.indices where line.open[index].isStream && random.chance(30) {
            line.connection.write(Frames.data(line.open[index].stream, framed(bytes(of: line.open[index].messages))))
            line.open[index].messages += 1
        }
    }

    private func leave(_ line: inout Line, _ random: inout SeededRandom) {
        guard let leave = line.leave, line.open.count + Int(line.highest / 2) >= line.patience || line.hasBegunLeave else { return }
        switch leave {
        case .graceful, .takenBack:
            guard line.hasBegunLeave else { return say(.max / 2, 0, "graceful_stop", &line) }
            guard line.last == .max / 2 else { return }
            say(leave == .graceful ? line.highest : somewhere(line, &random), 0, "", &line)
        case .immediate, .withError:
            guard !line.hasBegunLeave else { return }
            let code: UInt32 = leave == .immediate ? 0 : random.pick([1, 2, 3, 5, 11, 99])
            say(somewhere(line, &random), code, code == 11 ? "too_many_pings" : "", &line)
        case .idle:
            // It comes when the last call was answered, if ever.
            guard !line.hasBegunLeave, line.open.isEmpty else { return }
            say(line.highest, 0, "graceful_stop", &line)
        case .rising:
            if !line.hasBegunLeave { return say(somewhere(line, &random), 0, "", &line) }
            lose(&line)
            line.connection.write(Frames.goAway(line.last + 2))
        case .cut:
            if !line.hasBegunLeave { say(somewhere(line, &random), random.pick([0, 2]), "", &line) }
            guard random.chance(50) else { return }
            lose(&line)
            line.connection.close()
        }
    }

    /// A stream that is still open, or one of those before it; never below one that was answered.
    private func somewhere(_ line: Line, _ random: inout SeededRandom) -> UInt32 {
        max(line.highestAnswered, random.pick(line.open.map(\.stream) + [0, line.highest]))
    }

    private func say(_ last: UInt32, _ code: UInt32, _ text: String, _ line: inout Line) {
        line.hasBegunLeave = true
        line.last = last
        for open in line.open where open.stream > last { ledger.refuse(open.call) }
        line.open.removeAll { $0.stream > last }
        line.connection.write(Frames.goAway(last, code, text))
    }

    private func lose(_ line: inout Line) {
        for open in line.open { ledger.lose(open.call) }
        line.open = []
        line.isLeft = true
        line.last = min(line.last, line.highest)
    }

    private func bytes(of number: UInt32) -> [UInt8] { (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } }
}
