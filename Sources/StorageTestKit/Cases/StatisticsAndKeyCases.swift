//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let statisticsCases = [
        ConformanceCase("A34", "Statistics count the objects") { bench in
            func expect(_ count: Int, _ what: String) async throws {
                // A cache learns of writes by its watch; a list at the newest version waits for it.
                _ = try await bench.list()
                try requireEqual(try await bench.storage.statistics().objectCount, count, "objects after \(what)")
            }
            try await expect(0, "nothing")
            try await bench.create("foo")
            try await expect(1, "a create")
            try await bench.create("bar")
            try await expect(2, "another create")
            try await bench.update("foo", n: 1)
            try await expect(2, "an update")
            try await bench.delete("foo")
            try await expect(1, "a delete")
            try await requireError(.keyNotFound, of: "delete of nothing") { try await bench.delete("foo") }
            try await expect(1, "a failed delete")
            try await bench.delete("bar")
            try await expect(0, "the last delete")
        },
        ConformanceCase(
            "C12", "Statistics tell the mean size of what is stored", needs: [.objectSizes, .storedValues, .transformer], estimatesObjectSizes: true
        ) { bench in
            try requireEqual(try await bench.storage.statistics(), StorageStatistics(objectCount: 0, averageObjectSize: 0), "of nothing")
            let first = try await bench.create("foo").bytes.count
            try requireEqual(try await bench.storage.statistics(), StorageStatistics(objectCount: 1, averageObjectSize: first), "of one")
            let second = try await bench.create("bar", node: "a-name-of-some-length").bytes.count
            try requireEqual(
                try await bench.storage.statistics(), StorageStatistics(objectCount: 2, averageObjectSize: (first + second) / 2), "of two")
            try await bench.delete("foo")
            try requireEqual(try await bench.storage.statistics(), StorageStatistics(objectCount: 1, averageObjectSize: second), "of what is left")
            let updated = try await bench.update("bar", n: 12345).bytes.count
            try requireEqual(try await bench.storage.statistics(), StorageStatistics(objectCount: 1, averageObjectSize: updated), "after an update")
            // C11: what can't be read has a size all the same.
            _ = try await bench.subject.store(Array("abc".utf8), at: Bench.key("raw"))
            try await bench.delete("bar")
            try await requireError(.corruptObject, of: "get") { try await bench.get("raw") }
            try requireEqual(try await bench.storage.statistics(), StorageStatistics(objectCount: 1, averageObjectSize: 3), "of what can't be read")
        },
    ]

    static let keyCases = [
        ConformanceCase("A38", "A key that isn't of this resource is refused by every operation") { bench in
            for (key, text) in refusedKeys { try await refuses(key, text, bench) }
            // A list of all is named by the resource itself, but that isn't an object.
            try requireEqual(try await bench.list("/pods").items.count, 0, "items of /pods")
            try await requireError(.invalidKey, of: "get of /pods") { try await bench.storage.get("/pods", options: GetOptions()) }
            for name in ["bar..", "..bar", "b.a.r", "...", "bar%2f"] { try await bench.create(name) }
            try requireEqual(try await bench.list().items.count, 5, "objects with odd but good names")
        },
        ConformanceCase("C29", "Reading doesn't raise the revision", alone: true) { bench in
            try await bench.create("foo")
            let before = try await bench.list().resourceVersion
            for _ in 0..<5 { _ = try await bench.get("foo") }
            try requireEqual(try await bench.list().resourceVersion, before, "version of a list")
            try requireEqual(try await bench.storage.currentResourceVersion(), before, "current version")
        },
        ConformanceCase("C09", "The current version is that of the newest write anywhere", alone: true) { bench in
            let created = try await bench.create("foo")
            try requireEqual(try await bench.storage.currentResourceVersion(), created.resourceVersion, "after a create")
            let foreign = try await bench.subject.increaseRevision()
            try requireEqual(try await bench.storage.currentResourceVersion(), foreign, "after a write elsewhere")
            try requireEqual(try await bench.get("foo")?.resourceVersion, created.resourceVersion, "version of the object")
        },
    ]

    private static let refusedKeys: [(key: String, text: String)] = [
        ("", "empty key"), ("/", "empty key"), (".", "invalid key"), ("..", "invalid key"), ("pods", "lacks resource prefix"),
        ("/pods.apps", "lacks resource prefix"), ("/foo/", "lacks resource prefix"), ("/pods/foo/bar/../baz", "invalid key"),
        ("/pods/./a", "invalid key"), ("/pods/ns/..", "invalid key"),
    ]

    private static func refuses(_ key: String, _ text: String, _ bench: Bench) async throws {
        let storage = bench.storage
        let errors = [
            try await requireError(.invalidKey, of: "create of \(key)") { try await storage.create(key, bytes: Bench.pod("a"), ttl: 0) },
            try await requireError(.invalidKey, of: "get of \(key)") { try await storage.get(key, options: GetOptions()) },
            try await requireError(.invalidKey, of: "list of \(key)") { try await storage.list(key, options: ListOptions()) },
            try await requireError(.invalidKey, of: "list of the one \(key)") { try await storage.list(key, options: ListOptions(recursive: false)) },
            try await requireError(.invalidKey, of: "watch of \(key)") { try await storage.watch(key, options: ListOptions()) },
            try await requireError(.invalidKey, of: "update of \(key)") {
                try await storage.guaranteedUpdate(key, ignoreNotFound: true, preconditions: nil, suggestion: nil) { _ in
                    UpdateProposal(bytes: Bench.pod("a"))
                }
            },
            try await requireError(.invalidKey, of: "delete of \(key)") {
                try await storage.delete(key, preconditions: nil, suggestion: nil) { _ in }
            },
            try await requireError(.invalidKey, of: "removal of \(key)") { try await storage.deleteUnreadable(key) {} },
        ]
        for error in errors { try require(error.message.contains(text), "the error of \"\(key)\" says \(error.message) and not \(text)") }
    }
}
