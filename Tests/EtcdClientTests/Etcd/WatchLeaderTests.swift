//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import Testing

@Suite("Watches and leaders, on a real etcd")
struct WatchLeaderTests {
    @Test(
        "A member that has lost its leader ends its watches, which go on when there's one, and miss nothing, unless they want to end",
        .timeLimit(.minutes(3)))
    func noLeader() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            let watches = [
                try await client.watch(.prefix("a/"), options: .init(startRevision: 2)),
                try await client.watch(.prefix("a/"), options: .init(startRevision: 2, stream: .dedicated)),
            ]
            try await client.put("a/0", "")
            let ending = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, endsWithoutLeader: true))
            for watch in watches + [ending] { #expect(try await watch.events(1).count == 1) }
            var connected: EtcdMember?
            for each in cluster.members where await each.metric("etcd_debugging_mvcc_watcher_total") ?? 0 > 0 { connected = each }
            let member = try #require(connected)
            let others = cluster.members.filter { $0.name != member.name }
            try await withThrowingTaskGroup(of: [String].self) { group in
                for watch in watches { group.addTask { try await watch.events(1).map(\.kv.keyText) } }
                for other in others { try await other.pauseCompletely() }
                // Three election timeouts, after which the member is rid of them.
                try await member.waitForWatchers(0)
                #expect(await failure { _ = try await ending.events(1) }?.code == .noLeader)
                for other in others { other.resume() }
                try await cluster.waitUntilReady()
                try await client.put("a/1", "", deadline: .now + .seconds(60))
                while let keys = try await group.next() { #expect(keys == ["a/1"]) }
            }
        }
    }
}
