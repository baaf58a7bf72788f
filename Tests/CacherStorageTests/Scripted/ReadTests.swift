//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import Storage
import Testing

@Suite("Reads through the cache", .timeLimit(.minutes(2)))
struct ReadTests {
    private static func names(_ list: StorageList) -> [String] {
        list.items.map { String($0.key.dropFirst("/pods/".count)) }
    }

    @Test("A get without a version goes to the store, one with a version to the cache")
    func getRoutes() async throws {
        let store = ScriptedStorage()
        let written = try await store.put("a")
        try await withCacher(over: store) { cacher in
            let any = try await cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: .zero))
            #expect(any?.resourceVersion == written.resourceVersion)
            let thatOne = try await cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: written.resourceVersion))
            #expect(thatOne?.bytes == written.bytes)
            #expect(store.script.gets == 0)
            #expect(try await cacher.get("/pods/ns/a", options: GetOptions()) != nil)
            #expect(store.script.gets == 1)
            #expect(try await cacher.get("/pods/ns/b", options: GetOptions(ignoreNotFound: true, resourceVersion: .zero)) == nil)
            let missing = await failure { () async throws(StorageError) in
                try await cacher.get("/pods/ns/b", options: GetOptions(resourceVersion: .zero))
            }
            #expect(missing?.code == .keyNotFound)
            #expect(missing?.currentResourceVersion == written.resourceVersion)
            let invalid = await failure { () async throws(StorageError) in
                try await cacher.get("/pods/../secrets/a", options: GetOptions(resourceVersion: .zero))
            }
            #expect(invalid?.code == .invalidKey)
        }
    }

    @Test("A get at a version that the cache hasn't reached waits for it")
    func getWaits() async throws {
        let store = ScriptedStorage()
        store.change { $0.answersProgress = false }
        try await withCacher(over: store) { cacher in
            store.change { $0.holdsEvents = true }
            let written = try await store.put("a")
            async let read = cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: written.resourceVersion))
            #expect(try await cacher.get("/pods/ns/a", options: GetOptions(ignoreNotFound: true, resourceVersion: .zero)) == nil)
            store.releaseEvents()
            #expect(try await read?.resourceVersion == written.resourceVersion)
        }
    }

    @Test("A version in the future fails after the wait, and says how far the cache is")
    func futureVersion() async throws {
        let store = ScriptedStorage()
        let written = try await store.put("a")
        try await withCacher(over: store, configure: { $0.freshnessTimeout = .milliseconds(300) }) { cacher in
            let future = ResourceVersion(written.resourceVersion.value + 1000)
            for match in [nil, ResourceVersionMatch.notOlderThan, .exact] {
                let error = await failure { () async throws(StorageError) in
                    try await cacher.list("/pods", options: ListOptions(resourceVersion: future, match: match))
                }
                #expect(error?.code == .resourceVersionTooLarge)
                #expect(error?.retryAfterSeconds == 1)
                #expect(error?.message == "Too large resource version: \(future), current: \(written.resourceVersion)")
            }
            #expect(store.script.progressRequests > 0)
        }
    }

    @Test("A list of version zero gives everything at once, whatever its limit")
    func listAny() async throws {
        let store = ScriptedStorage()
        for name in ["c", "a", "b"] { try await store.put(name) }
        let last = try await store.put("x", namespace: "other")
        try await withCacher(over: store) { cacher in
            let listsAtStart = store.script.lists.count
            let predicate = SelectionPredicate(limit: 2)
            let list = try await cacher.list("/pods", options: ListOptions(resourceVersion: .zero, predicate: predicate))
            #expect(Self.names(list) == ["ns/a", "ns/b", "ns/c", "other/x"])
            #expect(list.resourceVersion == last.resourceVersion)
            #expect(list.continueToken == nil)
            let other = try await cacher.list("/pods/other", options: ListOptions(resourceVersion: .zero))
            #expect(Self.names(other) == ["other/x"])
            let one = try await cacher.list("/pods/ns/b", options: ListOptions(resourceVersion: .zero, recursive: false))
            #expect(Self.names(one) == ["ns/b"])
            #expect(store.script.lists.count == listsAtStart)
        }
    }

    @Test("A list of the newest version sees every write that came before it, without listing the store")
    func consistentList() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store) { cacher in
            let listsAtStart = store.script.lists.count
            for index in 0..<20 {
                let written = try await store.put("p\(index)")
                // Another resource's write: only progress can bring the cache there.
                store.skip(to: written.resourceVersion.value + 5)
                let list = try await cacher.list("/pods", options: ListOptions())
                #expect(list.items.count == index + 1)
                #expect(list.resourceVersion.value >= written.resourceVersion.value + 5)
            }
            #expect(store.script.lists.count == listsAtStart)
        }
    }

    @Test("When the cache lags too far, or the store can't tell its progress, the store answers", arguments: [true, false])
    func consistentListFallsBack(supportsProgress: Bool) async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        store.change { script in
            script.answersProgress = false
            script.supportsProgress = supportsProgress
        }
        try await withCacher(over: store, configure: { $0.freshnessTimeout = .milliseconds(50) }) { cacher in
            store.change { $0.holdsEvents = true }
            let written = try await store.put("b")
            let listsBefore = store.script.lists.count
            let list = try await cacher.list("/pods", options: ListOptions())
            #expect(Self.names(list) == ["ns/a", "ns/b"])
            #expect(list.resourceVersion == written.resourceVersion)
            #expect(store.script.lists.count == listsBefore + 1)
        }
    }

    @Test("Old versions come from snapshots; what isn't kept comes from the store")
    func exactLists() async throws {
        let store = ScriptedStorage()
        let first = try await store.put("a")
        try await withCacher(over: store) { cacher in
            let second = try await store.put("b")
            let third = try await store.remove("a")
            _ = try await cacher.get("/pods/ns/b", options: GetOptions(resourceVersion: third.resourceVersion))
            func list(at version: ResourceVersion) async throws -> [String] {
                let list = try await cacher.list("/pods", options: ListOptions(resourceVersion: version, match: .exact))
                #expect(list.resourceVersion == version)
                return Self.names(list)
            }
            let listsBefore = store.script.lists.count
            #expect(try await list(at: first.resourceVersion) == ["ns/a"])
            #expect(try await list(at: second.resourceVersion) == ["ns/a", "ns/b"])
            #expect(try await list(at: third.resourceVersion) == ["ns/b"])
            #expect(store.script.lists.count == listsBefore)
            // Before the cache's first list.
            #expect(try await list(at: ResourceVersion(1)).isEmpty)
            #expect(store.script.lists.count == listsBefore + 1)
        }
    }

    @Test("Versions below the store's compact revision are no longer served from snapshots")
    func compaction() async throws {
        let store = ScriptedStorage()
        let first = try await store.put("a")
        try await withCacher(over: store, configure: { $0.compactionPollPeriod = .milliseconds(5) }) { cacher in
            let second = try await store.put("b")
            _ = try await cacher.get("/pods/ns/b", options: GetOptions(resourceVersion: second.resourceVersion))
            store.compact(to: second.resourceVersion.value)
            var error: StorageError?
            while error == nil {
                error = await failure { () async throws(StorageError) in
                    try await cacher.list("/pods", options: ListOptions(resourceVersion: first.resourceVersion, match: .exact))
                }
            }
            #expect(error?.code == .expired)
            let kept = try await cacher.list("/pods", options: ListOptions(resourceVersion: second.resourceVersion, match: .exact))
            #expect(Self.names(kept) == ["ns/a", "ns/b"])
        }
    }

    @Test("Pages are of one version, whatever is written meanwhile")
    func pages() async throws {
        let store = ScriptedStorage()
        for index in 0..<10 { try await store.put("p\(index)", labels: ["parity": index % 2 == 0 ? "even" : "odd"]) }
        try await withCacher(over: store) { cacher in
            let listsBefore = store.script.lists.count
            var options = ListOptions(predicate: SelectionPredicate(limit: 4))
            var pages: [StorageList] = []
            repeat {
                let page = try await cacher.list("/pods", options: options)
                pages.append(page)
                options.predicate.continueToken = page.continueToken
                let written = try await store.put("p\(pages.count)a")
                _ = try await cacher.get("/pods/ns/x", options: GetOptions(ignoreNotFound: true, resourceVersion: written.resourceVersion))
            } while options.predicate.continueToken != nil
            #expect(pages.map { $0.items.count } == [4, 4, 2])
            #expect(pages.map(\.remainingItemCount) == [6, 2, nil])
            #expect(Set(pages.map(\.resourceVersion)).count == 1)
            #expect(pages.flatMap(Self.names) == (0..<10).map { "ns/p\($0)" })
            #expect(store.script.lists.count == listsBefore)
        }
    }

    @Test("A selected page goes on after the last key it looked at, and doesn't say how many remain")
    func selectedPages() async throws {
        let store = ScriptedStorage()
        for index in 0..<9 { try await store.put("p\(index)", labels: ["parity": index % 2 == 0 ? "even" : "odd"]) }
        try await withCacher(over: store) { cacher in
            var options = ListOptions(predicate: SelectionPredicate(labels: try LabelSelector(parsing: "parity=odd"), limit: 3))
            let first = try await cacher.list("/pods", options: options)
            #expect(Self.names(first) == ["ns/p1", "ns/p3", "ns/p5"])
            #expect(first.remainingItemCount == nil)
            #expect(first.continueToken != nil)
            options.predicate.continueToken = first.continueToken
            let second = try await cacher.list("/pods", options: options)
            #expect(Self.names(second) == ["ns/p7"])
            #expect(second.continueToken == nil)
        }
    }

    @Test("Objects whose bytes can't be read are listed, and passed over by selectors")
    func unreadable() async throws {
        let store = ScriptedStorage()
        try await store.put("/pods/ns/broken", Array("no object".utf8))
        try await store.put("fine")
        try await withCacher(over: store) { cacher in
            let all = try await cacher.list("/pods", options: ListOptions(resourceVersion: .zero))
            #expect(Self.names(all) == ["ns/broken", "ns/fine"])
            var options = ListOptions(resourceVersion: .zero)
            options.predicate.fields = try FieldSelector(parsing: "metadata.namespace=ns")
            #expect(Self.names(try await cacher.list("/pods", options: options)) == ["ns/fine"])
        }
    }

    @Test("Until the first list, cheap reads go to the store and costly ones are told to come back")
    func notReady() async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        store.change { $0.listOutage = StorageError(.unreachable, message: "down") }
        try await withCacher(over: store, waitsUntilReady: false) { cacher in
            #expect(try await cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: .zero)) != nil)
            #expect(store.script.gets == 1)
            func code(_ options: ListOptions, key: String = "/pods") async -> StorageError? {
                await failure { () async throws(StorageError) in try await cacher.list(key, options: options) }
            }
            // The store's own answer, which is its outage.
            #expect(await code(ListOptions(predicate: SelectionPredicate(limit: 5)))?.code == .unreachable)
            let exact = ListOptions(resourceVersion: ResourceVersion(2), match: .exact, recursive: false)
            #expect(await code(exact, key: "/pods/ns/a")?.code == .unreachable)
            for options in [
                ListOptions(), ListOptions(resourceVersion: .zero),
                ListOptions(predicate: SelectionPredicate(labels: try LabelSelector(parsing: "a=b"), limit: 5)),
            ] {
                let error = await code(options)
                #expect(error?.code == .notReady)
                #expect(error?.retryAfterSeconds == 1)
            }
            #expect(await failure { () async throws(StorageError) in try await cacher.checkReadiness() }?.code == .notReady)
            let watch = await failure { () async throws(StorageError) in try await cacher.watch("/pods", options: ListOptions(resourceVersion: .zero))
            }
            #expect(watch?.code == .notReady)
            #expect(watch?.message.contains("storage is (re)initializing") == true)
            store.change { $0.listOutage = nil }
            try await cacher.waitUntilReady()
            #expect(try await cacher.list("/pods", options: ListOptions()).items.count == 1)
        }
    }

    @Test("Writes pass on what the cache has of the object")
    func suggestions() async throws {
        let store = ScriptedStorage()
        let written = try await store.put("a")
        try await withCacher(over: store) { cacher in
            store.change { $0.suggestions = [] }
            let updated = try await cacher.put("a", note: "new")
            _ = try await cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: updated.resourceVersion))
            try await cacher.remove("a")
            try await cacher.put("b")
            #expect(store.script.suggestions.map { $0?.resourceVersion } == [written.resourceVersion, updated.resourceVersion, nil])
            let taken = await failure { () async throws(StorageError) in try await cacher.create("/pods/ns/b", bytes: podBytes("b"), ttl: 0) }
            #expect(taken?.code == .keyExists)
        }
    }

    @Test("Statistics come from the cache")
    func statistics() async throws {
        let store = ScriptedStorage()
        let sizes = [try await store.put("a").bytes.count, try await store.put("b", note: "longer than the other").bytes.count]
        try await withCacher(over: store) { cacher in
            let statistics = try await cacher.statistics()
            #expect(statistics == StorageStatistics(objectCount: 2, averageObjectSize: (sizes[0] + sizes[1]) / 2))
        }
    }
}
