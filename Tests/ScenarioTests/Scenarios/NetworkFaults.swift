//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import HistoryTesting
import TestWaiting
import Testing

extension Scenarios {
    @Suite("Networks that fail") struct NetworkFaults {
        /// What is lost, and how it's found.
        struct Loss: Sendable, CustomTestStringConvertible {
            var directions: Set<FaultProxy.Direction>
            var keepalive = GRPCTransportConfiguration.Keepalive()
            var testDescription: String { "\(directions), pinged after \(keepalive.interval)" }

            static var all: [Loss] {
                // One way lost is found as both are, so in the short form it may as well be found sooner.
                let soon = GRPCTransportConfiguration.Keepalive(interval: .seconds(5), timeout: .seconds(2))
                let oneWay = FaultProxy.Direction.allCases.map { Loss(directions: [$0], keepalive: soon) }
                let late = FaultProxy.Direction.allCases.map { Loss(directions: [$0]) }
                return [Loss(directions: Set(FaultProxy.Direction.allCases))] + oneWay + (Soak.seconds == nil ? [] : late)
            }
        }

        @Test("S7: connections through which nothing comes any more, one way or both: all goes on elsewhere", .soakLimit, arguments: Loss.all)
        func halfOpen(_ loss: Loss) async throws {
            try await Scenario(timeout: .seconds(25), configure: { $0.transport.keepalive = loss.keepalive }).run { round in
                // Those of calls and of watches, so that one member at least is left.
                let victims = Set([try await round.member(of: .calls), try await round.member(of: .watches)])
                let cut = ContinuousClock.now
                for victim in victims { round.cluster.proxies[victim].blackhole(loss.directions) }
                let time = try await round.recovers(since: cut)
                #expect(time < loss.keepalive.detection, "all went on after \(time)")
                // What was held comes now, on connections that nobody listens to any more.
                for victim in victims { round.cluster.proxies[victim].restore() }
                try await round.letRun(200...1000)
            } afterwards: {
                $0.expectReads()
            }
        }

        @Test("S6: a leader cut off from its peers: no two writes over the same revision, no read of what is overwritten", .soakLimit)
        func isolatedLeader() async throws {
            try await Scenario(
                .proxiedTrioAndPeers, timeout: .seconds(9), workers: 6,
                mix: Worker.Mix(guardedPuts: 60, puts: 5, deletes: 3, transactions: 5, lists: 3, serializableReads: 4)
            ).run { round in
                let leader = round.index(of: try await round.cluster.leader())
                round.cluster.isolate(leader)
                let others = round.cluster.members.indices.filter { $0 != leader }
                try await eventually("another leader") {
                    for other in others where await round.cluster.members[other].isLeader() { return true }
                    return false
                }
                // Clients still reach the old leader, which takes calls that it can't finish.
                let elected = ContinuousClock.now
                try await round.recovers(since: elected)
                round.cluster.healPeers()
                try await round.cluster.waitUntilReady()
            }
        }

        @Test("S6: the member that the client uses is cut off from its peers while the others serve: all goes on there", .soakLimit)
        func isolatedMember() async throws {
            try await Scenario(.proxiedTrioAndPeers, timeout: .seconds(9)).run { round in
                let business = round.random { Business.allCases.randomElement(using: &$0) } ?? .calls
                let isolated = try await round.member(of: business)
                let cut = ContinuousClock.now
                round.cluster.isolate(isolated)
                try await round.recovers(since: cut)
                try await eventually("second without a failure") { .now - max(round.recorder.lastFailure ?? cut, cut) > .seconds(1) }
                let moved = ContinuousClock.now
                // A member without a leader answers, if only to say so; nothing has to do with it any more.
                try await round.letRun(2000...3000)
                let late = round.recorder.count { $0.called > moved && !$0.isDone }
                #expect(late == 0, "\(late) failed after the client had moved: \(round.recorder.errors.last?.description ?? "")")
                round.cluster.healPeers()
                try await round.cluster.waitUntilReady()
            }
        }

        @Test("S37: a member that lags behind: linearizable reads never go back, stale ones are whole, watches miss nothing", .soakLimit)
        func laggingMember() async throws {
            try await Scenario(
                .proxiedTrioAndPeers, timeout: .seconds(10), watchers: 4,
                mix: Worker.Mix(guardedPuts: 25, puts: 12, deletes: 8, transactions: 5, lists: 5, serializableReads: 35)
            ).run { round in
                let leader = round.index(of: try await round.cluster.leader())
                let lagging = round.cluster.members.indices.filter { $0 != leader }[round.random { Int.random(in: 0..<2, using: &$0) }]
                for other in round.cluster.members.indices {
                    round.cluster.peerLink(from: lagging, to: other)?.delay(.milliseconds(150), jitter: .milliseconds(100))
                    round.cluster.peerLink(from: other, to: lagging)?.delay(.milliseconds(150), jitter: .milliseconds(100))
                }
                // The client is to have to do with the one that lags.
                for (index, proxy) in round.cluster.proxies.enumerated() where index != lagging {
                    proxy.accept(.refuse)
                    proxy.endAll()
                }
                try await round.recovers(since: .now)
                for proxy in round.cluster.proxies { proxy.accept(.accept) }
                round.cluster.proxies[lagging].endAll()
                try await round.letRun(1000...2000)
                round.cluster.healPeers()
            }
        }

