//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import TestWaiting
import Testing

@Suite("Ranges read piece by piece, on a real etcd")
struct RangeStreamTests {
    private static func key(_ prefix: String, _ index: Int) -> String { "\(prefix)/\(String(100_000 + index))" }

    private func fill(_ client: EtcdClient, _ prefix: String, _ count: Int, bytes size: Int = 10) async throws {
        for start in stride(from: 0, to: count, by: 100) {
            let puts = (start..<min(start + 100, count)).map { index in
                Transaction.Operation.put(Self.key(prefix, index), [UInt8](repeating: UInt8(index % 251), count: size))
            }
            _ = try await client.transaction(.always(puts))
        }
    }

    @Test("All keys come in order and once, at one revision, whatever is written meanwhile")
    func snapshotIsolation() async throws {
        try await withSharedCluster { client, prefix in
            try await fill(client, prefix, 2500)
            let expected = try await client.range(.prefix(prefix)).kvs
            var chunks: [RangeChunk] = []
            for try await chunk in client.rangeStream(.prefix(prefix)) {
                if chunks.isEmpty {
                    try await client.deleteAll(prefix: Self.key(prefix, 2))
                    try await client.put(Self.key(prefix, 1), "changed")
                }
                chunks.append(chunk)
            }
            #expect(chunks.flatMap(\.kvs) == expected)
            #expect(chunks.count > 2)
            #expect(Set(chunks.map(\.revision)).count == 1)
            #expect(chunks.dropLast().allSatisfy { $0.summary == nil })
            let summary = try #require(chunks.last?.summary)
            #expect(summary.count == 2500 && !summary.more && summary.header.revision > chunks[0].revision)
        }
    }

