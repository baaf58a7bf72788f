//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

@Suite("Flow control of a session")
struct FlowControlTests {
    @Test("A consumer that stops stops its own stream and no other, and goes on where it was")
    func stalledStream() throws {
        let pair = try SessionPair()
        let (_, stalled) = pair.start(1, unary: false)
        pair.pump()
        pair.consumes = false
        pair.headers(1)
        let count = 40
        for _ in 0..<count { pair.data(1, framed([UInt8](repeating: 1, count: 10_000))) }
        pair.pump()
        let before = pair.messages.count
        #expect(before < 10, "65 535 bytes of window and an eighth of slack hold no more")
        #expect(scripted_server_window(pair.server, 1) < 10_005)

        _ = pair.start(2)
        pair.pump()
        pair.headers(3)
        pair.data(3, framed([UInt8](repeating: 2, count: 30_000)))
        pair.trailers(3, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.ends[2]?.status == 0)

        pair.consumes = true
        grpc_session_consume(pair.session, stalled, (pair.messages.count - 1) * 10_005)
        pair.pump()
        #expect(pair.messages.count == count + 1)
    }

    @Test("A message longer than the window comes through, also behind one that is not consumed yet")
    func messageBeyondWindow() throws {
        let pair = try SessionPair()
        let (_, call) = pair.start(1, unary: false)
        pair.pump()
        pair.consumes = false
        pair.headers(1)
        pair.data(1, framed([UInt8](repeating: 1, count: 20_000)))
        pair.data(1, framed([UInt8](repeating: 2, count: 900_000)))
        pair.data(1, framed([3]))
        pair.pump()
        #expect(pair.messages.count == 1)
        grpc_session_consume(pair.session, call, 20_005)
        pair.pump()
        #expect(pair.messages.map(\.count) == [20_000, 900_000, 1])
        #expect(pair.messages[1].allSatisfy { $0 == 2 })
    }

    @Test("A cancelled stream's bytes don't use up the connection's window")
    func cancelledStreams() throws {
        let pair = try SessionPair(window: 1 << 20)
        pair.consumes = false
        // Far more than the connection's window of 16 MiB in all.
        for number in 0..<40 {
            let stream = Int32(number * 2 + 1)
            let (_, call) = pair.start(UInt64(number + 1), unary: false)
            pair.pump()
            pair.headers(stream)
            pair.data(stream, framed([UInt8](repeating: 1, count: 900_000)))
            pair.pump()
            var sent = false
            #expect(grpc_session_cancel(pair.session, call, &sent))
            #expect(pair.pump())
        }
        #expect(pair.messages.count == 40)
    }

    @Test("A window that the server shrinks below zero and opens again only delays the request")
    func negativeWindow() throws {
        let pair = try SessionPair()
        let (_, call) = pair.start(1, unary: false, message: nil)
        pair.pump()
        scripted_server_initial_window(pair.server, 10)
        pair.pump()
        let message = [UInt8](repeating: 1, count: 100_000)
        _ = grpc_session_send(pair.session, call, message, message.count, true)
        pair.pump()
        scripted_server_initial_window(pair.server, 200_000)
        pair.pump()
        #expect(scripted_server_request_ended(pair.server, 1))
    }
}
