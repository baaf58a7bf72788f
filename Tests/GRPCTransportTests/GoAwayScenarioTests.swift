//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTestSupport
import GRPCTransport
import NIOCore
import Synchronization
import TestWaiting
import Testing

@Suite("Servers that leave by lot")
struct GoAwayScenarioTests {
    static let method: GRPCMethod = "/test.Service/Method"

    @Test(
        "No call is lost, made twice or left hanging, streams move, and only a connection that breaks fails what it had taken",
        .timeLimit(.minutes(4 + 2 * (Soak.seconds ?? 0) / 60)), arguments: [Leave.allCases.filter { !$0.breaks }, Leave.allCases])
    func rounds(kinds: [Leave]) async throws {
        let end = ContinuousClock.now + Soak.duration(.zero)
        var number: UInt64 = 0
        repeat {
            try await Self.round(kinds, seed: Soak.seed &+ number)
            number += 1
        } while number < 5 || ContinuousClock.now < end
    }

    private static func round(_ kinds: [Leave], seed: UInt64) async throws {
        var random = SeededRandom(seed)
        let ledger = CallLedger()
        let servers = (0..<2).map { _ in LeavingServer(ledger, leaves: Int.random(in: 1...3, using: &random), by: kinds, random.fork()) }
        let numbers = Numbers()
        let (workers, streams) = (Int.random(in: 1...8, using: &random), Int.random(in: 0...4, using: &random))
        let (load, moves, pace) = (random.fork(), random.fork(), random.fork())
        do {
            try await RawServer.with(script: { servers[0].take($0, $1) }) { first in
                try await RawServer.with(script: { servers[1].take($0, $1) }) { second in
                    try await withTransport([first, second].map(\.endpoint.description), configure: { $0.backoff.maximum = .milliseconds(10) }) {
                        transport in
                        try await running({ try await drive(servers, pace) }) {
                            try await withThrowingTaskGroup(of: Void.self) { group in
                                var (load, moves) = (load, moves)
                                for _ in 0..<streams {
                                    let endsOnGoAway = moves.chance(60)
                                    let lane: ConnectionLane = moves.chance(50) ? .watch : .unary
                                    group.addTask { try await follow(transport, lane, endsOnGoAway, ledger, numbers) }
                                }
                                try await withThrowingTaskGroup(of: Void.self) { group in
                                    for _ in 0..<workers {
                                        let random = load.fork()
                                        group.addTask { try await work(transport, ledger, numbers, random) }
                                    }
                                    try await group.waitForAll()
                                }
                                try await eventually("\(streams) streams on connections that stay") {
                                    servers.reduce(0) { $0 + $1.settledStreams } >= streams
                                }
                                numbers.stop()
                                for server in servers { server.finish() }
                                try await group.waitForAll()
                            }
                            try await eventually("end of the connections that were left", .seconds(10)) {
                                servers.allSatisfy { $0.heldConnections == 0 }
                            }
                        }
                    }
                }
            }
        } catch {
            Issue.record("KEELSON_SEED=\(seed): \(error); \(ledger.violations.prefix(5)); \(servers.map(\.report))")
            throw error
        }
        #expect(ledger.violations.isEmpty, "KEELSON_SEED=\(seed): \(ledger.violations.prefix(5))")
    }

    /// The numbers of calls, no two alike.
    private final class Numbers: Sendable {
        private let next = Atomic<UInt32>(0)
        private let isOver = Atomic(false)
        var isStopped: Bool { isOver.load(ordering: .acquiring) }
        func stop() { isOver.store(true, ordering: .releasing) }

        func take(forStream: Bool) -> (number: UInt32, message: [UInt8]) {
            let number = next.add(1, ordering: .relaxed).newValue
            return (number, (0..<4).map { UInt8(number >> (24 - 8 * $0) & 255) } + [forStream ? 1 : 0])
        }
    }

    private static func drive(_ servers: [LeavingServer], _ random: SeededRandom) async throws {
        var random = random
        while true {
            // The servers' time to answer and to leave is part of what is drawn.
            try await Task.sleep(for: .microseconds(Int.random(in: 0...3000, using: &random)))
            servers[Int.random(in: servers.indices, using: &random)].step()
        }
    }

    private static func work(_ transport: GRPCTransport, _ ledger: CallLedger, _ numbers: Numbers, _ random: SeededRandom) async throws {
        var random = random
        for _ in 0..<Int.random(in: 10...60, using: &random) {
            let (number, message) = numbers.take(forStream: false)
            do throws(GRPCError) {
                let answer = try await transport.unary(method, message: message, deadline: soon)
                #expect(Array(buffer: answer.message) == Array(message.prefix(4)))
                ledger.tell(number, ofSuccess: true)
            } catch {
                switch error.disposition {
                case .mayHaveExecuted where error.origin == .connection: ledger.tell(number, ofSuccess: false)
                case .refused: ledger.tellOfRefusals(number, atLeast: 5)
                default: throw error
                }
            }
            // Sometimes nothing is open.
            if random.chance(5) { try await Task.sleep(for: .milliseconds(Int.random(in: 1...20, using: &random))) }
        }
    }

    /// Keeps a stream open, on one connection after another, and reads what comes on it.
    private static func follow(
        _ transport: GRPCTransport, _ lane: ConnectionLane, _ endsOnGoAway: Bool, _ ledger: CallLedger, _ numbers: Numbers
    ) async throws {
        while !numbers.isStopped {
            let stream = try await transport.openStream(method, lane: lane, deadline: soon, endsOnGoAway: endsOnGoAway)
            do throws(GRPCError) {
                try await stream.send(numbers.take(forStream: true).message)
                var expected: UInt32 = 0
                while case let batch = try await stream.nextMessages(), !batch.isEmpty {
                    for message in batch {
                        #expect(message.getInteger(at: message.readerIndex, as: UInt32.self) == expected)
                        expected += 1
                    }
                }
            } catch {
                let isMoved = error.origin == .serverGoingAway && endsOnGoAway
                guard isMoved || error.origin == .connection || error.disposition == .refused else {
                    ledger.report("a stream ended with \(error)")
                    return
                }
            }
        }
    }
}
