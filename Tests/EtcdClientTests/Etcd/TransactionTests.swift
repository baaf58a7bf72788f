//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Testing

@Suite("Transactions, on a real etcd")
struct TransactionTests {
    struct Comparison: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Given the key's revisions and lease, a value below, at and above it.
        var target: @Sendable (KeyValue, _ offset: Int64) -> Compare.Target

        static let all = [
            Comparison(testDescription: "version") { .version($0.version + $1) },
            Comparison(testDescription: "createRevision") { .createRevision($0.createRevision + $1) },
            Comparison(testDescription: "modRevision") { .modRevision($0.modRevision + $1) },
            Comparison(testDescription: "value") { .value([UInt8(Int64($0.value[0]) + $1)]) },
            Comparison(testDescription: "lease") { .lease($0.lease + $1) },
        ]
    }

    @Test("Every property compares by every relation", arguments: Comparison.all)
    func comparisons(comparison: Comparison) async throws {
        try await withSharedCluster { client, prefix in
            // Far from both ends, so that there's a bigger and a smaller number.
            let lease = try await client.leaseGrant(ttl: 60, id: Int64.random(in: 1000...(1 << 60)))
            for _ in 0..<3 { try await client.put(bytes(prefix), [100], options: .init(lease: lease.id)) }
            let kv = try #require(try await client.range(.key(prefix)).kvs.first)
            // The given value below, at and above the key's: the key is then greater, equal, less.
            let holds: [Compare.Relation: [Int64]] = [.greater: [-1], .equal: [0], .less: [1], .notEqual: [-1, 1]]
            for relation in Compare.Relation.allCases {
                for offset in [-1, 0, 1] as [Int64] {
                    let compare = Compare(.key(prefix), relation, comparison.target(kv, offset))
                    let answer = try await client.transaction(Transaction(compare: [compare]))
                    #expect(answer.succeeded == holds[relation]?.contains(offset), "\(relation) \(offset)")
                }
            }
            try await client.leaseRevoke(lease.id)
        }
    }

    @Test("A key is made only if it's missing, and the other branch tells what is there")
    func create() async throws {
        try await withSharedCluster { client, prefix in
            let key = bytes(prefix)
            func create(_ value: String) async throws -> TransactionResponse {
                try await client.transaction(
                    Transaction(compare: [.modRevision(key, .equal, 0)], success: [.put(key, bytes(value))], failure: [.range(.key(key))]))
            }
            let first = try await create("1")
            #expect(first.succeeded)
            let second = try await create("2")
            #expect(!second.succeeded)
            guard case .range(let there) = second.responses.first else {
                Issue.record("\(second)")
                return
            }
            #expect(there.kvs.first?.valueText == "1")
            #expect(there.kvs.first?.modRevision == first.header.revision)
        }
    }

    @Test("All comparisons must hold, also over a range of keys")
    func all() async throws {
        try await withSharedCluster { client, prefix in
            for name in ["a", "b"] { try await client.put("\(prefix)/\(name)", "v") }
            let range = Compare(.prefix(prefix), .equal, .value(bytes("v")))
            #expect(try await client.transaction(Transaction(compare: [range, .version(bytes("\(prefix)/a"), .equal, 1)])).succeeded)
            #expect(try await client.transaction(Transaction(compare: [range, .version(bytes("\(prefix)/a"), .equal, 2)])).succeeded == false)
            try await client.put("\(prefix)/b", "w")
            #expect(try await client.transaction(Transaction(compare: [range])).succeeded == false)
        }
    }

    @Test("Operations are answered in order, at one revision, nested ones too")
    func operations() async throws {
        try await withSharedCluster { client, prefix in
            let (a, b, c) = (bytes("\(prefix)/a"), bytes("\(prefix)/b"), bytes("\(prefix)/c"))
            try await client.put(a, bytes("1"))
            let inner = Transaction(
                compare: [.version(a, .equal, 1)], success: [.put(b, bytes("2"))], failure: [.put(b, bytes("never"))])
            let answer = try await client.transaction(
                Transaction(success: [
                    .range(.key(a)), .put(c, bytes("3"), options: .init(prevKV: true)), .transaction(inner), .range(.prefix(prefix)),
                    .deleteRange(.key(a), options: .init(prevKV: true)),
                ]))
            #expect(answer.succeeded && answer.responses.count == 5)
            guard case .range(let first) = answer.responses[0], case .put(let put) = answer.responses[1],
                case .transaction(let nested) = answer.responses[2], case .range(let all) = answer.responses[3],
                case .deleteRange(let deleted) = answer.responses[4]
            else {
                Issue.record("\(answer)")
                return
            }
            #expect(first.kvs.map(\.valueText) == ["1"])
            #expect(put.prevKV == nil)
            #expect(nested.succeeded && nested.responses.count == 1)
            #expect(all.kvs.map(\.valueText) == ["1", "2", "3"])
            #expect(deleted.prevKVs.map(\.valueText) == ["1"])
            let left = try await client.range(.prefix(prefix)).kvs
            #expect(left.allSatisfy { $0.modRevision == answer.header.revision })
            #expect(left.map(\.keyText) == ["\(prefix)/b", "\(prefix)/c"])
        }
    }

    @Test("What a server won't do is typed and not done")
    func refusals() async throws {
        try await withSharedCluster { client, prefix async throws in
            let key = bytes(prefix)
            let twice = Transaction(success: [.put(key, []), .put(key, [])])
            #expect(await failure { _ = try await client.transaction(twice) }?.code == .duplicateKey)
            let long = Transaction(success: (0..<129).map { .put(key + bytes("\($0)"), []) })
            let error = await failure { _ = try await client.transaction(long) }
            #expect(error?.code == .tooManyOperations)
            #expect(error?.message.contains("and 126 more") == true)
            #expect(try await client.range(.prefix(prefix)).count == 0)
        }
    }
}