        @Test("S8: one slow endpoint of three: calls go elsewhere and are as fast as ever, none fails, no alarm is false", .soakLimit)
        func slowEndpoint() async throws {
            var scenario = Scenario(timeout: .seconds(15))
            // Who has moved for speed stays the longer where it is, so that one client would not move every round.
            scenario.renewsCluster = true
            try await scenario.run { round in
                let victim = try await round.member(of: .calls)
                let slow = round.cluster.proxies[victim]
                slow.delay(.milliseconds(200), jitter: .milliseconds(150))
                slow.throttle(bytesPerSecond: 64 * 1024)
                let (before, start) = (slow.statistics.accepted, ContinuousClock.now)
                try await round.recovers(since: start)
                try await eventually("calls elsewhere") { try await round.member(of: .calls) != victim }
                let moved = ContinuousClock.now
                try await round.letRun(3000...4000)
                let reads = round.recorder.operations.filter { $0.called > moved && !$0.kind.isWrite }.map(\.duration)
                // Over the slow one reads take 400 ms on average, and 700 ms the slowest.
                #expect(reads.count > 50 && reads.percentile(99) < .milliseconds(400), "\(reads.count): \(reads.sorted().suffix(10))")
                // A slow connection is no dead one.
                #expect(slow.statistics.accepted - before < 10)
                slow.restore()
            } afterwards: { round in
                #expect(round.recorder.count { !$0.isDone } == 0, "\(round.recorder.errors.first?.description ?? "")")
            }
        }

        @Test("S9: every connection is reset every two seconds: watches resume without gap or repetition", .soakLimit)
        func resets() async throws {
            var scenario = Scenario(timeout: .seconds(10), workers: 8)
            // Some write is on its way whenever connections break.
            scenario.pause = .milliseconds(2)
            let sum = try await scenario.run { round in
                try await reset(round, times: 4)
            } afterwards: {
                $0.expectReads()
            }
            #expect(sum.unknownWrites > 0, "what had become of each write was known")
        }

        @Test("S9: clients that the cluster knows by name log in once a reset and once a token's life at most", .soakLimit)
        func resetsWithTokens() async throws {
            let life = 3
            try await TokenSigningKeys.withKeys { keys in
                var options = EtcdClusterOptions.proxiedTrio
                options.flags = ["--bcrypt-cost=4", keys.flag(seconds: life)]
                // Many that find the same token refused.
                var scenario = Scenario(options, timeout: .seconds(10), workers: 30, watchers: 6)
                scenario.pause = .milliseconds(100)
                scenario.credentials = .user("root", password: "root")
                try await scenario.run { round in
                    let (start, logins) = (ContinuousClock.now, await round.logins())
                    try await reset(round, times: 4)
                    let made = await round.logins() - logins
                    let time = ContinuousClock.now - start
                    // One login may be under way when connections are reset, and is repeated.
                    let (lives, resets) = (Int(time / .seconds(life)) + 1, Int(time / .seconds(2)) + 1)
                    #expect(made > 0 && made <= resets + lives, "\(made) logins in \(lives) lives of tokens with \(resets) resets")
                } afterwards: {
                    $0.expectReads()
                }
            }
        }

        /// Has all connections reset every two seconds, until that has happened so many times.
        private func reset(_ round: Scenario.Round, times: Int) async throws {
            for proxy in round.cluster.proxies { proxy.reset(every: .seconds(2)) }
            for _ in 0..<times {
                let cut = round.cutConnections
                try await eventually("reset") { round.cutConnections > cut }
                try await round.recovers(since: .now)
            }
            for proxy in round.cluster.proxies { proxy.reset(every: nil) }
        }

        @Test("S10: connections cut after any number of bytes: nothing that arrived in part is taken for whole", .soakLimit)
        func cuts() async throws {
            try await Scenario(timeout: .seconds(10)).run { round in
                for _ in 0..<25 {
                    let proxy = round.cluster.proxies[round.busiest]
                    let (bytes, direction, ending) = round.random {
                        (
                            Int.random(in: 0...($0.chance(50) ? 300 : 20_000), using: &$0), FaultProxy.Direction.allCases.randomElement(using: &$0),
                            $0.chance(50) ? FaultProxy.Ending.close : .reset
                        )
                    }
                    proxy.cut(after: bytes, direction ?? .toClient, by: ending, of: .open)
                    try await round.letRun(50...250)
                }
            } afterwards: {
                $0.expectReads()
            }
        }
    }
}
