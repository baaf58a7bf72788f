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
        @Test(
            "S7: a connection through which nothing comes any more, one way or both: all goes on elsewhere", .soakLimit,
            arguments: [[.toServer, .toClient], [.toServer], [.toClient]] as [Set<FaultProxy.Direction>])
        func halfOpen(_ directions: Set<FaultProxy.Direction>) async throws {
            // One way lost is found as both are, so it may as well be found sooner.
            let isOneWay = directions.count == 1
            let keepalive = isOneWay ? GRPCTransportConfiguration.Keepalive(interval: .seconds(5), timeout: .seconds(2)) : .init()
            try await Scenario(timeout: .seconds(20), configure: { $0.transport.keepalive = keepalive }).run { round in
                let proxy = round.cluster.proxies[round.busiest]
                let cut = ContinuousClock.now
                proxy.blackhole(directions)
                let time = try await round.recovers(since: cut)
                #expect(time < .seconds(25), "all went on after \(time)")
                // What was held comes now, on connections that nobody listens to any more.
                proxy.restore()
                try await round.letRun(200...1000)
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
                let isolated = round.busiest
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

        @Test("S8: one slow endpoint of three: no failures, no false alarms", .soakLimit)
        func slowEndpoint() async throws {
            try await Scenario(timeout: .seconds(15)).run { round in
                let slow = round.cluster.proxies[round.busiest]
                slow.delay(.milliseconds(200), jitter: .milliseconds(150))
                slow.throttle(bytesPerSecond: 64 * 1024)
                let (before, start) = (slow.statistics.accepted, ContinuousClock.now)
                try await round.recovers(since: start)
                try await round.letRun(3000...4000)
                // A slow connection is no dead one.
                #expect(slow.statistics.accepted - before < 10)
                slow.restore()
            } afterwards: { round in
                #expect(round.recorder.count { !$0.isDone } == 0, "\(round.recorder.errors.first?.description ?? "")")
            }
        }

        @Test("S9: every connection is reset every two seconds: watches resume without gap or repetition", .soakLimit)
        func resets() async throws {
            try await Scenario(timeout: .seconds(10)).run { round in
                for proxy in round.cluster.proxies { proxy.reset(every: .seconds(2)) }
                for _ in 0..<4 {
                    let cut = round.cluster.proxies.map(\.statistics.cut).reduce(0, +)
                    try await eventually("reset") { round.cluster.proxies.map(\.statistics.cut).reduce(0, +) > cut }
                    try await round.recovers(since: .now)
                }
                for proxy in round.cluster.proxies { proxy.reset(every: nil) }
            } afterwards: {
                $0.expectReads()
            }
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
