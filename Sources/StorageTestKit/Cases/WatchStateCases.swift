//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let watchStateCases =
        semantics.map(\.asCase) + [
            ConformanceCase("B17", "A watch that wants the present state and no bookmarks has it") { bench in
                let created = try await bench.create("foo")
                let reader = try await bench.watch(initialEvents: true)
                try requireEqual(try await reader.line(), WatchChange.Kind.added.line(created), "event")
            },
            ConformanceCase("B19", "The end of the present state is told with the version of the store, not of the last object", alone: true) {
                bench in
                var lines: [String] = []
                for index in 0..<5 { lines.append(WatchChange.Kind.added.line(try await bench.create("pod-\(index)"))) }
                let other = try await bench.create("other", in: "other")
                let reader = try await bench.watch("/pods/ns", bookmarks: true, initialEvents: true)
                try requireEqual(try await reader.lines(5), lines, "present state")
                let bookmark = try await reader.bookmark()
                try require(bookmark.endsInitialEvents, "the bookmark doesn't end the present state")
                try require(bookmark.version >= other.resourceVersion, "the bookmark is of \(bookmark.version)")
                let later = try await bench.create("pod-9")
                try requireEqual(try await reader.lineWithoutBookmarks(), WatchChange.Kind.added.line(later), "event after the present state")
            },
            ConformanceCase("B20", "The present state of one selected object ends with the version of the store") { bench in
                for index in 0..<4 { try await bench.create("pod-\(index)") }
                let last = try await bench.create("pod-4")
                let reader = try await bench.watch(fields: "metadata.name=pod-1", bookmarks: true, initialEvents: true)
                let change = try await reader.change()
                try requireEqual(change.object.shortName, "ns/pod-1", "the selected object")
                let bookmark = try await reader.bookmark()
                try require(bookmark.endsInitialEvents, "the bookmark doesn't end the present state")
                try require(bookmark.version >= last.resourceVersion, "the bookmark is of \(bookmark.version)")
            },
            ConformanceCase("C16", "What is written while the present state is read comes after it, once") { bench in
                var lines: [String] = []
                for index in 0..<30 {
                    let digits = index < 10 ? "0\(index)" : "\(index)"
                    lines.append(WatchChange.Kind.added.line(try await bench.create("pod-\(digits)")))
                }
                let reader = try await bench.watch(bookmarks: true, initialEvents: true)
                let later = try await bench.create("pod-31")
                try requireEqual(try await reader.lines(30), lines, "present state")
                var line = try await reader.line()
                // The write may have come before the state was fixed.
                if line.hasPrefix("BOOKMARK initial-events-end") { line = try await reader.lineWithoutBookmarks() }
                try requireEqual(line, WatchChange.Kind.added.line(later), "event after the present state")
            },
        ]

    /// One way to start a watch.
    struct Semantics: Sendable {
        enum Version: String, Sendable, CaseIterable {
            case unset
            case zero
            case first
            case current
        }
        var version: Version
        var bookmarks: Bool
        var initialEvents: Bool?

        var asCase: ConformanceCase {
            let initial =
                initialEvents.map { $0 ? "with the present state" : "without the present state" } ?? "that says nothing of the present state"
            return ConformanceCase(
                "B18", "A watch from version \(version.rawValue), \(initial) and \(bookmarks ? "with" : "without") bookmarks", alone: true, check)
        }

        private func check(_ bench: Bench) async throws {
            let start = try await bench.create("start")
            try await bench.delete("start")
            var objects: [StoredObject] = []
            for index in 1...3 { objects.append(try await bench.create("pod-\(index)")) }
            // A cache may start a watch from zero with what it has.
            _ = try await bench.list(at: objects[2].resourceVersion, .notOlderThan)
            let from: ResourceVersion? =
                switch version {
                case .unset: nil
                case .zero: .zero
                case .first: start.resourceVersion.next
                case .current: try await bench.storage.currentResourceVersion()
                }
            let reader = try await bench.watch(after: from, bookmarks: bookmarks, initialEvents: initialEvents)
            let hasState = initialEvents == true || initialEvents == nil && (version == .unset || version == .zero)
            let hasHistory = !hasState && version == .first
            if hasState || hasHistory {
                try requireEqual(try await reader.lines(3), objects.map(WatchChange.Kind.added.line), "the first events")
            }
            if initialEvents == true, bookmarks {
                let bookmark = try await reader.bookmark()
                try require(bookmark.endsInitialEvents, "the bookmark doesn't end the present state")
                try require(bookmark.version >= objects[2].resourceVersion, "the bookmark is of \(bookmark.version)")
            }
            for index in 4...5 {
                let later = try await bench.create("pod-\(index)")
                try requireEqual(try await reader.lineWithoutBookmarks(), WatchChange.Kind.added.line(later), "an event of later")
            }
        }
    }

    private static let semantics: [Semantics] =
        Semantics.Version.allCases.flatMap { version in
            [true, false].flatMap { bookmarks in
                [true, false].map { Semantics(version: version, bookmarks: bookmarks, initialEvents: $0) }
            }
        } + [
            Semantics(version: .unset, bookmarks: false, initialEvents: nil), Semantics(version: .zero, bookmarks: false, initialEvents: nil),
            Semantics(version: .current, bookmarks: false, initialEvents: nil),
        ]
}
