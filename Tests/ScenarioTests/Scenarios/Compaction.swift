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
            try await Scenario(timeout: .seconds(10), watchers: 4, compacts: true).run { round in
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

        @Test("S15: a mirror that reads anew whenever its watch is compacted away ends with what the store holds", .soakLimit)
        func mirrors() async throws {
            try await EtcdCluster.withCluster(EtcdClusterOptions(proxied: true)) { cluster in
                try await withClient(of: cluster.endpoints) { client in
                    // By time: how long a round takes is the disk's to say.
                    let end = ContinuousClock.now + Soak.duration(.zero)
                    var round = 0
                    repeat {
                        let prefix = cluster.uniquePrefix()
                        var random = SeededRandom(Soak.seed &+ UInt64(round))
                        async let copy = mirror(client, prefix, until: "end")
                        for number in 0..<300 {
                            let key = "\(prefix)/\(Int.random(in: 0..<20, using: &random))"
                            let deletes = random.chance(20)
                            try await whateverBecomesOfIt {
                                if deletes { _ = try await client.deleteRange(.key(key)) } else { _ = try await client.put(key, "\(number)") }
                            }
                            guard number % 10 == 9 else { continue }
                            let revision = try await client.range(.key(key)).header.revision
                            // A watch that is behind finds its revision gone.
                            if random.chance(30) { cluster.proxies[0].endAll() }
                            try await whateverBecomesOfIt { _ = try await client.compact(revision: revision, deadline: .now + .seconds(10)) }
                        }
                        try await whateverBecomesOfIt { _ = try await client.put("\(prefix)/end", "end") }
                        try await whateverBecomesOfIt { _ = try await client.put("\(prefix)/end", "end") }
                        var mirrored = try await copy
                        let stored = try await client.range(.prefix("\(prefix)/"))
                        var expected = Dictionary(uniqueKeysWithValues: stored.kvs.map { ($0.keyText, $0.modRevision) })
                        // The mirror stops at the first of its two writes.
                        mirrored["\(prefix)/end"] = nil
                        expected["\(prefix)/end"] = nil
                        #expect(mirrored == expected)
                        round += 1
                    } while .now < end
                }
            }
        }

        /// A write on a connection that is being reset has an unknown outcome, which is all the same here.
        private func whateverBecomesOfIt(_ write: () async throws -> Void) async throws {
            do {
                try await write()
            } catch let error as EtcdError where error.outcome == .unknown {}
        }

        /// Keeps a copy of what there is, by a list and a watch, and by another list whenever the watch can't go on.
        private func mirror(_ client: EtcdClient, _ prefix: String, until last: String) async throws -> [String: Int64] {
            var state: [String: Int64] = [:]
            while true {
                let list = try await client.range(.prefix("\(prefix)/"))
                state = Dictionary(uniqueKeysWithValues: list.kvs.map { ($0.keyText, $0.modRevision) })
                if state["\(prefix)/\(last)"] != nil { return state }
                let watch = try await client.watch(.prefix("\(prefix)/"), options: .init(startRevision: list.header.revision + 1))
                do throws(EtcdError) {
                    while let batch = try await watch.nextBatch() {
                        for event in batch.events { state[event.kv.keyText] = event.type == .put ? event.revision : nil }
                        if state["\(prefix)/\(last)"] != nil { return state }
                    }
                } catch {
                    // Trying again at the same revision would never end.
                    guard error.code == .compacted else { throw error }
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
