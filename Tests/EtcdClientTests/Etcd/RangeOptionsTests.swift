//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Testing

@Suite("Range options, on a real etcd")
struct RangeOptionsTests {
    // Five keys whose orders by key, version, creation, modification and value all differ.
    private func withKeys(_ body: @escaping @Sendable (EtcdClient, _ prefix: String, _ revisions: [String: Int64]) async throws -> Void) async throws
    {
        try await withSharedCluster { client, prefix in
            var revisions: [String: Int64] = [:]
            for name in ["c", "a", "e", "b", "d"] { revisions["+" + name] = try await client.put("\(prefix)/\(name)", "0").header.revision }
            for (name, value) in [("d", "5"), ("b", "1"), ("b", "2"), ("a", "3"), ("c", "9"), ("c", "9"), ("c", "4"), ("e", "1")] {
                revisions[name] = try await client.put("\(prefix)/\(name)", value).header.revision
            }
            try await body(client, prefix, revisions)
        }
    }

    private static let orders: [(RangeOptions.Sort.Target, String)] = [
        (.key, "abcde"), (.createRevision, "caebd"), (.modRevision, "dbace"), (.value, "ebacd"),
    ]

    @Test("Keys are sorted by any of their properties, either way", arguments: orders)
    func sorted(target: RangeOptions.Sort.Target, order: String) async throws {
        try await withKeys { client, prefix, _ in
            for direction in RangeOptions.Sort.Order.allCases {
                let answer = try await client.range(.prefix(prefix), options: .init(sort: .init(by: target, direction)))
                let names = answer.kvs.compactMap(\.keyText.last)
                #expect(String(names) == (direction == .ascending ? order : String(order.reversed())))
            }
        }
    }

    @Test("The version sorts too")
    func sortedByVersion() async throws {
        try await withKeys { client, prefix, _ in
            let answer = try await client.range(.prefix(prefix), options: .init(sort: .init(by: .version, .descending)))
            #expect(answer.kvs.map(\.version) == [4, 3, 2, 2, 2])
        }
    }

    @Test("A limit cuts the keys, not the count")
    func limit() async throws {
        try await withKeys { client, prefix, _ in
            let answer = try await client.range(.prefix(prefix), options: .init(limit: 2))
            #expect(answer.kvs.count == 2 && answer.more && answer.count == 5)
            #expect(try await client.range(.prefix(prefix), options: .init(limit: 5)).more == false)
        }
    }

    @Test("Pages at one revision make one consistent list, whatever is written between them")
    func pages() async throws {
        try await withKeys { client, prefix, _ in
            let end = KeyRange.endOfPrefix(bytes(prefix))
            var start = bytes(prefix)
            var revision: Int64 = 0
            var names = ""
            while true {
                let page = try await client.range(.range(from: start, to: end), options: .init(limit: 2, revision: revision))
                if revision == 0 { revision = page.header.revision }
                names += String(page.kvs.compactMap(\.keyText.last))
                guard page.more, let last = page.kvs.last else { break }
                start = last.key + [0]
                try await client.put("\(prefix)/z\(names.count)", "")
                try await client.deleteRange(.key("\(prefix)/e"))
            }
            #expect(names == "abcde")
        }
    }

    @Test("Keys without values, and a count without keys")
    func partial() async throws {
        try await withKeys { client, prefix, _ in
            let keys = try await client.range(.prefix(prefix), options: .init(keysOnly: true))
            #expect(keys.kvs.count == 5 && keys.kvs.allSatisfy { $0.value.isEmpty && $0.modRevision > 0 })
            let count = try await client.range(.prefix(prefix), options: .init(countOnly: true))
            #expect(count.kvs.isEmpty && count.count == 5)
        }
    }

    @Test("Revisions choose keys, and an old revision shows old values")
    func revisions() async throws {
        try await withKeys { client, prefix, revisions in
            func names(_ options: RangeOptions) async throws -> String {
                String(try await client.range(.prefix(prefix), options: options).kvs.compactMap(\.keyText.last))
            }
            let modified = try #require(revisions["a"])
            let created = try #require(revisions["+e"])
            #expect(try await names(.init(minModRevision: modified)) == "ace")
            #expect(try await names(.init(maxModRevision: modified)) == "abd")
            #expect(try await names(.init(minCreateRevision: created)) == "bde")
            #expect(try await names(.init(maxCreateRevision: created)) == "ace")
            let old = try await client.range(.prefix(prefix), options: .init(revision: created))
            #expect(old.kvs.map(\.valueText) == ["0", "0", "0"])
            #expect(old.header.revision > created, "the header is of the store, not of what was read")
        }
    }

    @Test("A serializable read is answered too")
    func serializable() async throws {
        try await withKeys { client, prefix, _ async throws in
            #expect(try await client.range(.prefix(prefix), options: .init(serializable: true)).count == 5)
        }
    }

    @Test("Ranges mean what they say")
    func ranges() async throws {
        try await withKeys { client, prefix, _ async throws in
            func names(_ range: KeyRange) async throws -> String { String(try await client.range(range).kvs.compactMap(\.keyText.last)) }
            #expect(try await names(.key("\(prefix)/b")) == "b")
            #expect(try await names(.range(from: "\(prefix)/b", to: "\(prefix)/d")) == "bc")
            #expect(try await names(.range(from: "\(prefix)/d", to: "\(prefix)/b")) == "")
            #expect(try await names(.prefix("\(prefix)/")) == "abcde")
            #expect(try await client.range(.from("\(prefix)/d"), options: .init(limit: 2)).kvs.map(\.keyText) == ["\(prefix)/d", "\(prefix)/e"])
            #expect(try await client.range(.all, options: .init(countOnly: true)).count >= 5)
        }
    }
}
