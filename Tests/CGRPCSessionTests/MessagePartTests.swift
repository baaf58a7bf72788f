//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

@Suite("Messages that are delivered by parts")
struct MessagePartTests {
    private static func message(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) } }

    /// Starts a call whose messages come by parts; the server has answered with its headers.
    private static func call(of pair: SessionPair, _ user: UInt64 = 1, unary: Bool = true, part: Int) -> UInt64 {
        let (_, call) = pair.start(user, unary: unary)
        grpc_session_receive_parts(pair.session, call, UInt32(part))
        pair.pump()
        pair.headers(Int32(2 * user - 1))
        return call
    }

    @Test("Parts and rest are the message, whatever their sizes", arguments: [1, 7, 64, 3000])
    func joined(part: Int) throws {
        let pair = try SessionPair()
        _ = Self.call(of: pair, unary: false, part: part)
        for length in [0, 1, part - 1, part, part + 1, 2 * part, 2 * part + 1, 10_000] {
            let message = Self.message(length)
            let (partsBefore, messagesBefore) = (pair.parts.count, pair.messages.count)
            pair.data(1, framed(message))
            pair.pump()
            let parts = pair.parts[partsBefore...]
            #expect(pair.messages.count == messagesBefore + 1, "\(length) bytes")
            let rest = try #require(pair.messages.last)
            #expect(parts.flatMap(\.bytes) + rest == message, "\(length) bytes")
            #expect(parts.allSatisfy { $0.bytes.count == part })
            #expect(rest.count <= part && (rest.count > 0 || length == 0))
            var left = length
            for part in parts {
                left -= part.bytes.count
                #expect(part.following == left)
            }
        }
    }

    @Test("A message longer than the window comes through as its parts are consumed, and waits as long as they are not")
    func beyondWindow() throws {
        let pair = try SessionPair()
        let call = Self.call(of: pair, part: 16_384)
        pair.consumes = false
        let message = Self.message(900_000)
        pair.data(1, framed(message))
        pair.trailers(1, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.parts.count < 6, "65 535 bytes of window and an eighth of slack hold no more")
        #expect(pair.ends[1] == nil)
        pair.consumes = true
        grpc_session_consume(pair.session, call, pair.parts.count * 16_384)
        pair.pump()
        #expect(pair.parts.flatMap(\.bytes) + (pair.messages.last ?? []) == message)
        #expect(pair.ends[1]?.status == 0)
    }

    @Test("A call that ends between two parts of its message has failed")
    func cutShort() throws {
        let pair = try SessionPair()
        _ = Self.call(of: pair, part: 100)
        pair.data(1, Array(framed(Self.message(500)).prefix(205)))
        pair.trailers(1, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.parts.count == 2)
        #expect(pair.messages.isEmpty)
        #expect(pair.ends[1]?.origin == GRPC_SESSION_END_VIOLATION)
        #expect(pair.ends[1]?.text == "the server ended the call inside a message")
    }

    @Test("A second message is refused for a unary call whose first came by parts, and one beyond the limit before any part")
    func limits() throws {
        let pair = try SessionPair(maximumMessageSize: 1000)
        for user in 1...2 as ClosedRange<UInt64> { _ = Self.call(of: pair, user, part: 100) }
        pair.data(1, framed(Self.message(150)) + framed(Self.message(150)))
        pair.data(3, framed(Self.message(1001)))
        pair.pump()
        #expect(pair.ends[1]?.text == "the server sent more than one message for a unary call")
        #expect(pair.ends[2]?.text == "the server sent a message of 1001 bytes; the limit is 1000")
        #expect(pair.parts.count == 1)
    }

    @Test("A call cancelled between parts gets no more of them, and its session goes on with others")
    func cancelled() throws {
        let pair = try SessionPair()
        let call = Self.call(of: pair, part: 100)
        let bytes = framed(Self.message(5000))
        pair.data(1, Array(bytes[..<1000]))
        pair.pump()
        let before = pair.parts.count
        #expect(before == 9)
        var sent = false
        #expect(grpc_session_cancel(pair.session, call, &sent))
        pair.data(1, Array(bytes[1000...]))
        _ = Self.call(of: pair, 2, part: 100)
        pair.data(3, framed(Self.message(250)))
        pair.trailers(3, "grpc-status: 0\n")
        pair.pump()
        #expect(pair.ends[2]?.status == 0)
        #expect(pair.parts.count == before + 2)
        #expect(pair.parts[before...].flatMap(\.bytes) + (pair.messages.last ?? []) == Self.message(250))
    }
}
