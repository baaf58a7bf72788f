//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import EtcdStorage
import EtcdTestKit
import Storage
import Testing

@Suite("Watches of a cache over etcd", .timeLimit(.minutes(5)))
struct WatchOverEtcdTests {
    @Test("A list and the watch from it make the later list: no gap, nothing twice, while many write")
    func listAndWatchReplay() async throws {
        try await withEtcdCacher { etcd in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var generator = SeededRandom(UInt64(writer))
                        for step in 0..<60 {
                            let name = "p\(Int.random(in: 0..<10, using: &generator))"
                            if Int.random(in: 0..<3, using: &generator) == 0 {
                                _ = await failure { () async throws(StorageError) in
                                    try await etcd.store.delete("/pods/ns/\(name)", preconditions: nil, suggestion: nil) { _ in }
                                }
                            } else {
                                try await etcd.store.put(name, note: "\(writer) \(step)")
                            }
                        }
                    }
                }
                for _ in 0..<6 { group.addTask { try await Self.replay(etcd) } }
                try await group.waitForAll()
            }
        }
    }

    private static func replay(_ etcd: EtcdFixture) async throws {
        let begin = try await etcd.cacher.list("/pods", options: ListOptions(resourceVersion: .zero))
        var objects = Dictionary(uniqueKeysWithValues: begin.items.map { ($0.key, $0) })
        let stream = try await etcd.cacher.watch("/pods", options: ListOptions(resourceVersion: begin.resourceVersion))
        // Something to wait for: the last write of this replay, seen by its own watch.
        let mark = try await etcd.store.put("mark")
        var newest = begin.resourceVersion
        for await event in stream {
            guard let change = event.change else {
                Issue.record("\(event.summary)")
                return
            }
            #expect(change.object.resourceVersion > newest)
            newest = change.object.resourceVersion
            #expect((change.kind == .added) == (objects[change.object.key] == nil))
            objects[change.object.key] = change.kind == .deleted ? nil : change.object
            if newest >= mark.resourceVersion { break }
        }
        let end = try await etcd.store.list("/pods", options: ListOptions(resourceVersion: newest, match: .exact))
        #expect(end.items.map { "\($0.key)@\($0.resourceVersion)" } == objects.values.map { "\($0.key)@\($0.resourceVersion)" }.sorted())
        #expect(end.items.allSatisfy { objects[$0.key]?.bytes == $0.bytes })
    }

    @Test("A watch in a namespace sees what its selector takes, and a deletion with the deleted object's last content and new version")
    func mapping() async throws {
        try await withEtcdCacher { etcd in
            let options = ListOptions(predicate: SelectionPredicate(labels: try LabelSelector(parsing: "on=yes")), sendInitialEvents: false)
            var reader = WatchReader(try await etcd.cacher.watch("/pods/ns", options: options))
            let yes = ["on": "yes"]
            try await etcd.store.put("a", namespace: "ns-bad", labels: yes)
            try await etcd.store.put("a", labels: ["on": "no"])
            let added = try await etcd.store.put("a", labels: yes)
            let modified = try await etcd.store.put("a", labels: yes, note: "new")
            let left = try await etcd.store.put("a", labels: ["on": "no"])
            let again = try await etcd.store.put("a", labels: yes)
            let deleted = try await etcd.store.remove("a")
            let expected = [
                "ADDED /pods/ns/a@\(added.resourceVersion)", "MODIFIED /pods/ns/a@\(modified.resourceVersion)",
                "DELETED /pods/ns/a@\(left.resourceVersion)", "ADDED /pods/ns/a@\(again.resourceVersion)",
                "DELETED /pods/ns/a@\(deleted.resourceVersion)",
            ]
            var events: [WatchEvent] = []
            while events.count < expected.count, let event = await reader.next() { events.append(event) }
            #expect(events.map(\.summary) == expected)
            #expect(events.dropFirst(2).first?.change?.object.bytes == modified.bytes)
            #expect(events.last?.change?.object.bytes == deleted.bytes)
            #expect(deleted.resourceVersion > again.resourceVersion)
        }
    }

    @Test("The present state ends with a bookmark at a version that covers it, even when another resource wrote last")
    func initialEvents() async throws {
        try await withEtcdCacher { etcd in
            for name in ["c", "a", "b"] { try await etcd.store.put(name) }
            let foreign = try await etcd.elsewhere.put("/configmaps/ns/c", Array("{\"metadata\":{\"name\":\"c\"}}".utf8))
            let options = ListOptions(predicate: SelectionPredicate(allowWatchBookmarks: true), sendInitialEvents: true)
            var reader = WatchReader(try await etcd.cacher.watch("/pods", options: options))
            var events: [WatchEvent] = []
            while events.count < 4, let event = await reader.next() { events.append(event) }
            #expect(events.prefix(3).map { $0.change?.object.key } == ["/pods/ns/a", "/pods/ns/b", "/pods/ns/c"])
            guard case .bookmark(let version, endsInitialEvents: true) = events.last else {
                Issue.record("\(events.map(\.summary))")
                return
            }
            #expect(version >= foreign.resourceVersion)
            let written = try await etcd.store.put("d")
            #expect(await reader.next()?.summary == "ADDED /pods/ns/d@\(written.resourceVersion)")
        }
    }

    @Test("Two hundred watchers get every event in order while several clients write")
    func fanOut() async throws {
        try await withEtcdCacher { etcd in
            let start = try await etcd.cacher.currentResourceVersion()
            try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for _ in 0..<200 {
                    let stream = try await etcd.cacher.watch("/pods", options: ListOptions(resourceVersion: start))
                    group.addTask {
                        var versions: [UInt64] = []
                        for await batch in stream.batches {
                            versions += batch.compactMap(\.change?.object.resourceVersion.value)
                            if versions.count >= 200 { break }
                        }
                        return versions
                    }
                }
                var written: [UInt64] = []
                try await withThrowingTaskGroup(of: [UInt64].self) { writers in
                    for writer in 0..<4 {
                        writers.addTask {
                            var versions: [UInt64] = []
                            for index in 0..<50 { versions.append(try await etcd.store.put("p\(writer)-\(index)").resourceVersion.value) }
                            return versions
                        }
                    }
                    for try await versions in writers { written += versions }
                }
                written.sort()
                for try await versions in group { #expect(versions == written) }
            }
        }
    }

    @Test("What was compacted before the cache began is expired, for lists and watches alike")
    func compacted() async throws {
        try await EtcdCluster.withCluster { cluster in
            try await withEtcdCacher(on: cluster) { etcd in
                let first = try await etcd.store.put("a")
                let second = try await etcd.store.put("b")
                let third = try await etcd.store.put("c")
                // The cache has seen it before it is compacted away.
                _ = try await etcd.cacher.get("/pods/ns/c", options: GetOptions(resourceVersion: third.resourceVersion))
                _ = try await cluster.etcdctl(["compact", third.resourceVersion.description])
                try await withCacher(over: etcd.store) { late in
                    for storage in [late, etcd.store] as [any Storage] {
                        let error = await failure { () async throws(StorageError) in
                            try await storage.list("/pods", options: ListOptions(resourceVersion: first.resourceVersion, match: .exact))
                        }
                        #expect(error?.code == .expired)
                        var reader = WatchReader(try await storage.watch("/pods", options: ListOptions(resourceVersion: first.resourceVersion)))
                        #expect(await reader.next()?.summary == "resource version expired")
                    }
                }
                // The cache that was there before still knows.
                var reader = WatchReader(try await etcd.cacher.watch("/pods", options: ListOptions(resourceVersion: first.resourceVersion)))
                #expect(await reader.next()?.summary == "ADDED /pods/ns/b@\(second.resourceVersion)")
            }
        }
    }

    @Test("While etcd is down the cache serves what it has; when it is back, watches go on or end, and reads are consistent again")
    func outage() async throws {
        try await EtcdCluster.withCluster { cluster in
            try await withEtcdCacher(on: cluster, readTimeout: .seconds(5)) { etcd in
                let before = try await etcd.store.put("a")
                _ = try await etcd.cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: before.resourceVersion))
                let stream = try await etcd.cacher.watch("/pods", options: ListOptions(resourceVersion: before.resourceVersion))
                await cluster.members[0].kill()
                let stale = try await etcd.cacher.list("/pods", options: ListOptions(resourceVersion: .zero))
                #expect(stale.items.count == 1)
                let unreachable = await failure { () async throws(StorageError) in try await etcd.cacher.list("/pods", options: ListOptions()) }
                #expect(unreachable != nil)
                try await cluster.members[0].start()
                try await etcd.waitUntilConnected()
                let written = try await etcd.store.put("b")
                var reader = WatchReader(stream)
                if let event = await reader.next() { #expect(event.summary == "ADDED /pods/ns/b@\(written.resourceVersion)") }
                try await etcd.cacher.waitUntilReady()
                let list = try await etcd.cacher.list("/pods", options: ListOptions())
                #expect(list.items.map(\.key) == ["/pods/ns/a", "/pods/ns/b"])
                #expect(list.resourceVersion >= written.resourceVersion)
            }
        }
    }
}
