//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let watchCases = liveWatchCases + failingWatchCases + endingWatchCases

    private static let liveWatchCases = [
        ConformanceCase("B04", "A watch of one object tells its delete") { bench in
            let created = try await bench.create("foo")
            let reader = try await bench.watch(created.key, after: created.resourceVersion, recursive: false)
            let deleted = try await bench.delete("foo")
            try requireEqual(try await reader.line(), WatchChange.Kind.deleted.line(deleted), "event")
        },
        ConformanceCase("B05", "A watch from version zero starts with the present state") { bench in
            let created = try await bench.create("foo", n: 1)
            let reader = try await bench.watch(created.key, after: .zero, recursive: false)
            try requireEqual(try await reader.line(), WatchChange.Kind.added.line(created), "first event")
            let updated = try await bench.update("foo", n: 2)
            try requireEqual(try await reader.line(), WatchChange.Kind.modified.line(updated), "second event")
            if !bench.has(.newestAtZero) { _ = try await bench.list(at: updated.resourceVersion, .notOlderThan) }
            let second = try await bench.watch(created.key, after: .zero, recursive: false)
            try requireEqual(try await second.line(), WatchChange.Kind.added.line(updated), "first event of another watch")
        },
        ConformanceCase("B06", "A watch from a version tells what came after it and nothing before") { bench in
            let created = try await bench.create("foo", n: 1)
            let reader = try await bench.watch(created.key, after: created.resourceVersion, recursive: false)
            let updated = try await bench.update("foo", n: 2)
            try requireEqual(try await reader.line(), WatchChange.Kind.modified.line(updated), "event")
        },
        ConformanceCase("B07", "A reader that stops for a while misses nothing") { bench in
            let start = try await bench.create("start")
            let reader = try await bench.watch(after: start.resourceVersion)
            var lines: [String] = []
            for index in 0..<21 { lines.append(WatchChange.Kind.added.line(try await bench.create("pod-\(index)"))) }
            try requireEqual(try await reader.line(), lines[0], "first event")
            // Read by others meanwhile: another watch that comes to the end has given this one its time.
            _ = try await bench.watch(after: start.resourceVersion).lines(21)
            try requireEqual(try await reader.lines(20), Array(lines.dropFirst()), "the other events")
            reader.stream.cancel()
            try requireEqual(try await reader.line(), "END", "after the end")
        },
        ConformanceCase("B11", "Watchers that don't read don't hinder one that does") { bench in
            let start = try await bench.create("start")
            var idle: [EventReader] = []
            for _ in 0..<50 { idle.append(try await bench.watch(after: start.resourceVersion)) }
            let reader = try await bench.watch(after: start.resourceVersion)
            var lines: [String] = []
            for index in 0..<22 { lines.append(WatchChange.Kind.added.line(try await bench.create("pod-\(index)"))) }
            try requireEqual(try await reader.lines(22), lines, "events of the one that reads")
            for one in idle { one.stream.cancel() }
        },
        ConformanceCase("B12", "The event of a delete has the version that the deleter was told") { bench in
            let created = try await bench.create("foo")
            let reader = try await bench.watch(after: created.resourceVersion)
            let deleted = try await bench.delete("foo")
            let change = try await reader.change()
            try requireEqual(change.kind, .deleted, "kind of the event")
            try requireEqual(change.object.resourceVersion, deleted.resourceVersion, "version of the event")
            try requireEqual(change.object.bytes, created.bytes, "content of the event")
            try require(deleted.resourceVersion > created.resourceVersion, "the delete has the version of the object")
        },
        ConformanceCase("B14", "Progress that is asked for comes as a bookmark with the store's version", needs: [.watchProgress]) { bench in
            let created = try await bench.create("foo")
            let foreign = try await bench.subject.increaseRevision()
            let reader = try await bench.watch(after: created.resourceVersion, bookmarks: true, progress: true)
            // A request that overtakes the watch has no answer, so it is made until one comes.
            let asking = Task {
                while !Task.isCancelled {
                    try await bench.storage.requestWatchProgress()
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { asking.cancel() }
            let bookmark = try await reader.bookmark()
            try require(bookmark.version >= foreign || bookmark.version >= created.resourceVersion, "the bookmark is of \(bookmark.version)")
            try require(!bookmark.endsInitialEvents, "the bookmark ends an initial state that wasn't asked for")
            var last = bookmark.version
            while last < foreign { last = try await reader.bookmark().version }
        },
        ConformanceCase("B16", "Bookmarks come by and by, with the version of what was told", needs: [.periodicBookmarks]) { bench in
            let start = try await bench.create("start")
            let reader = try await bench.watch(after: start.resourceVersion, bookmarks: true)
            for index in 0..<20 { try await bench.create("pod-\(index)") }
            var last = start.resourceVersion
            var seen = 0
            var bookmarks = 0
            while seen < 20 || bookmarks == 0 {
                switch try await reader.next() {
                case .change(let change)?:
                    try require(change.object.resourceVersion > last, "an event of \(change.object.resourceVersion) after \(last)")
                    last = change.object.resourceVersion
                    seen += 1
                case .bookmark(let version, _)?:
                    try require(version >= last, "a bookmark of \(version) after \(last)")
                    last = version
                    bookmarks += 1
                case .failure(let error)?: throw error
                case nil: throw ConformanceFailure("the watch ended")
                }
            }
        },
    ]

    private static let failingWatchCases = [
        ConformanceCase(
            "B05b", "A watch from a compacted version fails as expired and tells nothing more", needs: [.compaction, .compactedVersionsExpire],
            alone: true
        ) { bench in
            let created = try await bench.create("foo", n: 1)
            try await bench.update("foo", n: 2)
            let newest = try await bench.update("foo", n: 3)
            try await bench.subject.compact(at: newest.resourceVersion)
            let fromZero = try await bench.watch(created.key, after: .zero, recursive: false)
            try requireEqual(try await fromZero.line(), WatchChange.Kind.added.line(newest), "first event from zero")
            let reader = try await bench.watch(created.key, after: created.resourceVersion, recursive: false)
            try requireEqual(try await reader.lines(3), ["ERROR \(StorageError.Code.expired)", "END", "END"], "events")
        },
        ConformanceCase("B08", "A watch fails at an object that can't be read", needs: [.transformer]) { bench in
            let start = try await bench.create("start")
            try bench.transformer.fail("/foo")
            try await bench.create("foo")
            let error = try await bench.watch(after: start.resourceVersion).failure()
            try requireEqual(error.code, .corruptObject, "code of the failure")
            try requireEqual(error.key, Bench.key("foo"), "key of the failure")
        },
        ConformanceCase("B09", "The delete of an unreadable object is told as a failure that says so", needs: [.transformer]) { bench in
            let created = try await bench.create("foo")
            try bench.transformer.fail("/foo")
            let reader = try await bench.watch(after: created.resourceVersion)
            try await requireError(.corruptObject, of: "plain delete") { try await bench.delete("foo") }
            _ = try await bench.storage.deleteUnreadable(created.key) {}
            let error = try await reader.failure()
            try requireEqual(error.code, .corruptObject, "code of the failure")
            try requireEqual(error.failures.map(\.key), [created.key], "keys of the failure")
            try require(error.message.contains("saw a DELETED event, but object data is corrupt"), "the failure says \(error.message)")
        },
        ConformanceCase("B21", "After a failure a watch tells nothing more", needs: [.transformer]) { bench in
            let start = try await bench.create("start")
            try bench.transformer.fail("/foo")
            let first = try await bench.create("bar")
            try await bench.create("foo")
            try await bench.create("baz")
            let reader = try await bench.watch(after: start.resourceVersion)
            let lines = [WatchChange.Kind.added.line(first), "ERROR \(StorageError.Code.corruptObject)", "END", "END"]
            try requireEqual(try await reader.lines(4), lines, "events")
        },
        ConformanceCase("C15", "A present state that must be newer than the store is refused, with a time to wait") { bench in
            try await bench.create("foo")
            let error = try await bench.watch(after: .farFuture, bookmarks: true, initialEvents: true).failure()
            try requireEqual(error.code, .resourceVersionTooLarge, "code of the failure")
            let seconds = try required(error.retryAfterSeconds, "time to wait")
            try require((1...4).contains(seconds), "the time to wait is \(seconds) s")
        },
    ]

    private static let endingWatchCases = [
        ConformanceCase("B10", "A watch in a cancelled task is none, or ends without an event") { bench in
            let created = try await bench.create("foo")
            let task = Task {
                // Cancelled before it starts to watch.
                while !Task.isCancelled { await Task.yield() }
                return try await bench.storage.watch("/pods", options: ListOptions(resourceVersion: created.resourceVersion)).nextBatch()
            }
            task.cancel()
            do {
                let batch = try await task.value
                try require(batch.isEmpty, "a watch in a cancelled task told \(batch.map { EventReader.line($0) })")
            } catch let error as StorageError {
                try requireEqual(error.code, .timeout, "code of the error")
            }
        },
        ConformanceCase("B10b", "A watch ends without an event when it is cancelled, however often, and full or not") { bench in
            let created = try await bench.create("foo")
            for index in 0..<30 { try await bench.create("pod-\(index)") }
            let full = try await bench.watch(after: created.resourceVersion)
            full.stream.cancel()
            full.stream.cancel()
            try requireEqual(try await full.line(), "END", "of a watch with waiting events")
            let quiet = try await bench.watch(after: try await bench.create("last").resourceVersion)
            let waiting = Task { [stream = quiet.stream] in await stream.nextBatch() }
            quiet.stream.cancel()
            try requireEqual(await waiting.value.count, 0, "events of a watch that waits")
        },
        ConformanceCase("B06b", "A watch from a version that isn't there yet waits for it", needs: [.futureWatches], alone: true) { bench in
            let created = try await bench.create("foo", n: 1)
            let reader = try await bench.watch(after: created.resourceVersion.next)
            try await bench.update("foo", n: 2)
            let second = try await bench.update("foo", n: 3)
            try requireEqual(try await reader.line(), WatchChange.Kind.modified.line(second), "first event")
        },
    ]
}
