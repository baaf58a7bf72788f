//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@testable import CacherStorage

@Suite("Watches of the cache", .timeLimit(.minutes(2)))
struct WatchTests {
    private static func fromZero(_ labels: String = "", bookmarks: Bool = false, initial: Bool? = nil) throws -> ListOptions {
        var predicate = SelectionPredicate(allowWatchBookmarks: bookmarks)
        if !labels.isEmpty { predicate.labels = try LabelSelector(parsing: labels) }
        return ListOptions(resourceVersion: .zero, predicate: predicate, sendInitialEvents: initial)
    }

    @Test("What a watch begins with follows from its version and whether it wants the present state")
    func startModes() async throws {
        let store = ScriptedStorage()
        store.skip(to: 100)
        try await withCacher(over: store) { cacher in
            // At 101, 102 and 103; the list was at 100.
            for name in ["c", "a", "b"] { try await store.put(name) }
            _ = try await cacher.get("/pods/ns/b", options: GetOptions(resourceVersion: ResourceVersion(103)))
            let state = ["ADDED /pods/ns/a@102", "ADDED /pods/ns/b@103", "ADDED /pods/ns/c@101"]
            let history = ["ADDED /pods/ns/c@101", "ADDED /pods/ns/a@102", "ADDED /pods/ns/b@103"]
            let cases: [(version: UInt64?, initial: Bool?, bookmarks: Bool, expected: [String])] = [
                (nil, nil, false, state), (0, nil, false, state), (0, nil, true, state), (100, nil, false, history), (103, nil, false, []),
                (nil, true, false, state), (0, true, false, state), (101, true, false, state), (nil, true, true, state + ["END@103"]),
                (0, true, true, state + ["END@103"]), (101, true, true, state + ["END@103"]), (nil, false, false, []), (0, false, false, []),
                (103, false, false, []), (100, false, false, history), (101, nil, true, Array(history[1...])), (100, false, true, history),
            ]
            var readers: [(WatchReader, [String])] = []
            for item in cases {
                let options = ListOptions(
                    resourceVersion: item.version.map { ResourceVersion($0) },
                    predicate: SelectionPredicate(allowWatchBookmarks: item.bookmarks), sendInitialEvents: item.initial)
                readers.append((WatchReader(try await cacher.watch("/pods", options: options)), item.expected))
            }
            try await store.put("d")
            try await store.remove("a")
            for (reader, expected) in readers {
                var reader = reader
                let all = expected + ["ADDED /pods/ns/d@104", "DELETED /pods/ns/a@105"]
                #expect(await reader.next(all.count) == all)
            }
        }
    }

