//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Testing

@Suite("Namespaces, on a real etcd")
struct NamespaceTests {
    @Test("A namespace sees its keys by their short names, and no others")
    func basics() async throws {
        try await withSharedCluster { client, prefix in
            let app = client.namespace(prefix + "/")
            let inner = app.namespace("in/")
            try await client.put(prefix, "outside")
            try await client.put(prefix + "/", "the prefix itself")
            try await client.put(prefix + "0", "outside")
            try await app.put("a", "1")
            try await inner.put("b", "2")
            #expect(try await client.get(prefix + "/in/b")?.valueText == "2")
            #expect(try await app.range(.all).kvs.map(\.keyText) == ["a", "in/b"])
            #expect(try await app.getAll(prefix: "").map(\.keyText) == ["a", "in/b"])
            #expect(try await inner.getAll(prefix: "").map(\.keyText) == ["b"])
            #expect(try await inner.putIfAbsent("b", "3") == .notDone(found: inner.get("b")))
            #expect(try await app.deleteRange(.from("a"), options: .init(prevKV: true)).prevKVs.map(\.keyText) == ["a", "in/b"])
            #expect(try await client.getAll(prefix: prefix).count == 3)
            #expect(String(decoding: inner.prefix, as: UTF8.self) == prefix + "/in/")
        }
    }

    @Test("Empty keys are refused as etcd refuses them")
    func empty() async throws {
        try await withSharedCluster { client, prefix async throws in
            let calls: [@Sendable (any EtcdKV) async throws -> Void] = [
                { _ = try await $0.range(.key([]), options: .init(), deadline: nil) },
                { _ = try await $0.put([], [], options: .init(), deadline: nil) },
                { _ = try await $0.deleteRange(.range(from: [], to: [1]), options: .init(), deadline: nil) },
                { _ = try await $0.rangeStream(.key([]), options: .init(), deadline: nil).collect() },
                { _ = try await $0.transaction(.when(.exists([UInt8]())), deadline: nil) },
                { _ = try await $0.transaction(.always(.transaction(.always(.get([UInt8]())))), deadline: nil) },
            ]
            for (index, call) in calls.enumerated() {
                for kv in [client, client.namespace(prefix)] as [any EtcdKV] {
                    let error = await failure { try await call(kv) }
                    #expect(error?.code == .invalidArgument && error?.outcome == .notDone, "case \(index) of \(kv)")
                    #expect(error?.message.contains("key is not provided") == true)
                }
            }
        }
    }

    @Test("Leases, locks and elections have their keys in the namespace")
    func leasesAndLocks() async throws {
        try await withSharedCluster { client, prefix in
            let app = client.namespace(prefix + "/")
            let lease = try await client.leaseGrant(ttl: 60).id
            try await app.put("a", "1", options: .init(lease: lease))
            try await client.put(prefix, "1", options: .init(lease: lease))
            #expect(try await app.leaseTimeToLive(lease, keys: true).keys == [bytes("a")])

            let lock = try await app.lock("lock", lease: lease)
            #expect(lock.key.starts(with: bytes("lock/")))
            #expect(try await app.get(lock.key) != nil)
            #expect(try await client.get(bytes(prefix + "/") + lock.key) != nil)
            try await app.unlock(lock.key)
            #expect(try await app.get(lock.key) == nil)

            let won = try await app.campaign("election", lease: lease, value: "me")
            #expect(won.leader.name == bytes("election") && won.leader.key.starts(with: bytes("election/")))
            try await app.proclaim(won.leader, value: "still me")
            #expect(try await app.leader("election").kv.key == won.leader.key)
            var observer = app.observe("election").makeAsyncIterator()
            let seen = try #require(try await observer.next())
            #expect(seen.kv.key == won.leader.key && seen.kv.valueText == "still me")
            try await app.resign(won.leader)
            #expect(await failure { _ = try await app.leader("election") }?.code == .electionNoLeader)
            try await client.leaseRevoke(lease)
        }
    }

    // MARK: Against plain calls

