//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

@Suite("Responses to a session")
struct ResponseTests {
    private func answered(_ body: (SessionPair) -> Void) throws -> SessionPair {
        let pair = try SessionPair()
        _ = pair.start()
        pair.pump()
        body(pair)
        pair.pump()
        return pair
    }

    @Test(
        "Trailers that name no valid status give UNKNOWN",
        arguments: [
            "x: y\n", "grpc-status: \n", "grpc-status: OK\n", "grpc-status: 999\n", "grpc-status: 17\n", "grpc-status: -1\n",
            "grpc-status: 0\ngrpc-status: 5\n", "grpc-status: +5\n", "grpc-status: 000\n",
        ])
    func malformedStatus(trailers: String) throws {
        let pair = try answered {
            $0.headers()
            $0.data(1, framed([1]))
            $0.trailers(1, trailers)
        }
        #expect(pair.ends[1]?.status == 2)
        #expect(pair.ends[1]?.origin == GRPC_SESSION_END_PEER)
        #expect(grpc_session_open_calls(pair.session) == 0)
    }

    @Test("A stream that ends without trailers has no status", arguments: [true, false])
    func noTrailers(withMessage: Bool) throws {
        let pair = try answered {
            $0.headers()
            $0.data(1, withMessage ? framed([1]) : [], end: true)
        }
        #expect(pair.ends[1]?.status == 2)
    }

    @Test(
        "An HTTP answer that isn't gRPC is mapped from its status",
        arguments: [(400, 13), (401, 16), (403, 7), (404, 12), (405, 2), (429, 14), (502, 14), (503, 14), (504, 14), (500, 2)] as [(Int, Int32)])
    func httpStatus(http: Int, status: Int32) throws {
        let pair = try answered {
            $0.headers(1, ":status: \(http)\ncontent-type: text/html\n")
            $0.data(1, [UInt8](repeating: 60, count: 200_000), end: true)
        }
        #expect(pair.ends[1]?.status == status)
        #expect(pair.ends[1]?.text.contains("\(http)") == true)
        #expect(pair.messages.isEmpty)
        #expect(scripted_server_reset_code(pair.server, 1) == 8)
    }

    @Test(
        "A content type other than gRPC's ends the call",
        arguments: [("text/html", false), ("application/grpcx", false), ("application/grpc+proto", true), ("application/grpc;charset=utf-8", true)])
    func contentType(type: String, accepted: Bool) throws {
        let pair = try answered {
            $0.headers(1, ":status: 200\ncontent-type: \(type)\n")
            $0.data(1, framed([1]))
            $0.trailers(1, "grpc-status: 0\n")
        }
        #expect(pair.ends[1]?.status == (accepted ? 0 : 2))
    }

    @Test(
        "A reset stream is mapped from its code",
        arguments: [(0, 13), (1, 13), (2, 13), (7, 14), (8, 1), (11, 8), (12, 7), (77, 13)] as [(UInt32, Int32)])
    func reset(code: UInt32, status: Int32) throws {
        let pair = try answered { scripted_server_reset($0.server, 1, code) }
        #expect(pair.ends[1]?.status == status)
        #expect(pair.ends[1]?.refused == (code == 7))
        #expect(pair.ends[1]?.sent == true)
    }

    enum Stage: CaseIterable {
        case beforeHeaders
        case afterHeaders
        case insideMessage
        case afterMessage
        case afterTrailers
    }

    @Test(
        "A reset is mapped by its code whenever it comes, refuses nothing once an answer began, and changes nothing after the trailers",
        arguments: Stage.allCases, Array(0...13) + [77] as [UInt32])
    func resetAtStage(stage: Stage, code: UInt32) throws {
        let pair = try answered { pair in
            if stage == .beforeHeaders { return }
            pair.headers()
            if stage == .insideMessage { pair.data(1, Array(framed([1, 2, 3]).prefix(6))) }
            if stage == .afterMessage || stage == .afterTrailers { pair.data(1, framed([1, 2, 3])) }
            if stage == .afterTrailers { pair.trailers(1, "grpc-status: 0\n") }
        }
        pair.receive(frame(type: 3, stream: 1, [0, 0, 0, UInt8(code)]))
        pair.pump()
        let mapped: [UInt32: Int32] = [7: 14, 8: 1, 11: 8, 12: 7]
        #expect(pair.ends[1]?.status == (stage == .afterTrailers ? 0 : mapped[code] ?? 13))
        #expect(pair.ends[1]?.refused == (code == 7 && stage == .beforeHeaders))
        #expect(pair.ends[1]?.sent == true)
        #expect(pair.transcript.count { $0.contains("ended") } == 1)
        #expect(grpc_session_open_calls(pair.session) == 0)
        #expect(!grpc_session_has_failed(pair.session))
        // The session goes on.
        _ = pair.start(2)
        pair.pump()
        pair.headers(3)
        pair.data(3, framed([1]))
        pair.trailers(3, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.ends[2]?.status == 0)
    }

