//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Testing

@Suite("Watches and compaction, on a real etcd")
struct WatchCompactionTests {
    /// What somebody holds who reads a range, watches it from there, and reads it again when the watch is too old.
    private struct Copy {
        var values: [String: String] = [:]
        var starts: [Int64] = []
        var compactions = 0

        mutating func follow(
            _ client: EtcdClient, _ random: inout SeededRandom, _ stream: WatchOptions.Stream, until last: String, lagsUntil isOver: Flag
        ) async throws {
            while values[last] == nil {
                let page = try await client.range(.prefix("a/"), deadline: .now + .seconds(30))
                values = Dictionary(uniqueKeysWithValues: page.kvs.map { ($0.keyText, $0.valueText) })
                starts.append(page.header.revision + 1)
                let watch = try await client.watch(
                    .prefix("a/"), options: .init(startRevision: page.header.revision + 1, stream: stream, bufferLimit: 4096))
                do throws(EtcdError) {
                    while values[last] == nil, let batch = try await watch.nextBatch() {
                        for event in batch.events { values[event.kv.keyText] = event.type == .put ? event.kv.valueText : nil }
                        // Lags, as a consumer does that has something to do.
                        if !isOver.isSet { await Self.dawdle(.milliseconds(Int.random(in: 0...60, using: &random))) }
                    }
                } catch {
                    guard error.code == .compacted else { throw error }
                    compactions += 1
                }
                watch.cancel()
            }
        }

        private static func dawdle(_ time: Duration) async { _ = try? await Task.sleep(for: time) }
    }

    @Test(
        "Under a storm of compactions a watch is either up to date or says that it can't be; nothing stale survives, and no revision is tried twice",
        .soakLimit(minutes: 3), arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func storm(stream: WatchOptions.Stream) async throws {
        try await withOwnCluster { client, _ in
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Copy?.self) { group in
                for reader in 0..<4 {
                    group.addTask {
                        var random = SeededRandom(Soak.seed &+ UInt64(reader))
                        var copy = Copy()
                        try await copy.follow(client, &random, stream, until: "a/end", lagsUntil: isOver)
                        return copy
                    }
                }
                for writer in 0..<4 {
                    group.addTask {
                        var random = SeededRandom(Soak.seed &+ 100 &+ UInt64(writer))
                        while !isOver.isSet {
                            let key = "a/\(Int.random(in: 0..<50, using: &random))"
                            if random.chance(20) {
                                try await client.deleteRange(.key(key))
                            } else {
                                try await client.put(key, "\(random.next())")
                            }
                        }
                        return nil
                    }
                }
                group.addTask {
                    while !isOver.isSet {
                        try await Task.sleep(for: .milliseconds(50))
                        let revision = try await client.range(.key("a")).header.revision
                        try await client.compact(revision: revision)
                    }
                    return nil
                }
                try await Task.sleep(for: Soak.duration(.seconds(4)))
                isOver.set()
                for _ in 0..<5 { _ = try await group.next() }
                try await client.put("a/end", "")
                let page = try await client.range(.prefix("a/"))
                let truth = Dictionary(uniqueKeysWithValues: page.kvs.map { ($0.keyText, $0.valueText) })
                while let copy = try await group.next() {
                    guard let copy else { continue }
                    #expect(copy.values == truth, "KEELSON_SEED=\(Soak.seed)")
                    #expect(zip(copy.starts, copy.starts.dropFirst()).allSatisfy { $0 < $1 }, "\(copy.starts)")
                }
            }
        }
    }
}
