//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import HistoryTesting
import TestWaiting
import Testing

@testable import EtcdClient

extension Scenarios {
    @Suite("Members that come and go") struct Membership {
        @Test("S36: a member joins, learns, votes, and the connected one is removed: all goes on", .soakLimit)
        func changes() async throws {
            var scenario = Scenario(timeout: .seconds(10))
            // A member that was removed doesn't come back.
            scenario.renewsCluster = true
            try await scenario.run { round in
                let learner = try await round.cluster.addMember(learner: true)
                try await round.recovers(since: .now)
                try await round.cluster.promote(learner)
                let business = round.random { Business.allCases.randomElement(using: &$0) } ?? .watches
                let connected = round.cluster.members[try await round.member(of: business)]
                let removed = ContinuousClock.now
                try await round.cluster.removeMember(connected)
                try await round.recovers(since: removed)
            } afterwards: {
                $0.expectReads()
            }
        }

        @Test("S36: what a learner refuses goes to a member that votes, and no caller hears of it", .soakLimit)
        func learner() async throws {
            try await EtcdCluster.withCluster { cluster in
                let learner = try await cluster.addMember(learner: true)
                try await withClient(of: [learner.clientURL, cluster.endpoints[0]]) { client in
                    let watch = try await client.watch(.prefix("a/"))
                    for number in 0..<40 {
                        let revision = try await client.put("a/\(number)", "1", deadline: .now + .seconds(30)).header.revision
                        let read = try await client.range(.key("a/\(number)"), deadline: .now + .seconds(30))
                        #expect(read.kvs.first?.modRevision == revision)
                    }
                    var seen = 0
                    while seen < 40, let batch = try await watch.nextBatch() { seen += batch.events.count }
                    #expect(seen == 40)
                }
            }
        }

        @Test("S36: a client that follows the members outlives the only one it was told of, and finds one that has moved", .soakLimit)
        func follows() async throws {
            try await EtcdCluster.withCluster(members: 3) { cluster in
                try await withClient(of: [cluster.endpoints[1]], configure: { $0.memberSync = .milliseconds(300) }) { client in
                    let watch = try await client.watch(.key("a"))
                    let moved = try await cluster.move(cluster.members[0])
                    // Gone are the one it began with, and the address of another.
                    try await eventually("news of the members") { client.transport.endpoints.contains { $0.port == Int(moved.clientPort) } }
                    await cluster.members[1].kill()
                    try await eventually("write at another member") {
                        do throws(EtcdError) {
                            _ = try await client.put("a", "1", deadline: .now + .seconds(10))
                            return true
                        } catch {
                            return false
                        }
                    }
                    #expect(try await watch.nextBatch()?.events.first?.kv.valueText == "1")
                }
            }
        }
    }
}
