//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting
import Testing

extension Scenarios {
    @Suite("Members that are killed or asked to leave") struct ProcessFaults {
        @Test("S1: kill −9 of the connected member, again and again: reads go on, no write is done twice, no event is lost", .soakLimit)
        func killConnected() async throws {
            var scenario = Scenario(.proxiedTrio)
            scenario.timeout = .seconds(10)
            try await scenario.run { round in
                for _ in 0..<3 {
                    let member = round.cluster.members[round.busiest]
                    let killed = ContinuousClock.now
                    await member.kill()
                    try await round.recovers(since: killed)
                    try await member.start()
                    try await round.letRun(0...500)
                }
            } afterwards: { round in
                // Two members are always there, so a read has no reason to fail.
                #expect(round.recorder.count { !$0.kind.isWrite && !$0.isDone } == 0)
            }
        }

        @Test("S2: kill −9 of the leader: writes go on after the election", .soakLimit)
        func killLeader() async throws {
            var scenario = Scenario(.proxiedTrio)
            scenario.timeout = .seconds(10)
            try await scenario.run { round in
                for _ in 0..<2 {
                    let leader = try await round.cluster.leader()
                    let killed = ContinuousClock.now
                    await leader.kill()
                    try await round.recovers(since: killed)
                    try await leader.start()
                }
            }
        }

        @Test("S3: all members are away for a while: hardly any work meanwhile, and all goes on when they are back", .soakLimit)
        func killAll() async throws {
            var scenario = Scenario(.proxiedTrio)
            // Calls that nobody answers are work too, but not what this is about.
            scenario.workers = 2
            scenario.watchers = 0
            try await scenario.run { round in
                for member in round.cluster.members { await member.kill() }
                let outage: Duration = Soak.seconds == nil ? .seconds(6) : .seconds(60)
                // What was under way may come to its end.
                try await Task.sleep(for: .seconds(1))
                let (before, start) = (ProcessUse.processorTime, ContinuousClock.now)
                try await Task.sleep(for: outage)
                let share = (ProcessUse.processorTime - before) / (ContinuousClock.now - start)
                // Idle it is far below one in a hundred; the load of this test and an unoptimised build take their part.
                #expect(share < 0.05, "\(share) of a processor with no server there")
                let order = round.random { round.cluster.members.shuffled(using: &$0) }
                let started = ContinuousClock.now
                for member in order { try await member.start(waitUntilReady: false) }
                try await round.cluster.waitUntilReady()
                try await round.recovers(since: started)
            }
        }

        @Test("S4: a connected member that is paused: all goes on elsewhere, and what it says later changes nothing", .soakLimit)
        func pauseConnected() async throws {
            var scenario = Scenario(.proxiedTrio)
            scenario.timeout = .seconds(20)
            try await scenario.run { round in
                let member = round.cluster.members[round.busiest]
                let paused = ContinuousClock.now
                member.pause()
                let time = try await round.recovers(since: paused)
                // Ten seconds of silence, five for a ping; the rest is the machine's.
                #expect(time < .seconds(25), "all went on after \(time)")
                member.resume()
                try await round.letRun(200...1000)
            }
        }

        @Test("S5: with two of three members paused writes fail with an outcome and stale reads work; then all goes on", .soakLimit)
        func minority() async throws {
            var scenario = Scenario(.proxiedTrio)
            scenario.timeout = .seconds(2)
            try await scenario.run { round in
                let (first, second) = (round.cluster.members[0], round.cluster.members[1])
                for member in [first, second] { member.pause() }
                let paused = ContinuousClock.now
                try await Task.sleep(for: .seconds(2))
                // Stale reads need no majority, but the client has to find the member that answers.
                _ = try await round.client.range(.key("x"), options: .init(serializable: true), deadline: .now + .seconds(40))
                #expect(round.recorder.count { $0.called > paused + .seconds(1) && $0.kind.isWrite && $0.isDone } == 0)
                for member in [first, second] { member.resume() }
                try await round.cluster.waitUntilReady()
                try await round.recovers(since: .now)
            }
        }

        @Test(
            "S11: SIGTERM of the connected member: watches move at once, reads don't fail", .soakLimit, arguments: [true, false])
        func terminate(tls: Bool) async throws {
            var scenario = Scenario(EtcdClusterOptions(members: 3, tls: tls, proxied: true))
            scenario.timeout = .seconds(10)
            try await scenario.run { round in
                for _ in 0..<2 {
                    let member = round.cluster.members[round.busiest]
                    let asked = ContinuousClock.now
                    member.beginTermination()
                    // A watch that waited for the connection's end would be silent for seven seconds.
                    let moved = try await round.recovers(since: asked)
                    #expect(moved < .seconds(6), "all went on after \(moved)")
                    await member.terminate()
                    try await member.start()
                }
            } afterwards: { round in
                #expect(round.recorder.count { !$0.kind.isWrite && !$0.isDone } == 0)
            }
        }
    }
}

extension RecordedOperation {
    var isDone: Bool { if case .done = outcome { true } else { false } }
}
