//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Watches, on a real etcd")
struct WatchTests {
    @Test("Every change comes once, in order, with what the store says of it")
    func order() async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.prefix(prefix))
            let written = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var revisions: [Int64] = []
                        for value in 0..<50 {
                            revisions.append(try await client.put("\(prefix)/\(writer)", "\(value)").header.revision)
                        }
                        return revisions
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let events = try await watch.events(200)
            #expect(events.map(\.revision) == written.sorted())
            for writer in 0..<4 {
                let own = events.filter { $0.kv.keyText == "\(prefix)/\(writer)" }
                #expect(own.map(\.kv.valueText) == (0..<50).map(String.init))
                #expect(own.map(\.kv.version) == Array(1...50))
                #expect(own.map(\.isCreate) == (0..<50).map { $0 == 0 })
            }
        }
    }

    @Test("A change made after the watch was asked for is seen, however soon")
    func now() async throws {
        try await withSharedCluster { client, prefix in
            try await client.put(prefix, "before")
            let watch = try await client.watch(.key(prefix))
            let revision = try await client.put(prefix, "after").header.revision
            #expect(watch.nextRevision <= revision)
            #expect(try await watch.events(1).map(\.kv.valueText) == ["after"])
            #expect(watch.nextRevision == revision + 1)
        }
    }

    @Test("The changes of a transaction come together")
    func transactions() async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.prefix(prefix))
            for round in 0..<20 {
                _ = try await client.transaction(Transaction(success: (0..<10).map { .put(bytes("\(prefix)/\($0)"), bytes("\(round)")) }))
            }
            for batch in try await watch.batches(events: 200) {
                #expect(batch.events.count % 10 == 0)
                #expect(batch.revision == batch.events.last?.revision)
                #expect(Set(batch.events.map(\.revision)).count == batch.events.count / 10)
            }
        }
    }

    @Test("A watch from an old revision tells the history since then, and goes on")
    func history() async throws {
        try await withSharedCluster { client, prefix in
            let first = try await client.put(prefix, "0").header.revision
            for value in 1..<100 { try await client.put(prefix, "\(value)") }
            let watch = try await client.watch(.key(prefix), options: .init(startRevision: first + 1))
            #expect(try await watch.events(99).map(\.kv.valueText) == (1..<100).map(String.init))
            try await client.put(prefix, "100")
            #expect(try await watch.events(1).map(\.kv.valueText) == ["100"])
        }
    }

    @Test("A deletion is told with its revision, and with the value before when that is wanted")
    func previous() async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.key(prefix), options: .init(prevKV: true))
            try await client.put(prefix, "1")
            try await client.put(prefix, "2")
            let deleted = try await client.deleteRange(.key(prefix)).header.revision
            let events = try await watch.events(3)
            #expect(events.map(\.type) == [.put, .put, .delete])
            #expect(events.map { $0.prevKV?.valueText } == [nil, "1", "2"])
            #expect(events[2].revision == deleted && events[2].kv.keyText == prefix && events[2].kv.value.isEmpty)
        }
    }

    @Test("Filtered events are left out", arguments: WatchOptions.Filter.allCases)
    func filters(filter: WatchOptions.Filter) async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.prefix(prefix), options: .init(filters: [filter]))
            try await client.put("\(prefix)/a", "")
            try await client.deleteRange(.key("\(prefix)/a"))
            try await client.put("\(prefix)/b", "")
            try await client.deleteRange(.key("\(prefix)/b"))
            let events = try await watch.events(2)
            #expect(events.map(\.type) == (filter == .noPut ? [.delete, .delete] : [.put, .put]))
            #expect(events.map(\.kv.keyText) == ["\(prefix)/a", "\(prefix)/b"])
        }
    }

    @Test("Progress that is asked for covers all that was written before")
    func requestProgress() async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.prefix(prefix))
            try await client.put("\(prefix)/a", "1")
            #expect(try await watch.events(1).count == 1)
            // Outside the range: only progress can tell.
            let elsewhere = try await client.put("\(prefix.dropLast())", "1").header.revision
            let batch = try await within("progress") {
                try await withThrowingTaskGroup(of: WatchBatch?.self) { group in
                    // The server keeps silent while the watcher isn't up to date, so asking is repeated.
                    group.addTask {
                        while true {
                            try await watch.requestProgress()
                            try await Task.sleep(for: .milliseconds(50))
                        }
                    }
                    group.addTask { try await watch.firstBatch { $0.revision >= elsewhere } }
                    defer { group.cancelAll() }
                    return try await group.next() ?? nil
                }
            }
            #expect(batch?.isProgress == true)
        }
    }

    @Test("Progress comes by itself when it's wanted")
    func progressNotify() async throws {
        try await withOwnCluster(.init(watchProgressNotifyInterval: "200ms")) { client, _ in
            let watch = try await client.watch(.prefix("a/"), options: .init(progressNotify: true))
            let revision = try await client.put("b", "1").header.revision
            let batch = try await within("progress") { try await watch.firstBatch { $0.revision >= revision } }
            #expect(batch?.isProgress == true)
        }
    }

    @Test("A watch of a compacted revision ends with the oldest revision that is left, then with nil")
    func compacted() async throws {
        try await withOwnCluster { client, _ in
            for value in 0..<10 { try await client.put("a", "\(value)") }
            let revision = try await client.range(.key("a")).header.revision
            try await client.compact(revision: revision)
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 2))
            let error = await failure { _ = try await watch.events(1) }
            #expect(error?.code == .compacted)
            #expect(error?.compactRevision == revision)
            #expect(try await watch.nextBatch() == nil)
        }
    }

    @Test("An empty range, and a negative start, are refused")
    func refused() async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.range(from: "\(prefix)/b", to: "\(prefix)/a"))
            #expect(await failure { _ = try await watch.events(1) }?.code == .invalidArgument)
            #expect(await failure { _ = try await client.watch(.key(prefix), options: .init(startRevision: -1)) }?.code == .invalidArgument)
        }
    }

    @Test("A start beyond what the store has isn't waited for")
    func futureStart() async throws {
        try await withSharedCluster { client, prefix in
            let revision = try await client.put(prefix, "").header.revision
            let watch = try await client.watch(.key(prefix), options: .init(startRevision: revision + 1_000_000))
            #expect(await failure { _ = try await watch.events(1) }?.code == .futureRevision)
        }
    }

    @Test("Pieces of a long answer are joined", arguments: [true, false])
    func fragments(fragment: Bool) async throws {
        // An answer is cut above max-request-bytes and half a megabyte.
        try await withOwnCluster(.init(maxRequestBytes: 64 * 1024)) { client, _ in
            let value = [UInt8](repeating: 7, count: 50_000)
            let first = try await client.put(bytes("a/0"), value).header.revision
            for index in 1..<40 { try await client.put(bytes("a/\(index)"), value) }
            let watch = try await client.watch(.prefix("a/"), options: .init(startRevision: first, fragment: fragment))
            let batches = try await watch.batches(events: 40)
            #expect(batches.count == 1, "two megabytes of one answer")
            #expect(batches.flatMap(\.events).map(\.kv.keyText) == (0..<40).map { "a/\($0)" })
            #expect(batches.flatMap(\.events).allSatisfy { $0.kv.value == value })
        }
    }

    @Test("A reader that stops holds nobody else up, and misses nothing")
    func slowReader() async throws {
        try await withSharedCluster { client, prefix in
            let slow = try await client.watch(.prefix(prefix))
            let fast = try await client.watch(.prefix(prefix))
            let value = [UInt8](repeating: 1, count: 100_000)
            try await client.put(bytes("\(prefix)/0"), value)
            #expect(try await slow.events(1).count == 1)
            for index in 1..<60 { try await client.put(bytes("\(prefix)/\(index)"), value) }
            #expect(try await fast.events(60).count == 60)
            #expect(try await slow.events(59).map(\.kv.keyText) == (1..<60).map { "\(prefix)/\($0)" })
        }
    }

    @Test("Two tasks can't read one watch")
    func twoReaders() async throws {
        try await withSharedCluster { client, prefix in
            let watch = try await client.watch(.key(prefix))
            try await withThrowingTaskGroup(of: EtcdError.Code?.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do throws(EtcdError) {
                            _ = try await watch.nextBatch()
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                #expect(try await group.next() == .invalidArgument)
                try await client.put(prefix, "")
                #expect(try await group.next() == .some(nil))
            }
        }
    }
}
