//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@testable import CacherStorage

@Suite("Waiting for the cache", .timeLimit(.minutes(1)))
struct WatchCacheTests {
    private static func cache() -> WatchCache {
        WatchCache(limits: EventLogLimits(window: .seconds(75), minimumCapacity: 100, maximumCapacity: 1000, eventsWithEncodings: 100))
    }

    private static func view(at version: UInt64, _ objects: [StoredObject] = []) -> CacheView {
        CacheView(tree: ObjectTree(sorted: objects.map(element)), resourceVersion: ResourceVersion(version), totalBytes: 0)
    }

    private static func created(_ name: String, namespace: String = "ns", at version: UInt64) -> CachedEvent {
        let new = element(pod(name, namespace: namespace, at: version))
        return CachedEvent(key: new.key, resourceVersion: ResourceVersion(version), current: new, previous: nil, time: .now)
    }

    /// Returns once somebody waits in the cache.
    private static func waiting(_ cache: WatchCache, _ isWaiting: @Sendable (WatchCache.State) -> Bool) async {
        while !cache.inspect({ isWaiting($0) }) { await Task.yield() }
    }

    @Test("A version that is there needs no wait")
    func alreadyFresh() async throws {
        let cache = Self.cache()
        cache.replace(with: Self.view(at: 10))
        try await cache.waitUntilFresh(ResourceVersion(10), timeout: .zero)
        try await cache.waitUntilFresh(.zero, timeout: .zero)
    }

    @Test("A wait ends when an event or progress reaches its version, not before")
    func reached() async throws {
        let cache = Self.cache()
        cache.replace(with: Self.view(at: 10))
        async let twelve: Void = cache.waitUntilFresh(ResourceVersion(12), timeout: .seconds(60))
        async let twenty: Void = cache.waitUntilFresh(ResourceVersion(20), timeout: .seconds(60))
        await Self.waiting(cache) { $0.freshness.count == 2 }
        cache.publish([(Self.created("a", at: 12), ObjectTree())], view: Self.view(at: 12))
        try await twelve
        #expect(cache.inspect { $0.freshness.count } == 1)
        cache.publish([], view: Self.view(at: 25))
        try await twenty
    }

    @Test("A wait that takes too long says how far the cache is")
    func timesOut() async throws {
        let cache = Self.cache()
        cache.replace(with: Self.view(at: 10))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await cache.expireWaits() }
            let error = await failure { () async throws(StorageError) in
                try await cache.waitUntilFresh(ResourceVersion(11), timeout: .milliseconds(20))
            }
            #expect(error?.code == .resourceVersionTooLarge)
            #expect(error?.message == "Too large resource version: 11, current: 10")
            #expect(error?.currentResourceVersion == ResourceVersion(10))
            #expect(error?.retryAfterSeconds == 1)
            group.cancelAll()
        }
    }

    @Test("A caller that gives up doesn't wait on, and leaves nothing behind")
    func cancelled() async {
        let cache = Self.cache()
        cache.replace(with: Self.view(at: 10))
        let error = await withTaskGroup(of: StorageError?.self) { group in
            group.addTask {
                await failure { () async throws(StorageError) in
                    try await cache.waitUntilFresh(ResourceVersion(11), timeout: .seconds(60))
                }
            }
            await Self.waiting(cache) { $0.freshness.count == 1 }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(error?.code == .timeout)
        #expect(cache.inspect { $0.freshness.isEmpty })
    }

    @Test("Stopping ends every wait")
    func stopped() async {
        let cache = Self.cache()
        async let ready = failure { () async throws(StorageError) in try await cache.waitUntilReady() }
        async let fresh = failure { () async throws(StorageError) in
            try await cache.waitUntilFresh(ResourceVersion(11), timeout: .seconds(60))
        }
        await Self.waiting(cache) { $0.freshness.count == 1 && $0.readers.count == 1 }
        cache.stop()
        #expect(await ready?.code == .stopped)
        #expect(await fresh?.code == .stopped)
        #expect(await failure { () async throws(StorageError) in try await cache.waitUntilReady() }?.code == .stopped)
    }

    @Test("The first list makes the cache ready and lets those in who waited")
    func becomesReady() async throws {
        let cache = Self.cache()
        async let ready: Void = cache.waitUntilReady()
        await Self.waiting(cache) { $0.readers.count == 1 }
        cache.replace(with: Self.view(at: 3))
        try await ready
        #expect(try cache.view().resourceVersion == ResourceVersion(3))
    }

    @Test("Progress is asked for only while somebody waits")
    func progressRequests() async throws {
        let cache = Self.cache()
        cache.replace(with: Self.view(at: 10))
        let requests = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await cache.requestProgress(every: .milliseconds(5)) { () async throws(StorageError) in
                    // The store answers the third time.
                    if requests.increment() == 3 { cache.publish([], view: Self.view(at: 11)) }
                } failed: { _ in
                }
            }
            try await cache.waitUntilFresh(ResourceVersion(11), timeout: .seconds(60))
            #expect(requests.value == 3)
            // Nobody waits: nothing may be asked until this waiter comes.
            requests.value = 2
            cache.publish([], view: Self.view(at: 10))
            try await cache.waitUntilFresh(ResourceVersion(11), timeout: .seconds(60))
            #expect(requests.value == 3)
            group.cancelAll()
        }
    }

    @Test("An event wakes the watches that it concerns and leaves the others asleep")
    func wakesByScope() async throws {
        let cache = Self.cache()
        cache.replace(with: Self.view(at: 10))
        func admit(_ key: String, fields: String = "") throws -> WatchTicket {
            var predicate = SelectionPredicate.everything
            if !fields.isEmpty { predicate.fields = try FieldSelector(parsing: fields) }
            return try cache.admit(WatchScope(key: key, predicate: predicate), origin: .now, bookmarkPeriod: nil).ticket
        }
        let tickets = [
            try admit("/pods/"), try admit("/pods/ns/"), try admit("/pods/ns/a"), try admit("/pods/", fields: "metadata.name=a"),
            try admit("/pods/ns2/"), try admit("/pods/ns/b"), try admit("/pods/", fields: "metadata.name=b"),
        ]
        await withTaskGroup(of: Void.self) { group in
            for ticket in tickets { group.addTask { _ = await cache.news(for: ticket, limit: 10) } }
            await Self.waiting(cache) { state in tickets.allSatisfy { state.watches[$0]?.waiter != nil } }
            cache.publish([(Self.created("a", at: 11), ObjectTree())], view: Self.view(at: 11))
            let asleep = cache.inspect { state in tickets.map { state.watches[$0]?.waiter != nil } }
            #expect(asleep == [false, false, false, false, true, true, true])
            for _ in 0..<4 { await group.next() }
            group.cancelAll()
        }
        #expect(cache.inspect { $0.watches.count } == 4)
        for ticket in tickets { cache.dismiss(ticket) }
        #expect(cache.inspect { $0.watches.isEmpty })
    }
}