    @Test("Pages follow the weight of the keys", arguments: [10, 1000, 60_000])
    func pages(size: Int) async throws {
        try await withSharedCluster { client, prefix in
            let count = min(3000, 12_000_000 / size)
            for start in stride(from: 0, to: count, by: 20) {
                let puts = (start..<min(start + 20, count)).map { index in
                    Transaction.Operation.put(Self.key(prefix, index), [UInt8](repeating: 7, count: size))
                }
                _ = try await client.transaction(.always(puts))
            }
            var sizes: [Int] = []
            var total = 0
            for try await chunk in client.rangeStream(.prefix(prefix)) {
                total += chunk.kvs.count
                sizes.append(chunk.kvs.reduce(0) { $0 + $1.value.count })
            }
            #expect(total == count)
            // The first page is taken blindly.
            #expect(sizes.dropFirst().allSatisfy { $0 < 3_000_000 }, "\(sizes)")
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var options: RangeOptions
    }

    @Test(
        "It reads what a plain range reads, with every option",
        arguments: [
            Case(testDescription: "none", options: .init()),
            Case(testDescription: "limit within the first page", options: .init(limit: 7)),
            Case(testDescription: "limit over some pages", options: .init(limit: 333)),
            Case(testDescription: "limit at the end", options: .init(limit: 700)),
            Case(testDescription: "limit beyond the end", options: .init(limit: 5000)),
            Case(testDescription: "keys only", options: .init(keysOnly: true)),
            Case(testDescription: "count only", options: .init(countOnly: true)),
            Case(testDescription: "serializable", options: .init(serializable: true)),
            Case(testDescription: "ascending keys", options: .init(sort: .init(by: .key))),
            Case(testDescription: "descending keys", options: .init(sort: .init(by: .key, .descending))),
            Case(testDescription: "values, limited", options: .init(limit: 50, sort: .init(by: .value, .descending))),
            Case(testDescription: "a filter that keeps all", options: .init(minModRevision: 1)),
            Case(testDescription: "a filter that keeps none", options: .init(minCreateRevision: 1 << 60)),
        ])
    func options(case: Case) async throws {
        try await withSharedCluster { client, prefix in
            try await fill(client, prefix, 700)
            let plain = try await client.range(.prefix(prefix), options: `case`.options)
            let streamed = try await client.rangeStream(.prefix(prefix), options: `case`.options).collect()
            #expect(streamed.kvs == plain.kvs)
            #expect(streamed.more == plain.more && streamed.count == plain.count)
            #expect(streamed.header.clusterID == plain.header.clusterID)
        }
    }

    @Test("A filter in the middle is kept through all pages")
    func filters() async throws {
        try await withSharedCluster { client, prefix in
            try await fill(client, prefix, 600)
            let revision = try await client.range(.key(prefix)).header.revision
            try await fill(client, prefix, 250)
            let options = RangeOptions(maxModRevision: revision)
            let plain = try await client.range(.prefix(prefix), options: options)
            let streamed = try await client.rangeStream(.prefix(prefix), options: options).collect()
            #expect(plain.kvs.count == 350 && streamed.kvs == plain.kvs)
            #expect(streamed.count == plain.count)
        }
    }

    @Test("A missing key, a single one and an empty range are one piece", arguments: [0, 1])
    func small(count: Int) async throws {
        try await withSharedCluster { client, prefix in
            if count > 0 { try await client.put(prefix, "v") }
            for range in [KeyRange.key(prefix), .prefix(prefix)] {
                var chunks: [RangeChunk] = []
                for try await chunk in client.rangeStream(range) { chunks.append(chunk) }
                #expect(chunks.count == 1 && chunks[0].kvs.count == count && chunks[0].summary?.count == Int64(count))
            }
        }
    }

    @Test("A revision that is named is read, and one that is compacted half-way ends it with that")
    func compacted() async throws {
        try await withOwnCluster { client, _ in
            try await fill(client, "a", 500)
            let revision = try await client.range(.key("a")).header.revision
            try await client.deleteAll(prefix: "a")
            #expect(try await client.rangeStream(.prefix("a"), options: .init(revision: revision)).collect().kvs.count == 500)
            var iterator = client.rangeStream(.prefix("a"), options: .init(revision: revision)).makeAsyncIterator()
            #expect(try await iterator.next()?.revision == revision)
            try await client.compact(revision: revision + 1, physical: true)
            do throws(EtcdError) {
                while try await iterator.next() != nil {}
                Issue.record("the revision is gone, and nobody noticed")
            } catch {
                #expect(error.code == .compacted)
                #expect(error.outcome == .notDone)
            }
            #expect(try await iterator.next() == nil)
            let future = await failure { _ = try await client.rangeStream(.prefix("a"), options: .init(revision: 1 << 60)).collect() }
            #expect(future?.code == .futureRevision)
        }
    }

    @Test("What is too large for one answer names the remedy, which then works")
    func tooLarge() async throws {
        try await EtcdCluster.withCluster { cluster in
            var configuration = try EtcdClientConfiguration(endpoints: cluster.endpoints)
            configuration.maximumMessageSize = 100_000
            let client = EtcdClient(configuration: configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                try await fill(client, "a", 200, bytes: 5000)
                let error = await failure { _ = try await client.range(.prefix("a")) }
                #expect(error?.code == .responseTooLarge)
                #expect(error?.message.contains("rangeStream") == true)
                #expect(try await client.getAll(prefix: "a").count == 200)
            }
        }
    }

    @Test("A server that is killed and comes back is no more than a pause")
    func survives() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            var configuration = try EtcdClientConfiguration(endpoints: cluster.endpoints)
            configuration.readTimeout = .seconds(60)
            let client = EtcdClient(configuration: configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                try await fill(client, "a", 1000)
                var kvs: [KeyValue] = []
                for try await chunk in client.rangeStream(.prefix("a")) {
                    if kvs.isEmpty {
                        await member.kill()
                        try await member.start(waitUntilReady: false)
                    }
                    kvs += chunk.kvs
                }
                #expect(kvs.map(\.keyText) == (0..<1000).map { Self.key("a", $0) })
            }
        }
    }

    @Test("A cancelled task ends it")
    func canceled() async throws {
        try await withSharedCluster { client, prefix in
            try await fill(client, prefix, 300)
            let task = Task {
                await failure {
                    for try await _ in client.rangeStream(.prefix(prefix)) {
                        withUnsafeCurrentTask { $0?.cancel() }
                    }
                }
            }
            #expect(try await within("the end of a cancelled read") { await task.value }?.code == .canceled)
        }
    }
}
