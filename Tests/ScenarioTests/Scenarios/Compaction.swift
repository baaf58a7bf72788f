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
    @Suite("Compaction") struct Compaction {
        @Test("S15: compaction all the time, and connections that break: watches lose nothing, or say what they lost", .soakLimit)
        func storm() async throws {
            var scenario = Scenario(.proxiedTrio)
            scenario.compacts = true
            scenario.watchers = 4
            scenario.timeout = .seconds(10)
            try await scenario.run { round in
                for _ in 0..<4 {
                    round.cluster.proxies[round.busiest].endAll()
                    try await round.letRun(300...900)
                }
            } afterwards: { round in
                for end in round.recorder.watchEnds {
                    #expect(end.error.code == .compacted, "\(end.error)")
                    #expect((end.error.compactRevision ?? 0) >= end.nextRevision, "\(end)")
                }
            }
        }

        @Test("S16: a list whose revision is compacted between two pages fails by name, and is never put together from two revisions")
        func pages() async throws {
            try await EtcdCluster.withCluster { cluster in
                try await withClient(of: cluster.endpoints) { client in
                    for number in 0..<20 { _ = try await client.put("a/\(number)", "1") }
                    let first = try await client.range(.prefix("a/"), options: .init(limit: 5))
                    for number in 0..<20 { _ = try await client.put("a/\(number)", "2") }
                    _ = try await client.compact(revision: first.header.revision + 1)
                    let next = KeyRange.range(from: (first.kvs.last?.key ?? []) + [0], to: KeyRange.endOfPrefix(Array("a/".utf8)))
                    let error = await failure { _ = try await client.range(next, options: .init(limit: 5, revision: first.header.revision)) }
                    #expect(error?.code == .compacted)
                }
            }
        }
    }
}
