//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import Testing

@Suite("Messages taken out of a session")
struct TakenMessageTests {
    private static func bytes(_ event: grpc_session_event) -> [UInt8] { Array(UnsafeBufferPointer(start: event.bytes, count: event.length)) }

    @Test("A message that was taken keeps its bytes through all that follows, the session's end included")
    func outlivesItsSession() throws {
        var taken: [(memory: UnsafeMutableRawPointer, event: grpc_session_event)] = []
        do {
            let pair = try SessionPair()
            pair.onMessage = { session, event in
                let memory = try #require(grpc_session_take_message(session))
                #expect(grpc_session_take_message(session) == nil, "it can be taken once")
                taken.append((memory, event))
            }
            _ = pair.start(1, unary: false)
            pair.pump()
            pair.headers(1)
            for number in 1...3 { pair.data(1, framed([UInt8](repeating: UInt8(number), count: number * 40_000))) }
            pair.data(1, framed([]))
            pair.trailers(1, "grpc-status: 0\n")
            pair.pump()
            #expect(pair.ends[1]?.status == 0)
        }
        #expect(taken.map(\.event.length) == [40_000, 80_000, 120_000, 0])
        for (number, (memory, event)) in zip(1..., taken) {
            #expect(Self.bytes(event).allSatisfy { $0 == UInt8(number) })
            grpc_session_free_message(memory)
        }
    }

    @Test("There is nothing to take from other events")
    func otherEvents() throws {
        let pair = try SessionPair()
        #expect(grpc_session_take_message(pair.session) == nil)
        pair.onOther = { session in #expect(grpc_session_take_message(session) == nil) }
        _ = pair.start(1)
        pair.pump()
        pair.headers(1, okHeaders + "grpc-status: 5\n", end: true)
        pair.pump()
        #expect(pair.ends[1]?.status == 5)
    }
}