    @Test("REFUSED_STREAM after an answer began proves nothing")
    func lateRefusal() throws {
        let pair = try answered { pair in
            pair.headers()
            pair.pump()
            scripted_server_reset(pair.server, 1, 7)
        }
        #expect(pair.ends[1]?.status == 14)
        #expect(pair.ends[1]?.refused == false)
    }

    @Test("A reset after the trailers changes nothing")
    func resetAfterTrailers() throws {
        let pair = try answered { pair in
            pair.headers()
            pair.data(1, framed([1]))
            pair.trailers(1, "grpc-status: 0\n")
            pair.pump()
            pair.receive(frame(type: 3, stream: 1, [0, 0, 0, 0]))
        }
        #expect(pair.ends[1]?.status == 0)
        #expect(pair.transcript.count { $0.contains("ended") } == 1)
    }

    @Test("A compressed message ends the call as INTERNAL")
    func compressed() throws {
        let pair = try answered {
            $0.headers()
            $0.data(1, prefix(length: 3, compressed: 1) + [1, 2, 3])
        }
        #expect(pair.ends[1]?.status == 13)
        #expect(pair.ends[1]?.origin == GRPC_SESSION_END_VIOLATION)
        #expect(scripted_server_reset_code(pair.server, 1) == 8)
    }

    @Test("A message announced beyond the limit ends the call before it comes", arguments: [1_048_577, 0xFFFF_FFFF] as [UInt32])
    func tooLong(length: UInt32) throws {
        let pair = try answered {
            $0.headers()
            $0.data(1, prefix(length: length))
        }
        #expect(pair.ends[1]?.status == 8)
        #expect(pair.ends[1]?.text.contains("\(length)") == true)
    }

    @Test("Headers beyond the limit end the call, and the session lives on")
    func tooManyHeaders() throws {
        let pair = try SessionPair()
        _ = pair.start(1)
        _ = pair.start(2)
        pair.pump()
        pair.headers(1, okHeaders + (0..<150).map { "x-\($0): \(String(repeating: "y", count: 100))\n" }.joined())
        pair.headers(3)
        pair.data(3, framed([1]))
        pair.trailers(3, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.ends[1]?.status == 8)
        #expect(pair.ends[2]?.status == 0)
    }

    @Test("A unary call accepts exactly one message", arguments: [0, 2])
    func unaryMessages(count: Int) throws {
        let pair = try answered { pair in
            pair.headers()
            for _ in 0..<count { pair.data(1, framed([1])) }
            pair.trailers(1, "grpc-status: 0\n")
        }
        #expect(pair.ends[1]?.status == 13)
        #expect(pair.ends[1]?.origin == GRPC_SESSION_END_VIOLATION)
    }

    @Test("A message that ends with the stream instead of at its length is INTERNAL")
    func cutMessage() throws {
        let pair = try answered {
            $0.headers()
            $0.data(1, prefix(length: 10) + [1, 2])
            $0.trailers(1, "grpc-status: 0\n")
        }
        #expect(pair.ends[1]?.status == 13)
        #expect(pair.messages.isEmpty)
    }

    @Test(
        "A status message is percent-decoded, and broken encoding is left as it is",
        arguments: [("a%20b", "a b"), ("100%", "100%"), ("%zz", "%zz"), ("%C3%A9", "é"), ("%", "%"), ("%4", "%4")])
    func percentDecoding(encoded: String, text: String) throws {
        let pair = try answered { $0.headers(1, okHeaders + "grpc-status: 3\ngrpc-message: \(encoded)\n", end: true) }
        #expect(pair.ends[1]?.text == text)
        #expect(pair.ends[1]?.status == 3)
    }

    @Test("A long status message is cut at 4 KiB")
    func longStatusMessage() throws {
        let pair = try answered {
            $0.headers(1, okHeaders + "grpc-status: 3\ngrpc-message: \(String(repeating: "m", count: 10_000))\n", end: true)
        }
        #expect(pair.ends[1]?.text.utf8.count == 4096)
    }
}
