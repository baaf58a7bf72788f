//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

/// Bytes that no peer should send. Named, so that a test's output isn't full of them.
struct Attack: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// HEADERS and CONTINUATIONs, none of which is the last.
    static let endlessHeaders: [UInt8] =
        frame(type: 1, stream: 1, [0x88]) + (0..<1000).flatMap { _ in frame(type: 9, stream: 1, [0x00, 0x01, 0x61, 0x01, 0x62]) }
}

@Suite("A peer that misbehaves")
struct HostilePeerTests {

    @Test(
        "A broken protocol ends all calls, and the session says GOAWAY once and no more",
        arguments: [
            Attack("data on stream 0", frame(type: 0, stream: 0, [1])),
            Attack("headers on an even stream", frame(type: 1, flags: 4, stream: 2, [0x88])),
            Attack("settings of five bytes", frame(type: 4, [0, 0, 0, 0, 0])),
            Attack("a push promise", frame(type: 5, flags: 4, stream: 1, [0, 0, 0, 2, 0x88])),
            Attack("a frame beyond the size", frame(type: 0, stream: 1, [UInt8](repeating: 0, count: 20_000))),
            Attack("a window overflow", frame(type: 8, stream: 0, [0x7f, 0xff, 0xff, 0xff])),
            Attack("invalid HPACK", frame(type: 1, flags: 4, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
            Attack("a ping of seven bytes", frame(type: 6, [1, 2, 3, 4, 5, 6, 7])),
            Attack("data with more padding than bytes", frame(type: 0, flags: 8, stream: 1, [200, 1, 2])),
            Attack("headers with more padding than bytes", frame(type: 1, flags: 4 | 8, stream: 1, [200, 0x88])),
            Attack("settings on a stream", frame(type: 4, stream: 1, [0, 3, 0, 0, 0, 1])),
            Attack("a window of more than two gigabytes", frame(type: 4, [0, 4, 0xff, 0xff, 0xff, 0xff])),
            Attack("a continuation of nothing", frame(type: 9, flags: 4, stream: 1, [0x88])),
            Attack("an HPACK table beyond what was allowed", frame(type: 1, flags: 4, stream: 1, [0x3f, 0xe1, 0xff, 0xff, 0x7f, 0x88])),
            Attack("an HPACK integer that overflows", frame(type: 1, flags: 4, stream: 1, [0x7f] + [UInt8](repeating: 0xff, count: 12))),
            Attack("an HPACK string of invalid Huffman code", frame(type: 1, flags: 4, stream: 1, [0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, 0x61])),
            Attack("headers without end", Attack.endlessHeaders),
            Attack("a rising GOAWAY", frame(type: 7, [0, 0, 0, 1, 0, 0, 0, 0]) + frame(type: 7, [0, 0, 0, 5, 0, 0, 0, 0])),
        ])
    func brokenProtocol(attack: Attack) throws {
        let pair = try SessionPair()
        _ = pair.start(1)
        pair.pump()
        pair.receive(attack.bytes)
        pair.pump()
        pair.drain()
        #expect(pair.ends[1]?.status == 14)
        #expect(pair.ends[1]?.sent == true)
        #expect(grpc_session_has_failed(pair.session))
        #expect(pair.transcript.last == "failed")
        #expect(grpc_session_open_calls(pair.session) == 0)
    }

    @Test(
        "A stream that breaks HTTP/2 is reset here, which is told from a reset by the peer",
        arguments: [
            (
                Attack(
                    "data beyond the window",
                    Frames.headers(1, Frames.okBlock) + (0..<5).flatMap { _ in Frames.data(1, [UInt8](repeating: 0, count: 16_384)) }), 3
            ),
            (
                Attack(
                    "less data than announced",
                    Frames.headers(1, Frames.okBlock + Frames.field("content-length", "100")) + Frames.data(1, framed([1]), end: true)), 1
            ),
        ] as [(Attack, Int64)])
    func brokenStream(attack: Attack, code: Int64) throws {
        let pair = try SessionPair()
        pair.consumes = false
        _ = pair.start(1, unary: false)
        _ = pair.start(2, unary: false)
        pair.pump()
        pair.receive(attack.bytes)
        pair.pump()
        pair.drain()
        #expect(pair.ends[1]?.status == 13)
        #expect(pair.ends[1]?.origin == GRPC_SESSION_END_VIOLATION)
        #expect(pair.ends[1]?.reset == false)
        #expect(scripted_server_reset_code(pair.server, 1) == code)
        #expect(pair.ends[2] == nil)
        #expect(!grpc_session_has_failed(pair.session))
    }

    @Test("A reset by the peer says so")
    func reset() throws {
        let pair = try SessionPair()
        _ = pair.start(1)
        pair.pump()
        scripted_server_reset(pair.server, 1, 2)
        pair.pump()
        #expect(pair.ends[1]?.reset == true)
        #expect(pair.ends[1]?.origin == GRPC_SESSION_END_PEER)
    }

    @Test("Bytes that aren't HTTP/2 end the session")
    func notHTTP2() throws {
        let pair = try SessionPair()
        _ = pair.start(1)
        pair.receive(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        pair.pump()
        pair.drain()
        #expect(grpc_session_has_failed(pair.session))
        #expect(pair.ends[1]?.status == 14)
    }

    @Test("Unknown frames and settings are ignored")
    func unknownFrames() throws {
        let pair = try SessionPair()
        _ = pair.start(1)
        pair.pump()
        pair.receive(frame(type: 0x0a, [1, 2, 3]) + frame(type: 0x0c, [0]) + frame(type: 0xf0, flags: 0xff, stream: 1, [9]))
        pair.headers()
        pair.data(1, framed([1]))
        pair.trailers(1, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.ends[1]?.status == 0)
        pair.receive(frame(type: 4, [0, 0x99, 0, 0, 0, 1]))
        #expect(!grpc_session_has_failed(pair.session))
    }

    @Test(
        "A flood of frames that further no call ends the session",
        arguments: [
            Attack("pings", frame(type: 6, [UInt8](repeating: 0, count: 8))),
            Attack("settings", frame(type: 4)),
            Attack("window updates", frame(type: 8, [0, 0, 0, 1])),
            Attack("empty data", frame(type: 0, stream: 1)),
            Attack("resets", frame(type: 3, stream: 1, [0, 0, 0, 8])),
        ], [false, true])
    func flood(attack: Attack, holdsPings: Bool) throws {
        let pair = try SessionPair(maximumIdleFrames: 200, holdsPings: holdsPings)
        _ = pair.start(1, unary: false)
        _ = pair.start(2, unary: false)
        pair.pump()
        pair.headers(1)
        pair.pump()
        for _ in 0..<300 {
            pair.receive(attack.bytes)
            // Acknowledgements leave at once, so they are not what stops the flood.
            var sink = [UInt8](repeating: 0, count: 4096)
            while grpc_session_take_output(pair.session, &sink, sink.count) > 0 {}
        }
        pair.drain()
        #expect(grpc_session_has_failed(pair.session))
        #expect(pair.ends[2]?.status == 14)
    }

    @Test(
        "Frames that want an answer don't fill the queue of a session whose output nobody takes",
        arguments: [Attack("pings", frame(type: 6, [UInt8](repeating: 0, count: 8))), Attack("settings", frame(type: 4))], [false, true])
    func unsentAnswers(attack: Attack, holdsPings: Bool) throws {
        let pair = try SessionPair(maximumIdleFrames: 1_000_000, holdsPings: holdsPings)
        _ = pair.start(1, unary: false)
        pair.pump()
        let many = Array(repeating: attack.bytes, count: 1000).flatMap { $0 }
        for _ in 0..<100 where !grpc_session_has_failed(pair.session) { pair.receive(many) }
        pair.drain()
        #expect(grpc_session_has_failed(pair.session))
        #expect(pair.ends[1]?.status == 14)
    }

    @Test("Data after the end of a stream reaches no call")
    func dataAfterEnd() throws {
        let pair = try SessionPair()
        _ = pair.start(1)
        pair.pump()
        pair.headers()
        pair.data(1, framed([1]))
        pair.trailers(1, "grpc-status: 0\n")
        pair.pump()
        pair.receive(frame(type: 0, stream: 1, framed([9])))
        pair.pump()
        #expect(pair.messages == [[1]])
        #expect(pair.ends[1]?.status == 0)
        #expect(pair.transcript.count { $0.contains("ended") } == 1)
    }

    @Test("Pings between useful frames are no flood, and all are answered")
    func busyPings() throws {
        let pair = try SessionPair(maximumIdleFrames: 20)
        _ = pair.start(1, unary: false)
        pair.pump()
        pair.headers(1)
        for _ in 0..<100 {
            scripted_server_ping(pair.server)
            pair.data(1, framed([1]))
            pair.pump()
        }
        #expect(!grpc_session_has_failed(pair.session))
        #expect(scripted_server_ping_acks(pair.server) == 100)
        #expect(pair.messages.count == 100)
    }

    @Test("A row of pings that takes its time is no flood; one that comes at once is, at any time")
    func slowPings() throws {
        let pair = try SessionPair(maximumIdleFrames: 200, idleFramesPeriod: 1000)
        _ = pair.start(1, unary: false)
        pair.pump()
        func ping(at time: UInt64) {
            grpc_session_set_time(pair.session, time)
            scripted_server_ping(pair.server)
            pair.pump()
        }
        for number in 1...1000 as ClosedRange<UInt64> { ping(at: number * 10) }
        #expect(!grpc_session_has_failed(pair.session))
        #expect(scripted_server_ping_acks(pair.server) == 1000)
        for _ in 0...200 { ping(at: 10_000) }
        #expect(grpc_session_has_failed(pair.session))
        #expect(pair.ends[1]?.status == 14)
    }

    @Test("Our ping is one at a time and comes back with what it carried")
    func ping() throws {
        let pair = try SessionPair()
        pair.pump()
        #expect(grpc_session_ping(pair.session, 42) == GRPC_SESSION_OK)
        #expect(grpc_session_ping(pair.session, 43) == GRPC_SESSION_CLOSED)
        pair.pump()
        #expect(pair.transcript == ["ready", "pong 42"])
        #expect(grpc_session_ping(pair.session, 44) == GRPC_SESSION_OK)
        #expect(scripted_server_pings(pair.server) == 1)
    }

    @Test("Many small messages in one read come in portions without loss")
    func manyMessages() throws {
        let pair = try SessionPair(window: 1 << 20)
        _ = pair.start(1, unary: false)
        pair.pump()
        pair.headers(1)
        pair.pump()
        let count = 16384 / 5
        let body = [UInt8](repeating: 0, count: count * 5)
        let frames = Array(repeating: frame(type: 0, stream: 1, body), count: 20).flatMap { $0 }
        #expect(grpc_session_receive(pair.session, frames, frames.count) < frames.count)
        pair.drain()
        let rest = pair.messages.count
        #expect(rest >= 1024 && rest < 3 * count)
    }
}
