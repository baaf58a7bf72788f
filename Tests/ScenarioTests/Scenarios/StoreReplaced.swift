//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting
import TestWaiting
import Testing

extension Scenarios {
    @Suite("Stores that are replaced") struct StoreReplaced {
        @Test(
            "S35: an older store in the place of the watched one ends the watch with history lost, and calls go on with what there is",
            .soakLimit, arguments: [true, false], [1, 3])
        func restored(keepsClusterID: Bool, members: Int) async throws {
            for _ in 0..<Soak.rounds(1, secondsPerRound: 10) { try await restore(keepsClusterID: keepsClusterID, members: members) }
        }

        private func restore(keepsClusterID: Bool, members: Int) async throws {
            try await EtcdCluster.withCluster(EtcdClusterOptions(members: members, proxied: true)) { cluster in
                try await withClient(of: cluster.endpoints) { client in
                    _ = try await client.put("a", "1")
                    let snapshot = try await cluster.saveSnapshot()
                    let watch = try await client.watch(.prefix("a"))
                    for number in 2..<50 { _ = try await client.put("a", "\(number)") }
                    var seen = 0
                    while seen < 48, let batch = try await watch.nextBatch() { seen += batch.events.count }
                    try await cluster.restore(snapshot, keepsClusterID: keepsClusterID)
                    let end = try await within("the end of the watch") { await failure { while try await watch.nextBatch() != nil {} } }
                    #expect(end?.code == .historyLost)
                    #expect(try await client.range(.key("a"), deadline: .now + .seconds(30)).kvs.first?.valueText == "1")
                    let second = try await client.watch(.prefix("a"))
                    _ = try await client.put("a", "again", deadline: .now + .seconds(30))
                    #expect(try await second.nextBatch()?.events.first?.kv.valueText == "again")
                }
            }
        }

        @Test("S35: with the history guard no call is answered by a store that isn't the one that was", .soakLimit, arguments: [true, false])
        func guarded(keepsClusterID: Bool) async throws {
            try await EtcdCluster.withCluster { cluster in
                try await withClient(of: cluster.endpoints, configure: { $0.historyGuard = true }) { client in
                    _ = try await client.put("a", "1")
                    let snapshot = try await cluster.saveSnapshot()
                    for number in 2..<10 { _ = try await client.put("a", "\(number)") }
                    try await cluster.restore(snapshot, keepsClusterID: keepsClusterID)
                    for _ in 0..<2 {
                        #expect(await failure { _ = try await client.range(.key("a"), deadline: .now + .seconds(30)) }?.code == .historyLost)
                    }
                    #expect(await failure { _ = try await client.put("a", "x", deadline: .now + .seconds(30)) }?.outcome == .notDone)
                }
                let value = try await withClient(of: cluster.endpoints) { client in try await client.range(.key("a")).kvs.first?.valueText }
                #expect(value == "1")
            }
        }
    }
}
