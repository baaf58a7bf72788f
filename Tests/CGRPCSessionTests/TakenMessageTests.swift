//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
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

    /// Memory that goes from thread to thread.
    private struct Memory: @unchecked Sendable {
        // @unchecked: whoever has it last frees it, and nobody else looks at it.
        var memory: UnsafeMutableRawPointer
    }

    @Test("The memory of small messages is used again, wherever they are freed, and more of them than a session keeps at once are no less good")
    func usedAgain() async throws {
        var left: [Memory] = []
        do {
            let pair = try SessionPair()
            var taken: [Memory] = []
            var seen: Set<UnsafeMutableRawPointer> = []
            var expected: UInt8 = 0
            pair.onMessage = { session, event in
                #expect(Self.bytes(event).allSatisfy { $0 == expected })
                let memory = try #require(grpc_session_take_message(session))
                seen.insert(memory)
                taken.append(Memory(memory: memory))
            }
            _ = pair.start(1, unary: false)
            pair.pump()
            pair.headers(1)
            for round in UInt8(1)...20 {
                expected = round
                for length in 0..<100 { pair.data(1, framed([UInt8](repeating: round, count: length * 10))) }
                pair.pump()
                #expect(taken.count == 100)
                left = Array(taken[..<50])
                let others = taken[50...]
                taken = []
                if round == 20 { left += others }
                if round < 20 {
                    await withTaskGroup(of: Void.self) { group in
                        for memory in left + others { group.addTask { grpc_session_free_message(memory.memory) } }
                    }
                }
            }
            #expect(seen.count < 20 * 100)
        }
        for memory in left { grpc_session_free_message(memory.memory) }
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
