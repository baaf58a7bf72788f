//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import APIMachinery
import CacherStorage
import EtcdStorage
import Storage
import Testing

@Suite("Lists of the cache and of etcd", .timeLimit(.minutes(5)))
struct ListParityTests {
    /// All that a caller can see of a list.
    private static func whole(_ list: StorageList) -> [String] {
        list.items.map { "\($0.key)@\($0.resourceVersion) \(String(decoding: $0.bytes, as: UTF8.self))" }
            + ["at \(list.resourceVersion), more: \(list.continueToken ?? "-"), remaining: \(list.remainingItemCount.map(String.init) ?? "-")"]
    }

    private static func write(_ count: Int, to store: some Storage, _ generator: inout SeededRandom) async throws -> [ResourceVersion] {
        var versions: [ResourceVersion] = []
        for step in 0..<count {
            let namespace = ["ns", "ns-bad", "other"].randomElement(using: &generator) ?? "ns"
            let name = "p\(Int.random(in: 0..<12, using: &generator))"
            let labels = ["tier": "t\(Int.random(in: 0..<3, using: &generator))"]
            if Int.random(in: 0..<4, using: &generator) == 0,
                try await store.get("/pods/\(namespace)/\(name)", options: GetOptions(ignoreNotFound: true)) != nil
            {
                versions.append(try await store.remove(name, namespace: namespace).resourceVersion)
            } else {
                versions.append(try await store.put(name, namespace: namespace, labels: labels, note: "\(step)").resourceVersion)
            }
        }
        return versions
    }

    @Test("At one revision both answer the same, page by page, whatever the options")
    func matrix() async throws {
        try await withEtcdCacher { etcd in
            var generator = SeededRandom(42)
            let versions = try await Self.write(60, to: etcd.store, &generator)
            let last = try #require(versions.last)
            var predicates = [SelectionPredicate.everything]
            for labels in ["tier=t1", "tier!=t1", "tier=none"] {
                predicates.append(SelectionPredicate(labels: try LabelSelector(parsing: labels)))
            }
            for fields in ["metadata.name=p3", "metadata.namespace=ns"] {
                predicates.append(SelectionPredicate(fields: try FieldSelector(parsing: fields)))
            }
            for version in [nil, versions[10], versions[37], last] {
                for key in ["/pods", "/pods/ns", "/pods/ns/", "/pods/none"] {
                    for (index, predicate) in predicates.enumerated() {
                        for limit in [0, 1, 5, 1000] {
                            var options = ListOptions(resourceVersion: version, match: version == nil ? nil : .exact, predicate: predicate)
                            options.predicate.limit = limit
                            let where_ = "version \(version?.description ?? "-"), key \(key), predicate \(index), limit \(limit)"
                            try await Self.comparePages(etcd, key, options, where_)
                        }
                    }
                }
            }
            for version in [nil, last] {
                let options = ListOptions(resourceVersion: version, recursive: false)
                for name in ["p0", "p1", "none"] {
                    let mine = try await etcd.cacher.list("/pods/ns/\(name)", options: options)
                    let theirs = try await etcd.store.list("/pods/ns/\(name)", options: options)
                    #expect(Self.whole(mine).dropLast() == Self.whole(theirs).dropLast())
                }
            }
        }
    }

    /// Goes through all pages; each page's token is used with both.
    private static func comparePages(_ etcd: EtcdFixture, _ key: String, _ options: ListOptions, _ where_: String) async throws {
        var options = options
        while true {
            let mine = try await etcd.cacher.list(key, options: options)
            // Other tests write to the same etcd, so what is newest is another revision each time: the store is asked at the cache's.
            var sameRevision = options
            if options.resourceVersion == nil, options.predicate.continueToken == nil {
                sameRevision.resourceVersion = mine.resourceVersion
                sameRevision.match = .exact
            }
            let theirs = try await etcd.store.list(key, options: sameRevision)
            #expect(whole(mine) == whole(theirs), "\(where_)")
            guard let token = mine.continueToken, token == theirs.continueToken else { return }
            options.predicate.continueToken = token
            options.resourceVersion = nil
            options.match = nil
        }
    }

    @Test("A list without a version sees what was written just before, by whomever")
    func consistentLists() async throws {
        try await withEtcdCacher { etcd in
            for index in 0..<40 {
                let written = try await etcd.store.put("p\(index)")
                if index % 2 == 0 { try await etcd.elsewhere.put("/configmaps/ns/c", Array("{\"metadata\":{\"name\":\"c\(index)\"}}".utf8)) }
                let list = try await etcd.cacher.list("/pods", options: ListOptions())
                #expect(list.items.count == index + 1)
                #expect(list.resourceVersion >= written.resourceVersion)
            }
        }
    }

    @Test("A version that only another resource's write has reached is waited for, not refused")
    func foreignRevision() async throws {
        try await withEtcdCacher { etcd in
            try await etcd.store.put("a")
            let foreign = try await etcd.elsewhere.put("/configmaps/ns/c", Array("{\"metadata\":{\"name\":\"c\"}}".utf8))
            for match in [ResourceVersionMatch.notOlderThan, .exact] {
                let list = try await etcd.cacher.list("/pods", options: ListOptions(resourceVersion: foreign.resourceVersion, match: match))
                #expect(list.items.count == 1)
                #expect(list.resourceVersion >= foreign.resourceVersion)
            }
            let read = try await etcd.cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: foreign.resourceVersion))
            #expect(read != nil)
        }
    }

    @Test("Guarded writes start from the cached copy and don't lose each other")
    func guardedWrites() async throws {
        try await withEtcdCacher { etcd in
            try await etcd.cacher.put("counter", note: "0")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            _ = try await etcd.cacher.guaranteedUpdate(
                                "/pods/ns/counter", ignoreNotFound: false, preconditions: nil, suggestion: nil
                            ) { object in
                                let count = try Self.count(object)
                                return UpdateProposal(bytes: podBytes("counter", note: "\(count + 1)"))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = try Self.count(try await etcd.cacher.get("/pods/ns/counter", options: GetOptions()))
            #expect(count == 80)
        }
    }

    private static func count(_ object: StoredObject?) throws -> Int {
        let note = try #require(try object?.value()["spec"]?["note"]?.stringValue)
        return try #require(Int(note))
    }
}
