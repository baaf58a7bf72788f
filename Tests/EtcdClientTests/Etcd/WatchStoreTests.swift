//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Watches of a store that is put back to an earlier state")
struct WatchStoreTests {
    @Test(
        "All watches end with history lost, on shared streams and on their own, whether or not the cluster is taken for the same",
        .timeLimit(.minutes(3)), arguments: [true, false])
    func restored(keepsClusterID: Bool) async throws {
        try await withOwnCluster { client, cluster in
            try await client.put("a", "before")
            let snapshot = try await cluster.saveSnapshot()
            for value in 0..<10 { try await client.put("a", "\(value)") }
            var ends: [Task<EtcdError?, Never>] = []
            for stream in [.shared, .shared, .group("b"), .dedicated] as [WatchOptions.Stream] {
                let watch = try await client.watch(.key("a"), options: .init(startRevision: 2, stream: stream))
                #expect(try await watch.events(11).count == 11)
                ends.append(Task { await failure { while try await watch.nextBatch() != nil {} } })
            }
            try await cluster.restore(snapshot, keepsClusterID: keepsClusterID)
            for end in ends {
                let error = try await within("the end of a watch", .seconds(60)) { await end.value }
                #expect(error?.code == .historyLost)
            }
        }
    }
}
