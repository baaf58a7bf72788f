//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import APIMachinery
import Logging
import ServiceLifecycle
import Storage
import Testing

@testable import CacherStorage

@Suite("Following the store", .timeLimit(.minutes(2)))
struct ReflectorTests {
    @Test("The cache reads the store in pages of one version, then follows it from there")
    func listAndWatch() async throws {
        let store = ScriptedStorage()
        for index in 0..<25 { try await store.put("p\(index)") }
        try await withCacher(over: store, configure: { $0.listPageSize = 10 }) { cacher in
            #expect(store.script.lists.map(\.predicate.limit) == [10, 10, 10])
            let list = try await cacher.list("/pods", options: ListOptions(resourceVersion: .zero))
            #expect(list.items.count == 25)
            let written = try await store.put("new")
            #expect(try await cacher.get("/pods/ns/new", options: GetOptions(resourceVersion: written.resourceVersion)) != nil)
        }
    }

    @Test("Whatever happens to the store's watch, a client's watch has no gap: it hears every event or ends")
    func noGaps() async throws {
        let store = ScriptedStorage()
        var generator = SeededRandom(11)
        try await withCacher(over: store) { cacher in
            let total = 400
            try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for _ in 0..<4 {
                    group.addTask { await Self.follow(cacher, until: UInt64(total + 1)) }
                }
                for index in 0..<total {
                    try await store.put("p\(index)")
                    switch Int.random(in: 0..<40, using: &generator) {
                    case 0: store.endWatches(failing: StorageError(.expired, message: "compacted"))
                    case 1: store.endWatches()
                    case 2: store.change { $0.listFailures = [StorageError(.internalError)] }
                    case 3: store.change { $0.watchFailures = [StorageError(.unreachable)] }
                    case 4, 5, 6, 7: await Task.yield()
                    default: break
                    }
                }
                for try await seen in group {
                    #expect(seen == Array(2...UInt64(total + 1)))
                }
            }
        }
    }

    /// As client-go does: watches, watches again from the last version seen, and lists when that is too old. Every object of the test is
    /// written once, so a list holds what the missed events would have told.
    private static func follow(_ cacher: CacherStorage, until last: UInt64) async -> [UInt64] {
        var seen: [UInt64] = []
        var from = ResourceVersion(1)
        while seen.last != last {
            guard let stream = try? await cacher.watch("/pods", options: ListOptions(resourceVersion: from)) else {
                await Task.yield()
                continue
            }
            for await event in stream {
                if let change = event.change {
                    from = change.object.resourceVersion
                    seen.append(from.value)
                } else if let list = try? await cacher.list("/pods", options: ListOptions(resourceVersion: .zero)) {
                    seen += list.items.map(\.resourceVersion.value).filter { $0 > from.value }.sorted()
                    from = max(from, list.resourceVersion)
                }
                if seen.last == last { break }
            }
        }
        return seen
    }

    @Test("When the store's watch is lost, client watches end, and old versions are too old afterwards")
    func relistEndsWatches() async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        try await withCacher(over: store) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods", options: ListOptions(resourceVersion: .zero)))
            #expect(await reader.next()?.summary == "ADDED /pods/ns/a@2")
            store.change { $0.holdsEvents = true }
            try await store.put("b")
            store.endWatches(failing: StorageError(.expired, message: "compacted"))
            #expect(await reader.rest().isEmpty)
            try await cacher.waitUntilReady()
            let list = try await cacher.list("/pods", options: ListOptions(resourceVersion: .zero))
            #expect(list.items.count == 2)
            var old = WatchReader(try await cacher.watch("/pods", options: ListOptions(resourceVersion: ResourceVersion(2))))
            #expect(await old.rest() == ["resource version expired"])
        }
    }

    @Test("A store's watch that ends without a reason is taken up where it was, and clients notice nothing")
    func silentEnd() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods", options: ListOptions(resourceVersion: .zero)))
            for index in 0..<10 {
                try await store.put("p\(index)")
                // The watch has brought something before it ends, so it isn't taken for a broken one.
                #expect(await reader.next()?.summary == "ADDED /pods/ns/p\(index)@\(index + 2)")
                store.endWatches()
            }
            #expect(store.script.lists.count == 1)
        }
    }

    @Test("While the store is away the cache goes on serving what it has")
    func storeAway() async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        try await withCacher(over: store) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods", options: ListOptions(resourceVersion: .zero)))
            #expect(await reader.next() != nil)
            let away = StorageError(.unreachable, message: "no route")
            store.change { $0.watchFailures = [away, away, away] }
            store.endWatches(failing: away)
            let written = try await store.put("b")
            #expect(await reader.next()?.summary == "ADDED /pods/ns/b@\(written.resourceVersion)")
            #expect(store.script.lists.count == 1)
            #expect(store.script.watches == 5)
        }
    }

    @Test("A failing first list is tried again until it succeeds")
    func listRetries() async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        store.change { $0.listFailures = Array(repeating: StorageError(.unreachable, message: "down"), count: 3) }
        try await withCacher(over: store) { cacher in
            #expect(store.script.lists.count == 4)
            let list = try await cacher.list("/pods", options: ListOptions(resourceVersion: .zero))
            #expect(list.items.count == 1)
        }
    }

    @Test("A restored store with a lower revision is taken as it is")
    func lowerRevision() async throws {
        let old = ScriptedStorage()
        old.skip(to: 1000)
        var intake = EventIntake(attributes: SelectionPredicate.metadataAttributes)
        #expect(intake.replace([pod("a", at: 900)], at: ResourceVersion(1000)).resourceVersion == ResourceVersion(1000))
        let view = intake.replace([pod("b", at: 5)], at: ResourceVersion(10))
        #expect(view.resourceVersion == ResourceVersion(10))
        #expect(view.tree["/pods/ns/a"] == nil)
    }

    @Test("When it is stopped, watches end, waits end, and nothing is served any more", arguments: [true, false])
    func stop(gracefully: Bool) async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        store.change { $0.answersProgress = false }
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var configuration = CacherStorageConfiguration(groupResource: GroupResource(group: "", resource: "pods"), resourcePrefix: "/pods")
        // The stop must end the wait, however slowly this machine gets there.
        configuration.freshnessTimeout = .seconds(60)
        let cacher = CacherStorage(underlying: store, configuration: configuration, logger: logger)
        let services = ServiceGroup(services: [cacher], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { if gracefully { try await services.run() } else { try await cacher.run() } }
            try await cacher.waitUntilReady()
            let stream = try await cacher.watch("/pods", options: ListOptions(resourceVersion: .zero))
            var reader = WatchReader(stream)
            #expect(await reader.next() != nil)
            async let rest = stream.nextBatch()
            async let late = failure { () async throws(StorageError) in
                try await cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: ResourceVersion(99)))
            }
            while cacher.cache.inspect({ $0.freshness.isEmpty || !$0.watches.hasWaiter }) { await Task.yield() }
            if gracefully { await services.triggerGracefulShutdown() } else { group.cancelAll() }
            #expect(await rest.isEmpty)
            #expect(await late?.code == .stopped)
            try await group.waitForAll()
        }
        #expect(await failure { () async throws(StorageError) in try await cacher.checkReadiness() }?.code == .stopped)
        let options = ListOptions(resourceVersion: .zero)
        #expect(await failure { () async throws(StorageError) in try await cacher.list("/pods", options: options) }?.code == .stopped)
        #expect(await failure { () async throws(StorageError) in try await cacher.watch("/pods", options: options) }?.code == .stopped)
        let get = await failure { () async throws(StorageError) in
            try await cacher.get("/pods/ns/a", options: GetOptions(resourceVersion: .zero))
        }
        #expect(get?.code == .stopped)
    }
}
