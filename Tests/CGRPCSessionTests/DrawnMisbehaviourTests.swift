//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import EtcdTestKit
import GRPCTestSupport
import Testing

@Suite("A server that misbehaves by lot")
struct DrawnMisbehaviourTests {
    /// Far below the transport's, so that a flood is soon over.
    static var limits: Misbehaviour.Limits {
        var limits = Misbehaviour.Limits()
        limits.idleFrames = 200
        return limits
    }

    @Test(
        "Each call ends once, as is right or with the connection; no other call is touched unless with it; memory is bounded and given back",
        .timeLimit(.minutes(2 + 2 * (Soak.seconds ?? 0) / 60)), arguments: Misbehaviour.Kind.allCases)
    func rounds(kind: Misbehaviour.Kind) throws {
        let end = ContinuousClock.now + Soak.duration(.zero)
        var number: UInt64 = 0
        repeat {
            let seed = Soak.seed &+ number
            try Self.round(kind, seed)
            number += 1
        } while number < 300 || ContinuousClock.now < end
    }

    private struct Call {
        var user: UInt64
        var victim: Misbehaviour.Victim
    }

    private static func round(_ kind: Misbehaviour.Kind, _ seed: UInt64) throws {
        var random = SeededRandom(seed)
        let session = try #require(MeteredSession(limits))
        let count = Int.random(in: 1...4, using: &random)
        var calls: [Call] = []
        for index in 0..<count {
            let unary = random.chance(50)
            let user = try #require(session.start(unary: unary))
            let stage = random.pick(index == 0 ? kind.stages : [.beforeHeaders, .afterHeaders, .insideMessage])
            calls.append(
                Call(
                    user: user,
                    victim: .init(
                        stream: UInt32(2 * index + 1), isUnary: unary, stage: stage, idle: UInt32(2 * count + 1), limits: limits)))
        }
        for call in calls { session.receive(call.victim.answered) }
        let held = session.mostHeld
        let victim = calls[0]
        let misbehaviour = kind.draw(&random, victim.victim)
        for piece in random.cut(misbehaviour.bytes) { session.receive(piece) }
        let what: Comment = "KEELSON_SEED=\(seed): \(misbehaviour.name), \(victim.victim.stage), unary \(victim.victim.isUnary)"

        let failed = session.hasFailed
        check(session, victim, misbehaviour, what)
        for call in calls.shuffled(using: &random) where session.ends[call.user] == nil { session.receive(call.victim.rest) }
        if misbehaviour.fates == nil {
            session.loseConnection()
        } else if failed {
            for call in calls.dropFirst() { #expect(session.ends[call.user]?.first?.status == 14, what) }
        } else {
            for call in calls.dropFirst() { #expect(session.ends[call.user]?.first?.status == 0, what) }
            expectAnotherCall(session, count, what)
        }
        for call in calls { #expect(session.ends[call.user]?.count == 1, what) }
        #expect(session.openCalls == 0, what)
        #expect(session.late == 0, what)
        #expect(session.sent.count { $0.type == 7 } <= 1, what)
        // A flood isn't answered without bound, nor is anything kept of it.
        #expect(session.mostHeld - held < 256 << 10, "\(session.mostHeld - held) bytes more, \(what)")
        let left = session.close()
        #expect(left == 0, "\(left) bytes are left, \(what)")
    }

    private static func check(_ session: MeteredSession, _ call: Call, _ misbehaviour: Misbehaviour, _ what: Comment) {
        guard let fates = misbehaviour.fates else { return }
        let end = session.ends[call.user]?.first
        #expect((end?.refused ?? false) == misbehaviour.refuses, what)
        if fates == [.connectionLost] {
            #expect(session.hasFailed, what)
            // The call whose headers broke the connection is told so itself.
            #expect(
                end?.origin == GRPC_SESSION_END_CONNECTION || end?.origin == GRPC_SESSION_END_VIOLATION && end?.status == 13, "\(end as Any), \(what)"
            )
            return
        }
        let fate: Misbehaviour.Fate =
            if let end, end.origin != GRPC_SESSION_END_CONNECTION { .ends(end.status) } else { session.hasFailed ? .connectionLost : .goesOn }
        #expect(fates.contains(fate), "\(fate), not \(fates), \(what)")
        #expect(!session.hasFailed || fates.contains(.connectionLost), "the session failed, \(what)")
    }

    /// The session is as good as it was.
    private static func expectAnotherCall(_ session: MeteredSession, _ count: Int, _ what: Comment) {
        guard let user = session.start(unary: true) else {
            Issue.record("no other call can be made, \(what)")
            return
        }
        session.receive(Frames.answer(UInt32(2 * count + 1), [1]))
        #expect(session.ends[user]?.first?.status == 0, what)
    }
}
