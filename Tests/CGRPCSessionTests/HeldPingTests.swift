//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

@Suite("Pings of the server that its client may let wait")
struct HeldPingTests {
    private static func pings(_ frames: [ClientFrames.Frame]) -> [[UInt8]] { frames.filter { $0.type == 6 && $0.flags == 1 }.map(\.payload) }

    private static let first: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    private static let second: [UInt8] = [8, 7, 6, 5, 4, 3, 2, 1]

    private static func pair() throws -> SessionPair {
        let pair = try SessionPair(holdsPings: true)
        pair.pump()
        return pair
    }

    @Test("One is answered when the owner says so, with what it carried, and only once")
    func held() throws {
        let pair = try Self.pair()
        pair.receive(Frames.ping(Self.first))
        #expect(grpc_session_holds_ping(pair.session))
        #expect(!grpc_session_has_output(pair.session))
        #expect(pair.takeFrames().isEmpty)
        grpc_session_answer_ping(pair.session)
        #expect(!grpc_session_holds_ping(pair.session))
        #expect(Self.pings(pair.takeFrames()) == [Self.first])
        grpc_session_answer_ping(pair.session)
        #expect(pair.takeFrames().isEmpty)
    }

    @Test("Calls come and go without an answer")
    func calls() throws {
        let pair = try Self.pair()
        pair.receive(Frames.ping(Self.first))
        for user in 1...3 as ClosedRange<UInt64> {
            let stream = Int32(2 * user - 1)
            _ = pair.start(user)
            pair.pump()
            pair.headers(stream)
            pair.data(stream, framed([1]))
            pair.trailers(stream, "grpc-status: 0\n")
            pair.pump()
            #expect(pair.ends[user]?.status == 0)
        }
        #expect(scripted_server_ping_acks(pair.server) == 0)
        #expect(grpc_session_holds_ping(pair.session))
    }

    @Test("The next has both answered, in the order in which they came")
    func next() throws {
        let pair = try Self.pair()
        pair.receive(Frames.ping(Self.first) + Frames.ping(Self.second))
        #expect(!grpc_session_holds_ping(pair.session))
        #expect(Self.pings(pair.takeFrames()) == [Self.first, Self.second])
        pair.receive(Frames.ping(Self.first))
        #expect(grpc_session_holds_ping(pair.session))
    }

    @Test("A message that waits for the server's window has it answered, before or after it came", arguments: [false, true])
    func blocked(pingsFirst: Bool) throws {
        let pair = try Self.pair()
        if pingsFirst { pair.receive(Frames.ping(Self.first)) }
        _ = pair.start(message: [UInt8](repeating: 7, count: 100_000))
        var frames = pingsFirst ? [] : pair.takeFrames()
        if !pingsFirst {
            #expect(Self.pings(frames).isEmpty)
            pair.receive(Frames.ping(Self.first))
        }
        #expect(grpc_session_has_output(pair.session))
        frames += pair.takeFrames()
        #expect(Self.pings(frames) == [Self.first])
        #expect(frames.filter { $0.type == 0 }.map(\.payload.count).reduce(0, +) == 65535)
    }

    @Test("So it is while a call waits for the server to allow more streams")
    func waitingCall() throws {
        let pair = try SessionPair(maximumConcurrentStreams: 1, holdsPings: true)
        pair.pump()
        _ = pair.start(1)
        _ = pair.start(2)
        _ = pair.takeFrames()
        pair.receive(Frames.ping(Self.first))
        #expect(Self.pings(pair.takeFrames()) == [Self.first])
    }

    @Test("What a cancelled call had to send holds nobody up and hurries nobody")
    func cancelled() throws {
        let pair = try Self.pair()
        let call = pair.start(message: [UInt8](repeating: 7, count: 100_000)).call
        _ = pair.takeFrames()
        var sent = false
        #expect(grpc_session_cancel(pair.session, call, &sent))
        _ = pair.takeFrames()
        pair.receive(Frames.ping(Self.first))
        #expect(pair.takeFrames().isEmpty)
        #expect(grpc_session_holds_ping(pair.session))
    }

    @Test("A server that goes away has its answer, whichever came first", arguments: [false, true])
    func goingAway(pingsFirst: Bool) throws {
        let pair = try Self.pair()
        let ping = Frames.ping(Self.first)
        let goAway = frame(type: 7, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        pair.receive(pingsFirst ? ping + goAway : goAway + ping)
        #expect(grpc_session_has_output(pair.session))
        #expect(Self.pings(pair.takeFrames()) == [Self.first])
    }

    @Test("A session that has failed holds none")
    func failed() throws {
        let pair = try Self.pair()
        pair.receive(Frames.ping(Self.first))
        grpc_session_connection_lost(pair.session, "gone")
        #expect(!grpc_session_holds_ping(pair.session))
        grpc_session_answer_ping(pair.session)
        #expect(pair.takeFrames().isEmpty)
    }

    @Test("A session that wasn't told to hold them answers each at once")
    func atOnce() throws {
        let pair = try SessionPair()
        pair.pump()
        pair.receive(Frames.ping(Self.first))
        #expect(!grpc_session_holds_ping(pair.session))
        #expect(Self.pings(pair.takeFrames()) == [Self.first])
    }
}
