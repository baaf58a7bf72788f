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

@Suite("A server that misbehaves by lot, at the other end of a connection")
struct DrawnMisbehaviourTests {
    static let method: GRPCMethod = "/test.Service/Method"

    @Test(
        "Every call ends soon, in an error that is defined or as though nothing had been, and the next one is answered",
        .timeLimit(.minutes(4 + 2 * (Soak.seconds ?? 0) / 60)), arguments: Misbehaviour.Kind.allCases)
    func rounds(kind: Misbehaviour.Kind) async throws {
        let stage = Stage(kind)
        try await RawServer.with(script: { stage.take($0, $1) }) { server in
            let configure: (inout GRPCTransportConfiguration) -> Void = {
                $0.maximumHeaderListSize = Stage.limits.headerListSize
                $0.maximumMessageSize = Stage.limits.messageSize
                // Connections that break soon and often are waited for longer and longer.
                $0.backoff.maximum = .milliseconds(10)
            }
            try await withTransport([server.endpoint.description], configure: configure) { transport in
                let end = ContinuousClock.now + Soak.duration(.zero)
                var number: UInt64 = 0
                repeat {
                    try await Self.round(transport, stage, seed: Soak.seed &+ number)
                    number += 1
                } while number < 20 || ContinuousClock.now < end
            }
        }
    }

    private static func round(_ transport: GRPCTransport, _ stage: Stage, seed: UInt64) async throws {
        var random = SeededRandom(seed)
        let calls = (0..<Int.random(in: 1...4, using: &random)).map { _ in random.chance(50) }
        stage.begin(calls, random)
        let results = await withTaskGroup(of: (Int, GRPCError?).self) { group in
            for (index, isUnary) in calls.enumerated() { group.addTask { (index, await call(transport, UInt8(index), isUnary: isUnary)) } }
            return await group.reduce(into: [Int: GRPCError?]()) { $0[$1.0] = $1.1 }
        }
        let (connection, misbehaviour) = try #require(stage.played, "KEELSON_SEED=\(seed)")
        let isAlive = await connection.survives()
        let what: Comment = "KEELSON_SEED=\(seed): \(misbehaviour.name), \(calls.count) calls, the first unary: \(calls[0])"
        for (index, error) in results {
            // A stream that was refused is its owner's to make again.
            if error?.disposition == .refused, !calls[index], index != 0 || misbehaviour.refuses { continue }
            check(error, misbehaviour, isVictim: index == 0, what)
        }
        if let fates = misbehaviour.fates, !fates.contains(.connectionLost) { #expect(isAlive, what) }
        if misbehaviour.fates == [.connectionLost] { #expect(!isAlive, what) }
        let error = await call(transport, 0, isUnary: true)
        #expect(error == nil, "\(error as Any), \(what)")
    }

    private static func check(_ error: GRPCError?, _ misbehaviour: Misbehaviour, isVictim: Bool, _ what: Comment) {
        #expect(error?.origin != .deadline && error?.disposition ?? .mayHaveExecuted == .mayHaveExecuted, "\(error as Any), \(what)")
        guard let fates = misbehaviour.fates else { return }
        let isLost = error?.code == .unavailable && error?.origin == .connection && fates.contains(.connectionLost)
        let isRight: Bool
        if !isVictim {
            // One that had begun to be answered can't be refused any more, whatever the server says.
            isRight = error == nil || error?.code == .unavailable && fates.contains(.connectionLost)
        } else if fates == [.connectionLost] {
            isRight = isLost || error?.code == .internal && error?.origin == .protocolViolation
        } else if let error {
            isRight = isLost || fates.contains(.ends(Int32(error.code.rawValue))) && !misbehaviour.refuses
        } else {
            isRight = fates.contains(.goesOn) || fates.contains(.ends(0)) || misbehaviour.refuses
        }
        #expect(isRight, "\(error as Any), not \(fates), \(what)")
    }

    /// Makes a call and reads its answer to the end; nil when it ended well.
    private static func call(_ transport: GRPCTransport, _ index: UInt8, isUnary: Bool) async -> GRPCError? {
        await grpcError { () async throws(GRPCError) in
            guard !isUnary else {
                _ = try await transport.unary(method, message: [index], deadline: soon)
                return
            }
            let stream = try await transport.openStream(method, lane: .unary, deadline: soon, endsOnGoAway: false)
            try await stream.send([index])
            while case let batch = try await stream.nextMessages(), !batch.isEmpty {}
        }
    }

    /// The server's part: once all calls of a round are there, one of them is misbehaved to, and the others are answered. Whatever else comes
    /// is answered too.
    private final class Stage: Sendable {
        static let limits = Misbehaviour.Limits()

        private struct Scene {
            var random = SeededRandom(0)
            var calls: [Bool] = []
            var requests: [RawServer.Request] = []
            var played: (RawServer.Connection, Misbehaviour)?
        }

        private let kind: Misbehaviour.Kind
        private let scene = Mutex(Scene())

        init(_ kind: Misbehaviour.Kind) { self.kind = kind }

        var played: (RawServer.Connection, Misbehaviour)? { scene.withLock { $0.played } }

        func begin(_ calls: [Bool], _ random: SeededRandom) { scene.withLock { $0 = Scene(random: random, calls: calls) } }

        func take(_ connection: RawServer.Connection, _ request: RawServer.Request) {
            scene.withLock { scene in
                guard scene.played == nil else { return connection.write(Frames.answer(request.stream, request.message)) }
                scene.requests.append(request)
                if scene.requests.count == scene.calls.count { play(&scene, connection) }
            }
        }

        private func play(_ scene: inout Scene, _ connection: RawServer.Connection) {
            let idle = (scene.requests.map(\.stream).max() ?? 0) + 2
            let victims = scene.requests.map { request in
                let index = Int(request.message[0])
                let stages = index == 0 ? kind.stages : [.beforeHeaders, .afterHeaders, .insideMessage]
                return (
                    index,
                    Misbehaviour.Victim(
                        stream: request.stream, isUnary: scene.calls[index], stage: scene.random.pick(stages), idle: idle, limits: Self.limits)
                )
            }
            for (_, victim) in victims { connection.write(victim.answered) }
            guard let victim = victims.first(where: { $0.0 == 0 })?.1 else { return }
            let misbehaviour = kind.draw(&scene.random, victim)
            for piece in scene.random.cut(misbehaviour.bytes) { connection.write(piece) }
            for (index, other) in victims where index != 0 || misbehaviour.fates?.contains(.goesOn) == true { connection.write(other.rest) }
            scene.played = (connection, misbehaviour)
            // Who knows what a mutation left to wait for.
            if misbehaviour.fates == nil { connection.close() }
        }
    }
}