    /// Keys with many common beginnings, and bytes at both ends.
    private static func key(_ random: inout SeededRandom) -> [UInt8] {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in [0, 0x61, 0x62, 0xfe, 0xff].randomElement(using: &random) ?? 0 }
    }

    private static func range(_ random: inout SeededRandom) -> KeyRange {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: .all
        case 1: .from(key(&random))
        case 2: .prefix(random.chance(20) ? [] : key(&random))
        case 3: .range(from: key(&random), to: key(&random))
        default: .key(key(&random))
        }
    }

    /// etcd overlooks that a key which is put is also under an endless delete of the same transaction, and in a namespace no delete is endless.
    private static func boundedRange(_ random: inout SeededRandom) -> KeyRange {
        while true {
            let range = range(&random)
            if range.end != [0] { return range }
        }
    }

    private static func compare(_ random: inout SeededRandom) -> Compare {
        let relation = Compare.Relation.allCases.randomElement(using: &random) ?? .equal
        let number = Int64.random(in: 0...40, using: &random)
        let target: Compare.Target =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .version(number % 4)
            case 1: .createRevision(number)
            case 2: .modRevision(number)
            default: .value([UInt8(number % 4)])
            }
        return Compare(range(&random), relation, target)
    }

    private static func operation(_ random: inout SeededRandom, depth: Int) -> Transaction.Operation {
        switch Int.random(in: 0..<(depth > 0 ? 5 : 4), using: &random) {
        case 0, 1: .range(range(&random), options: .init(limit: Int64.random(in: 0...4, using: &random), keysOnly: random.chance(20)))
        case 2: .put(key(&random), [UInt8.random(in: 0...3, using: &random)], options: .init(prevKV: random.chance(50)))
        case 3: .deleteRange(boundedRange(&random), options: .init(prevKV: random.chance(50)))
        default: .transaction(transaction(&random, depth: depth - 1))
        }
    }

    private static func transaction(_ random: inout SeededRandom, depth: Int) -> Transaction {
        func operations() -> [Transaction.Operation] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in operation(&random, depth: depth) }
        }
        let conditions = (0..<Int.random(in: 0...2, using: &random)).map { _ in compare(&random) }
        return Transaction(compare: conditions, success: operations(), failure: operations())
    }

    /// What an answer says, without who said it; or the kind of error.
    private static func outcome(_ kv: any EtcdKV, _ transaction: Transaction) async -> String {
        do throws(EtcdError) {
            return "\(anonymous(try await kv.transaction(transaction, deadline: .now + .seconds(30))))"
        } catch {
            return "\(error.code) \(error.outcome)"
        }
    }

    private static func anonymous(_ response: TransactionResponse) -> TransactionResponse {
        let revision = ResponseHeader(revision: response.header.revision)
        return TransactionResponse(
            header: revision, succeeded: response.succeeded,
            responses: response.responses.map { answer in
                switch answer {
                case .range(let range): .range(.init(kvs: range.kvs, more: range.more, count: range.count))
                case .put(let put): .put(.init(prevKV: put.prevKV))
                case .deleteRange(let delete): .deleteRange(.init(deleted: delete.deleted, prevKVs: delete.prevKVs))
                case .transaction(let inner): .transaction(anonymous(inner))
                }
            })
    }

    @Test(
        "A namespace is as good as a cluster of its own, for any operations on any keys and ranges",
        arguments: [bytes("/app/"), [0x61], [0xff], [0xff, 0xff], [0], [0x61, 0xff]] as [[UInt8]])
    func property(prefix: [UInt8]) async throws {
        try await EtcdCluster.withCluster { shared in
            try await EtcdCluster.withCluster { own in
                try await withClient(of: shared.endpoints) { client in
                    try await withClient(of: own.endpoints) { reference in
                        let namespace = client.namespace(prefix)
                        // Neighbours that must neither be seen nor touched; as many revisions are made on the other side, so that all others agree.
                        let neighbours = [prefix, Array(prefix.dropLast()) + [prefix[prefix.count - 1] &- 1, 5], [0x61], [0x62], [0xff], [1]]
                            .filter { !($0.starts(with: prefix) && $0.count > prefix.count) }
                        for neighbour in neighbours {
                            try await client.put(neighbour, [1])
                            try await client.put(neighbour, [2])
                            try await reference.put("x", "")
                            try await reference.delete("x")
                        }
                        let before = try await client.range(.all).kvs
                        let start = try await reference.range(.key([1])).header.revision + 1
                        var random = SeededRandom(Soak.seed)
                        for round in 0..<Soak.rounds(120, secondsPerRound: 0.01) {
                            let transaction = Self.transaction(&random, depth: 2)
                            let (ours, theirs) = (await Self.outcome(namespace, transaction), await Self.outcome(reference, transaction))
                            #expect(ours == theirs, "KEELSON_SEED=\(Soak.seed) round \(round): \(transaction)")
                            if ours != theirs { return }
                            let range = Self.range(&random)
                            if random.chance(10) {
                                let deleted = try await namespace.deleteRange(range, options: .init(prevKV: true))
                                let expected = try await reference.deleteRange(range, options: .init(prevKV: true))
                                #expect(deleted.prevKVs == expected.prevKVs, "KEELSON_SEED=\(Soak.seed) round \(round): \(range)")
                            }
                            let streamed = try await namespace.rangeStream(range).collect()
                            #expect(streamed.kvs == (try await reference.range(range).kvs), "KEELSON_SEED=\(Soak.seed) round \(round): \(range)")
                        }
                        let after = try await client.range(.all).kvs.filter { !$0.key.starts(with: prefix) || $0.key == prefix }
                        #expect(after == before, "KEELSON_SEED=\(Soak.seed)")

                        // The history is the same too.
                        let last = try await reference.put("end", "").header.revision
                        try await namespace.put("end", "")
                        let options = WatchOptions(startRevision: start, prevKV: true)
                        let watch = try await namespace.watch(.all, options: options)
                        let truth = try await reference.watch(.all, options: options)
                        var (events, expected): ([WatchEvent], [WatchEvent]) = ([], [])
                        while (events.last?.revision ?? 0) < last { events += try await watch.nextBatch()?.events ?? [] }
                        while (expected.last?.revision ?? 0) < last { expected += try await truth.nextBatch()?.events ?? [] }
                        #expect(events == expected)
                        #expect(watch.nextRevision == last + 1)
                    }
                }
            }
        }
    }
}