    @Test("A watch from the future is silent until then, and hears no bookmark from before")
    func futureVersion() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store, configure: { $0.bookmarkPeriod = .milliseconds(1) }) { cacher in
            let version = try await store.put("a").resourceVersion.value
            var options = ListOptions(resourceVersion: ResourceVersion(version + 2))
            options.predicate.allowWatchBookmarks = true
            var reader = WatchReader(try await cacher.watch("/pods", options: options))
            for _ in 0..<3 { try await store.put("a") }
            var seen: [String] = []
            while seen.last?.hasPrefix("MODIFIED") != true, let event = await reader.next() {
                #expect((event.resourceVersion?.value ?? 0) >= version + 2)
                seen.append(event.summary)
            }
            #expect(seen.last == "MODIFIED /pods/ns/a@\(version + 3)")
        }
    }

    @Test("What a predicate takes is added, changed in it is modified, and what leaves it is deleted with its old content")
    func filterMapping() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods", options: try Self.fromZero("on=yes")))
            let yes = ["on": "yes"]
            try await store.put("a", labels: ["on": "no"])
            try await store.put("a", labels: yes, note: "one")
            let last = try await store.put("a", labels: yes, note: "two")
            let left = try await store.put("a", labels: ["on": "no"])
            try await store.put("a", labels: ["on": "no"], note: "unseen")
            try await store.put("a", labels: yes)
            try await store.remove("a")
            try await store.put("b", labels: ["on": "no"])
            try await store.remove("b")
            try await store.put("end", labels: yes)
            var events: [WatchEvent] = []
            while events.last?.change?.object.key != "/pods/ns/end", let event = await reader.next() { events.append(event) }
            #expect(
                events.map(\.summary) == [
                    "ADDED /pods/ns/a@3", "MODIFIED /pods/ns/a@4", "DELETED /pods/ns/a@5", "ADDED /pods/ns/a@7", "DELETED /pods/ns/a@8",
                    "ADDED /pods/ns/end@11",
                ])
            let deleted = try #require(events[2].change).object
            #expect(deleted.bytes == last.bytes)
            #expect(deleted.resourceVersion == left.resourceVersion)
        }
    }

    @Test("A watch hears of its namespace or object alone")
    func scopes() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store) { cacher in
            var all = WatchReader(try await cacher.watch("/pods", options: try Self.fromZero()))
            var namespace = WatchReader(try await cacher.watch("/pods/ns", options: try Self.fromZero()))
            var objectOptions = try Self.fromZero()
            objectOptions.recursive = false
            var object = WatchReader(try await cacher.watch("/pods/ns/a", options: objectOptions))
            for (name, space) in [("a", "ns-bad"), ("ab", "ns"), ("a", "ns"), ("b", "ns")] { try await store.put(name, namespace: space) }
            try await store.remove("a")
            try await store.put("c")
            #expect(
                await all.next(4) == ["ADDED /pods/ns-bad/a@2", "ADDED /pods/ns/ab@3", "ADDED /pods/ns/a@4", "ADDED /pods/ns/b@5"])
            #expect(
                await namespace.next(5) == [
                    "ADDED /pods/ns/ab@3", "ADDED /pods/ns/a@4", "ADDED /pods/ns/b@5", "DELETED /pods/ns/a@6", "ADDED /pods/ns/c@7",
                ])
            #expect(await object.next(2) == ["ADDED /pods/ns/a@4", "DELETED /pods/ns/a@6"])
        }
    }

    @Test("All watchers of an event share its encodings; one that sees it as a deletion shares another with its like")
    func sharedEncodings() async throws {
        let store = ScriptedStorage()
        try await store.put("a", labels: ["on": "yes"])
        try await withCacher(over: store) { cacher in
            func watch(_ labels: String) async throws -> WatchReader {
                WatchReader(try await cacher.watch("/pods", options: try Self.fromZero(labels, initial: false)))
            }
            var readers = [try await watch(""), try await watch("on=no"), try await watch("on=yes"), try await watch("on=yes")]
            try await store.put("a", labels: ["on": "no"])
            var changes: [WatchChange] = []
            for index in readers.indices { changes.append(try #require(await readers[index].next()?.change)) }
            #expect(changes.map(\.kind) == [.modified, .added, .deleted, .deleted])
            #expect(changes[0].encodings === changes[1].encodings)
            #expect(changes[2].encodings === changes[3].encodings)
            #expect(changes[0].encodings !== changes[2].encodings)
        }
    }

    @Test("Initial events come from the moment the watch began, however slowly they are read, and nothing is told twice")
    func slowInitialEvents() async throws {
        let store = ScriptedStorage()
        for index in 1000..<3000 { try await store.put("p\(index)") }
        try await withCacher(over: store) { cacher in
            let stream = try await cacher.watch("/pods", options: try Self.fromZero(bookmarks: true, initial: true))
            var reader = WatchReader(stream)
            let begun = await reader.next(10)
            #expect(begun.first == "ADDED /pods/ns/p1000@2")
            try await store.remove("p2999")
            try await store.put("p0")
            let rest = await reader.next(1990 + 3)
            #expect(rest[1989] == "ADDED /pods/ns/p2999@2001")
            #expect(rest[1990...] == ["END@2001", "DELETED /pods/ns/p2999@2002", "ADDED /pods/ns/p0@2003"])
            #expect(Set(begun + rest).count == 2003)
        }
    }

    @Test("The end of the initial events is marked once, even without objects, and with the version of the whole resource")
    func initialEventsEnd() async throws {
        let store = ScriptedStorage()
        try await store.put("a", namespace: "other")
        try await withCacher(over: store, configure: { $0.bookmarkPeriod = .milliseconds(5) }) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods/ns", options: try Self.fromZero(bookmarks: true, initial: true)))
            #expect(await reader.next(4) == ["END@2", "BOOKMARK@2", "BOOKMARK@2", "BOOKMARK@2"])
        }
    }

    @Test("Bookmarks come regularly to those who allow them, follow the store's progress, and never pass an event")
    func bookmarks() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store, configure: { $0.bookmarkPeriod = .milliseconds(5) }) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods", options: try Self.fromZero(bookmarks: true)))
            var plain = WatchReader(try await cacher.watch("/pods", options: try Self.fromZero()))
            #expect(await reader.next(2) == ["BOOKMARK@1", "BOOKMARK@1"])
            store.skip(to: 2000)
            store.reportProgress()
            var summary: String?
            while summary != "BOOKMARK@2000" { summary = await reader.next()?.summary }
            for index in 0..<50 { try await store.put("p\(index)") }
            var newest: UInt64 = 2000
            var changes = 0
            while changes < 50, let event = await reader.next() {
                let version = try #require(event.resourceVersion).value
                if event.change != nil {
                    changes += 1
                    #expect(version > newest)
                } else {
                    #expect(version >= newest)
                }
                newest = version
            }
            #expect(await plain.next(50).allSatisfy { $0.hasPrefix("ADDED") })
        }
    }

    @Test("A watcher that reads nothing for a while catches up from the log")
    func slowWatcher() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store) { cacher in
            var slow = WatchReader(try await cacher.watch("/pods", options: try Self.fromZero()))
            var last = ResourceVersion.zero
            for index in 0..<3000 { last = try await store.put("p\(index % 7)").resourceVersion }
            _ = try await cacher.get("/pods/ns/p0", options: GetOptions(resourceVersion: last))
            var versions: [UInt64] = []
            while versions.count < 3000, let version = await slow.next()?.resourceVersion { versions.append(version.value) }
            #expect(versions == Array(2...3001))
        }
    }

    @Test("A watcher whose next event the log has dropped is told so, once")
    func overrunWatcher() async throws {
        let store = ScriptedStorage()
        let configure = { (configuration: inout CacherStorageConfiguration) in
            configuration.minimumEventLogCapacity = 10
            configuration.maximumEventLogCapacity = 10
        }
        try await withCacher(over: store, configure: configure) { cacher in
            var slow = WatchReader(try await cacher.watch("/pods", options: try Self.fromZero()))
            var elsewhere = WatchReader(try await cacher.watch("/pods/other", options: try Self.fromZero()))
            async let quiet = elsewhere.next()
            // Waits once the first event is asked for, so what isn't in its namespace can't outrun it.
            while cacher.cache.inspect({ state in !state.watches.hasWaiter }) { await Task.yield() }
            var last = ResourceVersion.zero
            for index in 0..<30 { last = try await store.put("p\(index)").resourceVersion }
            _ = try await cacher.get("/pods/ns/p0", options: GetOptions(resourceVersion: last))
            let failure = await slow.next()
            guard case .failure(let error) = failure else {
                Issue.record("\(String(describing: failure)) instead of a failure")
                return
            }
            #expect(error.code == .expired)
            #expect(error.message == "too old resource version: 1 (21)")
            #expect(await slow.next() == nil)
            try await store.put("x", namespace: "other")
            #expect(await quiet?.summary == "ADDED /pods/other/x@32")
        }
    }

    @Test("A watch from before the log's beginning fails as expired", arguments: [1, 49])
    func tooOld(version: UInt64) async throws {
        let store = ScriptedStorage()
        store.skip(to: 50)
        try await withCacher(over: store) { cacher in
            var reader = WatchReader(try await cacher.watch("/pods", options: ListOptions(resourceVersion: ResourceVersion(version))))
            #expect(await reader.rest() == ["resource version expired"])
        }
    }

    @Test("A watch that wants the state at a version waits for it, and fails as too large when it doesn't come")
    func initialEventsWait() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store, configure: { $0.freshnessTimeout = .seconds(2) }) { cacher in
            var options = ListOptions(resourceVersion: ResourceVersion(500), sendInitialEvents: true)
            var reader = WatchReader(try await cacher.watch("/pods", options: options))
            #expect(await reader.rest() == ["resource version too large"])
            store.skip(to: 500)
            options.predicate.allowWatchBookmarks = true
            reader = WatchReader(try await cacher.watch("/pods", options: options))
            #expect(await reader.next()?.summary == "END@500")
            store.change { $0.supportsProgress = false }
            reader = WatchReader(try await cacher.watch("/pods", options: options))
            #expect(await reader.rest() == ["internal error"])
        }
    }

    @Test("Two hundred watchers each get every event, in order")
    func fanOut() async throws {
        let store = ScriptedStorage()
        try await withCacher(over: store) { cacher in
            try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for _ in 0..<200 {
                    let stream = try await cacher.watch("/pods", options: try Self.fromZero())
                    group.addTask {
                        var versions: [UInt64] = []
                        while versions.count < 300 {
                            let batch = await stream.nextBatch()
                            if batch.isEmpty { break }
                            versions += batch.compactMap(\.change?.object.resourceVersion.value)
                        }
                        return versions
                    }
                }
                for index in 0..<300 {
                    try await store.put("p\(index % 10)")
                    if index % 20 == 0 { await Task.yield() }
                }
                for try await versions in group { #expect(versions == Array(2...301)) }
            }
        }
    }

    @Test("A watch that is cancelled, let go of, or whose task ends leaves nothing behind")
    func cancelledWatch() async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        try await withCacher(over: store) { cacher in
            let cancelled = try await cacher.watch("/pods", options: try Self.fromZero())
            let waiting = try await cacher.watch("/pods", options: try Self.fromZero(initial: false))
            do {
                let dropped = try await cacher.watch("/pods", options: try Self.fromZero())
                #expect(await dropped.nextBatch().count == 1)
                #expect(cacher.cache.inspect { $0.watches.count } == 3)
            }
            #expect(cacher.cache.inspect { $0.watches.count } == 2)
            cancelled.cancel()
            cancelled.cancel()
            #expect(await cancelled.nextBatch().isEmpty)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { #expect(await waiting.nextBatch().isEmpty) }
                while !cacher.cache.inspect({ $0.watches.hasWaiter }) { await Task.yield() }
                group.cancelAll()
            }
            #expect(cacher.cache.inspect { $0.watches.isEmpty })
            #expect(await waiting.nextBatch().isEmpty)
        }
    }

    @Test("A watch begun by a cancelled task ends without an event")
    func cancelledTask() async throws {
        let store = ScriptedStorage()
        try await store.put("a")
        try await withCacher(over: store) { cacher in
            let events = await withTaskGroup(of: [String].self) { group in
                group.cancelAll()
                group.addTask {
                    guard let stream = try? await cacher.watch("/pods", options: ListOptions(resourceVersion: .zero)) else { return ["thrown"] }
                    var reader = WatchReader(stream)
                    return await reader.rest()
                }
                return await group.next() ?? []
            }
            #expect(events.isEmpty)
            #expect(cacher.cache.inspect { $0.watches.isEmpty })
        }
    }
}
