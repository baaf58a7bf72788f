//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    @Test("A watch tells what happens after its version, in order, and nothing of neighbours", arguments: ["/pods/ns", "/pods/ns/a"])
    func follows(key: String) async throws {
        try await StorageHarness.run { harness in
            let recursive = key == "/pods/ns"
            let start = try await harness.create("z", in: "ns-bad").resourceVersion
            let reader = EventReader(
                try await harness.storage.watch(key, options: ListOptions(resourceVersion: start, recursive: recursive)))
            let created = try await harness.create("a", n: 1)
            try await harness.create("ab", in: "ns-bad")
            let updated = try await harness.update("a", n: 2)
            let deleted = try await harness.delete("a")
            let again = try await harness.create("a", n: 3)
            let changes = [try await reader.change(), try await reader.change(), try await reader.change(), try await reader.change()]
            #expect(
                changes.map { EventReader.line(.change($0)) } == [
                    WatchChange.Kind.added.of(created), WatchChange.Kind.modified.of(updated), WatchChange.Kind.deleted.of(deleted),
                    WatchChange.Kind.added.of(again),
                ])
            // The delete carries what was there, and what the deleter was given.
            #expect(changes[2].object.bytes == updated.bytes)
        }
    }

    @Test("A selector turns changes into comings and goings")
    func selects() async throws {
        try await StorageHarness.run { harness in
            let start = try await harness.foreignWrite()
            let predicate = try StorageHarness.predicate(labels: "app=x", fields: "spec.nodeName!=bar")
            let reader = EventReader(
                try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: start, predicate: predicate)))
            try await harness.create("a", n: 1)
            let comes = try await harness.update("a", labels: ["app": "x"], n: 2)
            let stays = try await harness.update("a", labels: ["app": "x"], node: "foo", n: 3)
            let goes = try await harness.update("a", labels: ["app": "x"], node: "bar", n: 4)
            try await harness.update("a", labels: ["app": "y"], node: "bar", n: 5)
            let returns = try await harness.update("a", labels: ["app": "x"], n: 6)
            let deleted = try await harness.delete("a")
            try await harness.create("b")
            try await harness.delete("b")
            let last = try await harness.create("c", labels: ["app": "x"])
            #expect(try await reader.lines(2) == [WatchChange.Kind.added.of(comes), WatchChange.Kind.modified.of(stays)])
            let gone = try await reader.change()
            #expect(EventReader.line(.change(gone)) == WatchChange.Kind.deleted.of(goes))
            #expect(gone.object.bytes == stays.bytes)
            #expect(
                try await reader.lines(3) == [
                    WatchChange.Kind.added.of(returns), WatchChange.Kind.deleted.of(deleted), WatchChange.Kind.added.of(last),
                ])
        }
    }

    struct Semantics: Sendable, CustomTestStringConvertible {
        var sendInitialEvents: Bool?
        var version: String
        var bookmarks: Bool
        /// The pods' own history from the beginning, rather than the present state.
        var replays = false
        var initial: Bool

        var testDescription: String { "initial \(sendInitialEvents.map(String.init) ?? "unset"), version \(version), bookmarks \(bookmarks)" }
    }

    static let semantics: [Semantics] = [true, false].flatMap { bookmarks in
        ["unset", "0", "start", "current"].map { Semantics(sendInitialEvents: true, version: $0, bookmarks: bookmarks, initial: true) }
            + ["unset", "0", "current"].map { Semantics(sendInitialEvents: false, version: $0, bookmarks: bookmarks, initial: false) } + [
                Semantics(sendInitialEvents: false, version: "start", bookmarks: bookmarks, replays: true, initial: false),
                Semantics(sendInitialEvents: nil, version: "start", bookmarks: bookmarks, replays: true, initial: false),
                Semantics(sendInitialEvents: nil, version: "current", bookmarks: bookmarks, initial: false),
                Semantics(sendInitialEvents: nil, version: "unset", bookmarks: bookmarks, initial: true),
                Semantics(sendInitialEvents: nil, version: "0", bookmarks: bookmarks, initial: true),
            ]
    }

    @Test("The present state comes first where it is wished, once, in key order, and what follows after it", arguments: semantics)
    func initialEvents(row: Semantics) async throws {
        try await StorageHarness.run(configure: { $0.listPageSize = 2 }) { harness in
            let start = try await harness.foreignWrite()
            var pods: [StoredObject] = []
            for name in ["c", "a", "b"] { pods.append(try await harness.create(name)) }
            let last = try await harness.foreignWrite()
            let versions: [String: ResourceVersion?] = ["unset": nil, "0": .zero, "start": start, "current": last]
            var predicate = SelectionPredicate.everything
            predicate.allowWatchBookmarks = row.bookmarks
            let options = ListOptions(
                resourceVersion: try #require(versions[row.version]), predicate: predicate, sendInitialEvents: row.sendInitialEvents)
            let reader = EventReader(try await harness.storage.watch("/pods", options: options))
            let later = [try await harness.create("d"), try await harness.update("a", n: 7)]
            if row.initial {
                let expected = pods.sorted { $0.key < $1.key }.map { WatchChange.Kind.added.of($0) }
                #expect(try await reader.lines(3) == expected)
                if row.sendInitialEvents == true, row.bookmarks {
                    guard case .bookmark(let version, endsInitialEvents: true)? = try await reader.next() else { throw StorageHarnessFailure() }
                    #expect(version >= last && version < later[0].resourceVersion)
                }
            }
            if row.replays { #expect(try await reader.lines(3) == pods.map { WatchChange.Kind.added.of($0) }) }
            #expect(try await reader.lines(2) == [WatchChange.Kind.added.of(later[0]), WatchChange.Kind.modified.of(later[1])])
        }
    }

    @Test("The present state is of one version, even if things change between its pages")
    func initialEventsArePinned() async throws {
        try await StorageHarness.run(configure: { $0.listPageSize = 2 }) { harness in
            for n in 0..<5 { try await harness.create("pod-\(n)") }
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions()))
            let deleted = try await harness.delete("pod-4")
            let created = try await harness.create("pod-1a")
            let names = try await reader.lines(5).map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
            #expect(names == (0..<5).map { "ADDED ns/pod-\($0)" })
            #expect(try await reader.lines(2) == [WatchChange.Kind.deleted.of(deleted), WatchChange.Kind.added.of(created)])
        }
    }

    @Test("The present state obeys the selector, and its end is told with the version of the store")
    func initialEventsAreSelected() async throws {
        try await StorageHarness.runAlone { harness in
            for n in 0..<5 { try await harness.create("pod-\(n)") }
            let last = try await harness.create("pod-1", in: "other")
            let predicate = try StorageHarness.predicate(fields: "metadata.name=pod-1", bookmarks: true)
            let options = ListOptions(predicate: predicate, sendInitialEvents: true)
            let reader = EventReader(try await harness.storage.watch("/pods/ns", options: options))
            #expect(try await reader.nextLine().hasPrefix("ADDED ns/pod-1 "))
            #expect(try await reader.nextLine() == "BOOKMARK initial-events-end \(last.resourceVersion)")
        }
    }

    @Test("A watch whose version is compacted ends with expired, and with nothing after it")
    func compacted() async throws {
        try await StorageHarness.runAlone { harness in
            let first = try await harness.create("a", n: 1)
            try await harness.update("a", n: 2)
            let last = try await harness.update("a", n: 3)
            try await harness.client.compact(revision: Int64(last.resourceVersion.value))
            let old = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: first.resourceVersion)))
            guard case .failure(let error)? = try await old.next() else { throw StorageHarnessFailure() }
            #expect(error.code == .expired)
            #expect(error.message == "The resourceVersion for the provided watch is too old.")
            #expect(try await old.lines(2) == ["END", "END"])
            // From zero there is no history to miss.
            let fromZero = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: .zero)))
            #expect(try await fromZero.nextLine() == WatchChange.Kind.added.of(last))
        }
    }

    @Test("A present state that must be newer than the store is refused, with a time to wait")
    func tooLarge() async throws {
        try await StorageHarness.run { harness in
            let pod = try await harness.create("a")
            let options = ListOptions(resourceVersion: ResourceVersion(pod.resourceVersion.value + 1_000_000), sendInitialEvents: true)
            let reader = EventReader(try await harness.storage.watch("/pods", options: options))
            guard case .failure(let error)? = try await reader.next() else { throw StorageHarnessFailure() }
            #expect(error.code == .resourceVersionTooLarge)
            #expect((1...4).contains(try #require(error.retryAfterSeconds)))
            #expect(try await reader.nextLine() == "END")
        }
    }

    @Test("A watch from a version that isn't there yet waits for it")
    func futureVersion() async throws {
        try await StorageHarness.runAlone { harness in
            let pod = try await harness.create("a", n: 1)
            let reader = EventReader(
                try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: ResourceVersion(pod.resourceVersion.value + 2))))
            try await harness.update("a", n: 2)
            try await harness.update("a", n: 3)
            let third = try await harness.update("a", n: 4)
            #expect(try await reader.nextLine() == WatchChange.Kind.modified.of(third))
        }
    }

    @Test("Progress that is asked for comes as a bookmark, to the watches that want it and no others")
    func progress() async throws {
        try await StorageHarness.run { harness in
            let pod = try await harness.create("a")
            let wanting = EventReader(
                try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: .zero, progressNotify: true)))
            let other = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: .zero)))
            #expect(try await wanting.nextLine() == WatchChange.Kind.added.of(pod))
            #expect(try await other.nextLine() == WatchChange.Kind.added.of(pod))
            let foreign = try await harness.foreignWrite()
            // A server says nothing to a watch that isn't up to date yet, so the question is repeated until it is answered.
            let asking = Task {
                while !Task.isCancelled {
                    try await harness.storage.requestWatchProgress()
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            defer { asking.cancel() }
            var version = ResourceVersion.zero
            while version < foreign {
                guard case .bookmark(let told, endsInitialEvents: false)? = try await wanting.next() else { throw StorageHarnessFailure() }
                #expect(told >= version)
                version = told
            }
            let next = try await harness.create("b")
            #expect(try await other.nextLine() == WatchChange.Kind.added.of(next))
        }
    }

    @Test("Progress comes by itself where etcd is set up so")
    func regularProgress() async throws {
        try await StorageHarness.runAlone(EtcdClusterOptions(watchProgressNotifyInterval: "200ms")) { harness in
            let pod = try await harness.create("a")
            let reader = EventReader(
                try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: pod.resourceVersion, progressNotify: true)))
            guard case .bookmark(let version, endsInitialEvents: false)? = try await reader.next() else { throw StorageHarnessFailure() }
            #expect(version >= pod.resourceVersion)
        }
    }

    @Test("A request for progress without a watch does nothing, and one after its end neither")
    func progressWithoutWatch() async throws {
        try await StorageHarness.run { harness in
            try await harness.storage.requestWatchProgress()
            do {
                let stream = try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: ResourceVersion(1), progressNotify: true))
                #expect(harness.storage.watches.all.count == 1)
                stream.cancel()
            }
            #expect(harness.storage.watches.all.isEmpty)
            do {
                _ = try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: ResourceVersion(1), progressNotify: true))
            }
            #expect(harness.storage.watches.all.isEmpty)
            try await harness.storage.requestWatchProgress()
        }
    }

    @Test("This etcd is new enough for requests of progress")
    func supportsProgress() async throws {
        try await StorageHarness.run { harness in
            #expect(await harness.storage.supportsWatchProgress)
            #expect(await harness.storage.supportsWatchProgress)
        }
    }

    @Test("A watch ends without an event when it is cancelled, from anywhere")
    func cancels() async throws {
        try await StorageHarness.run { harness in
            let stream = try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: try await harness.foreignWrite()))
            async let batch = stream.nextBatch()
            stream.cancel()
            stream.cancel()
            #expect(await batch.isEmpty)
            #expect(await stream.nextBatch().isEmpty)

            let other = try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: try await harness.foreignWrite()))
            let task = Task { await other.nextBatch() }
            task.cancel()
            #expect(await task.value.isEmpty)
            #expect(await other.nextBatch().isEmpty)
        }
    }

    @Test("A reader that stops for a while misses nothing")
    func slowReader() async throws {
        try await StorageHarness.run { harness in
            let start = try await harness.foreignWrite()
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: start)))
            var expected: [String] = [WatchChange.Kind.added.of(try await harness.create("a", n: 0))]
            #expect(try await reader.nextLine() == expected[0])
            for n in 1...200 { expected.append(WatchChange.Kind.modified.of(try await harness.update("a", n: n))) }
            #expect(try await reader.lines(200) == Array(expected[1...]))
        }
    }

    @Test("A watch survives the death of etcd without losing or repeating an event")
    func survivesKill() async throws {
        try await StorageHarness.runAlone { harness in
            var expected = [WatchChange.Kind.added.of(try await harness.create("a", n: 0))]
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions()))
            var lines = [try await reader.nextLine()]
            for round in 1...3 {
                expected.append(WatchChange.Kind.modified.of(try await harness.update("a", n: round * 10)))
                await harness.cluster.members[0].kill()
                try await harness.cluster.members[0].start()
                expected.append(WatchChange.Kind.modified.of(try await harness.update("a", n: round * 10 + 1)))
                lines += try await reader.lines(2)
            }
            #expect(lines == expected)
        }
    }

    @Test(
        "Only versions of etcd that answer rightly are asked for progress",
        arguments: [
            ("3.4.30", false), ("3.4.31", true), ("3.4.40", true), ("3.5.0", false), ("3.5.12", false), ("3.5.13", true), ("3.5.16", true),
            ("3.6.0", true),
            ("3.6.0-rc.1", true), ("3.3.99", false), ("2.9.99", false), ("4.0.0", true), ("3.5", false), ("", false), ("three", false),
            ("3.x.1", false),
        ])
    func versions(version: String, supported: Bool) {
        #expect((EtcdVersion(version)?.reportsProgressInOrder ?? false) == supported)
    }
}
