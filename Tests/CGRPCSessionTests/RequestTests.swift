//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

@Suite("Requests of a session")
struct RequestTests {
    @Test("A call's headers are those of gRPC, and a token is never indexed")
    func headers() throws {
        let pair = try SessionPair()
        #expect(pair.start(metadata: [("token", "secret", sensitive: true), ("hasleader", "true", sensitive: false)]).result == GRPC_SESSION_OK)
        #expect(pair.pump())
        let lines = pair.requestHeaders.split(separator: "\n")
        #expect(
            lines == [
                ":method: POST", ":scheme: https", ":path: /test.Service/Method", ":authority: server.test:2379", "te: trailers",
                "content-type: application/grpc", "user-agent: tests", "!token: secret", "hasleader: true",
            ])
        var length = 0
        let body = scripted_server_request_body(pair.server, 1, &length)
        #expect(Array(UnsafeBufferPointer(start: body, count: length)) == [0, 0, 0, 0, 1, 7])
        #expect(scripted_server_request_ended(pair.server, 1))
    }

    @Test(
        "A timeout has at most eight digits and is never shorter than asked",
        arguments: [
            (1, "1n"), (99_999_999, "99999999n"), (100_000_000, "100000u"), (100_000_001, "100001u"), (999_999_999, "1000000u"),
            (1_000_000_000, "1000m"), (4_990_000_001, "5000m"), (5_000_000_000, "5000m"), (3_600_000_000_000, "3600000m"), (UInt64.max, "5124096H"),
        ] as [(UInt64, String)])
    func timeout(nanoseconds: UInt64, text: String) throws {
        let pair = try SessionPair()
        _ = pair.start(timeout: nanoseconds)
        pair.pump()
        let value = pair.requestHeaders.split(separator: "\n").first { $0.contains("grpc-timeout: ") }
        #expect(value.map { $0.drop { $0 != " " }.dropFirst() } == text[...])
    }

    @Test("A timeout goes into the header table when it is used again, and not before")
    func repeatedTimeout() throws {
        let pair = try SessionPair()
        var stream: Int32 = -1
        func sent(_ nanoseconds: UInt64) -> String? {
            _ = pair.start(timeout: nanoseconds)
            pair.pump()
            stream += 2
            let headers = String(cString: scripted_server_request_headers(pair.server, stream))
            return headers.split(separator: "\n").first { $0.contains("grpc-timeout: ") }.map(String.init)
        }
        #expect(sent(5_000_000_000) == "!grpc-timeout: 5000m")
        #expect(sent(2_000_000_000) == "!grpc-timeout: 2000m")
        #expect(sent(4_999_000_000) == "grpc-timeout: 5000m")
        #expect(sent(2_000_000_000) == "grpc-timeout: 2000m")
        for seconds in UInt64(10)..<14 { #expect(sent(seconds * 1_000_000_000) == "!grpc-timeout: \(seconds)000m") }
        #expect(sent(5_000_000_000) == "!grpc-timeout: 5000m")
    }

    @Test(
        "A header that belongs to HTTP or gRPC, or isn't one, is refused before anything is sent",
        arguments: ["te", "grpc-status", ":path", "Token", "content-type", "connection", "", "with space"])
    func reservedHeader(name: String) throws {
        let pair = try SessionPair()
        #expect(pair.start(metadata: [(name, "x", sensitive: false)]).result == GRPC_SESSION_INVALID)
        pair.pump()
        #expect(scripted_server_request_count(pair.server) == 0)
        #expect(grpc_session_open_calls(pair.session) == 0)
    }

    @Test("A value with a line feed is refused")
    func forbiddenValue() throws {
        let pair = try SessionPair()
        #expect(pair.start(metadata: [("name", "a\nb", sensitive: false)]).result == GRPC_SESSION_INVALID)
        #expect(pair.start(path: "no-slash").result == GRPC_SESSION_INVALID)
    }

    @Test("Headers as long as nghttp2 sends at most are sent, and longer ones are refused before anything is sent")
    func longHeaders() throws {
        let pair = try SessionPair()
        func start(_ length: Int) -> grpc_session_result {
            pair.start(message: nil, metadata: [("long", String(repeating: "x", count: length), sensitive: true)]).result
        }
        var (accepted, refused) = (0, 70_000)
        while refused - accepted > 1 {
            let length = (accepted + refused) / 2
            if start(length) == GRPC_SESSION_INVALID { refused = length } else { accepted = length }
        }
        #expect(accepted > 65_000)
        #expect(start(accepted) == GRPC_SESSION_OK)
        let count = grpc_session_open_calls(pair.session)
        pair.pump()
        pair.drain()
        #expect(pair.ends.isEmpty)
        #expect(grpc_session_open_calls(pair.session) == count)
    }

    @Test("A call that may not be sent any more is not the server's refusal")
    func neverAllowed() throws {
        let pair = try SessionPair()
        pair.pump()
        _ = pair.start(1)
        // DATA on stream 0 has the session say GOAWAY before the call's turn comes.
        pair.receive(frame(type: 0, stream: 0, [1]))
        pair.pump()
        pair.drain()
        #expect(
            pair.ends[1]
                == .init(
                    status: 14, sent: false, refused: false, origin: GRPC_SESSION_END_CONNECTION, text: "the connection takes no new calls"))
    }

    @Test("A message longer than the peer's window arrives whole, and the sender hears when it has left")
    func longMessage() throws {
        let pair = try SessionPair()
        let (_, call) = pair.start(unary: false, message: nil)
        let message = [UInt8](repeating: 9, count: 500_000)
        #expect(grpc_session_send(pair.session, call, message, message.count, false) == GRPC_SESSION_OK)
        pair.pump()
        pair.drain()
        #expect(pair.transcript.contains("1 drained 500000"))
        var length = 0
        _ = scripted_server_request_body(pair.server, 1, &length)
        #expect(length == 500_005)
        #expect(!scripted_server_request_ended(pair.server, 1))
        #expect(grpc_session_finish_sending(pair.session, call) == GRPC_SESSION_OK)
        #expect(grpc_session_finish_sending(pair.session, call) == GRPC_SESSION_CLOSED)
        #expect(grpc_session_send(pair.session, call, message, 1, false) == GRPC_SESSION_CLOSED)
        pair.pump()
        #expect(scripted_server_request_ended(pair.server, 1))
    }

    @Test("A cancelled call is reset with CANCEL, reports no event, and its id does nothing any more")
    func cancel() throws {
        let pair = try SessionPair()
        let (_, call) = pair.start(unary: false)
        pair.pump()
        var sent = false
        #expect(grpc_session_cancel(pair.session, call, &sent))
        #expect(sent)
        pair.pump()
        pair.drain()
        #expect(scripted_server_reset_code(pair.server, 1) == 8)
        #expect(pair.ends.isEmpty)
        #expect(!grpc_session_cancel(pair.session, call, &sent))
        #expect(grpc_session_send(pair.session, call, [1], 1, false) == GRPC_SESSION_CLOSED)
        #expect(grpc_session_open_calls(pair.session) == 0)
        // The place is used again, the id isn't.
        let (_, next) = pair.start(2)
        #expect(next != call)
        grpc_session_consume(pair.session, call, 100)
        pair.pump()
        #expect(grpc_session_open_calls(pair.session) == 1)
    }

    @Test("A call beyond the peer's limit of streams waits unsent, and says so when the connection is lost")
    func unsent() throws {
        let pair = try SessionPair(maximumConcurrentStreams: 1)
        pair.pump()
        _ = pair.start(1)
        _ = pair.start(2)
        let (_, third) = pair.start(3)
        pair.pump()
        #expect(scripted_server_request_count(pair.server) == 1)
        var sent = true
        #expect(grpc_session_cancel(pair.session, third, &sent))
        #expect(!sent)
        grpc_session_connection_lost(pair.session, "gone")
        pair.drain()
        #expect(pair.ends[1] == .init(status: 14, sent: true, refused: false, origin: GRPC_SESSION_END_CONNECTION, text: "gone"))
        #expect(pair.ends[2] == .init(status: 14, sent: false, refused: false, origin: GRPC_SESSION_END_CONNECTION, text: "gone"))
        #expect(pair.start(4).result == GRPC_SESSION_FAILED)
    }

    /// Starts calls and cancels them at once, until no more can be started or there were so many.
    private static func abandon(_ count: Int, _ pair: SessionPair, afterPump: Bool = false) -> Int {
        for number in 0..<count {
            let (result, call) = pair.start(100)
            if result != GRPC_SESSION_OK { return number }
            if afterPump { pair.pump() }
            var sent = false
            _ = grpc_session_cancel(pair.session, call, &sent)
            #expect(sent == afterPump)
        }
        return count
    }

    @Test("A session that a thousand calls wait in which were cancelled takes no more, until the peer lets them pass")
    func abandoned() throws {
        let pair = try SessionPair(maximumConcurrentStreams: 1)
        pair.pump()
        #expect(Self.abandon(100, pair, afterPump: true) == 100, "what was sent doesn't wait")
        pair.pump()
        let (_, held) = pair.start(1)
        pair.pump()
        #expect(Self.abandon(600, pair) == 600)
        #expect(Self.abandon(600, pair) == 400)
        #expect(pair.start(2).result == GRPC_SESSION_GOING_AWAY)
        #expect(grpc_session_open_calls(pair.session) == 1)
        var sent = false
        #expect(grpc_session_cancel(pair.session, held, &sent))
        pair.pump()
        let (_, next) = pair.start(3)
        pair.pump()
        #expect(Self.abandon(1200, pair) == 1000)
        #expect(grpc_session_cancel(pair.session, next, &sent) && sent)
        #expect(pair.ends.isEmpty)
    }

    @Test("A GOAWAY ends what was not sent as unsent, what is above it as refused, and lets the rest finish")
    func goAway() throws {
        let pair = try SessionPair(maximumConcurrentStreams: 2)
        pair.pump()
        for number in 1...3 { _ = pair.start(UInt64(number)) }
        pair.pump()
        scripted_server_goaway(pair.server, 1, 0, "graceful_stop")
        pair.pump()
        #expect(pair.ends[1] == nil)
        #expect(pair.ends[2]?.refused == true)
        #expect(pair.ends[2]?.sent == true)
        #expect(pair.ends[3]?.sent == false)
        #expect(pair.start(4).result == GRPC_SESSION_GOING_AWAY)
        pair.headers(1)
        pair.data(1, framed([1]))
        pair.trailers(1, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.ends[1]?.status == 0)
    }
}
