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
    @Suite("Cancellation") struct Cancellation {
        @Test("S39: calls cancelled at random moments end at once, and tell the truth of what became of them", .soakLimit)
        func calls() async throws {
            try await Scenario(EtcdClusterOptions(proxied: true)).run { round in
                for number in 0..<30 {
                    var random = round.random { $0.fork() }
                    let life = Duration.microseconds(Int.random(in: 0...8000, using: &random))
                    let before = ContinuousClock.now
                    await withTaskGroup { group in
                        for index in 0..<8 {
                            var worker = Worker(
                                round.client, round.recorder, prefix: round.prefix, name: "cancelled.\(number).\(index)", random: random.fork())
                            worker.pause = .zero
                            group.addTask { [worker] in
                                var worker = worker
                                await worker.work(until: round.isOver)
                            }
                        }
                        try? await Task.sleep(for: life)
                        group.cancelAll()
                        await group.waitForAll()
                    }
                    #expect(ContinuousClock.now - before < .seconds(10))
                }
            }
        }

        @Test("S39: a client that ends with a thousand watches open ends them all, here and on the server", .soakLimit)
        func endOfClient() async throws {
            try await EtcdCluster.withCluster { cluster in
                let member = cluster.members[0]
                let readers = try await withClient(of: cluster.endpoints) { client in
                    var readers: [Task<EtcdError?, Never>] = []
                    for number in 0..<1000 {
                        let watch = try await client.watch(.key("a/\(number)"), options: .init(startRevision: 1))
                        readers.append(Task { await failure { while try await watch.nextBatch() != nil {} } })
                    }
                    try await eventually("a thousand watchers") { await member.metric("etcd_debugging_mvcc_watcher_total") == 1000 }
                    return readers
                }
                for reader in readers {
                    let error = await reader.value
                    #expect(error.map { [.stopped, .canceled].contains($0.code) } ?? false, "\(String(describing: error))")
                }
                try await eventually("end of all watchers") { await member.metric("etcd_debugging_mvcc_watcher_total") == 0 }
            }
        }

        @Test("S39: watches that are dropped, cancelled from their own reader, or cancelled while they open, leave nothing on the server")
        func watches() async throws {
            try await EtcdCluster.withCluster { cluster in
                try await withClient(of: cluster.endpoints) { client in
                    var random = SeededRandom(Soak.seed)
                    _ = try await client.put("a", "1")
                    for _ in 0..<Soak.rounds(60, secondsPerRound: 0.05) {
                        let watch = try await client.watch(.key("a"), options: .init(startRevision: 1))
                        switch Int.random(in: 0..<4, using: &random) {
                        case 0: break
                        case 1:
                            _ = try await watch.nextBatch()
                        case 2:
                            for try await _ in watch { watch.cancel() }
                        default:
                            let life = Duration.microseconds(Int.random(in: 0...3000, using: &random))
                            await withTaskGroup { group in
                                group.addTask { while (try? await watch.nextBatch()) != nil {} }
                                try? await Task.sleep(for: life)
                                group.cancelAll()
                            }
                        }
                    }
                    try await eventually("end of all watchers") { await cluster.members[0].metric("etcd_debugging_mvcc_watcher_total") == 0 }
                }
            }
        }
    }
}
