//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let createCases = [
        ConformanceCase("A01", "A created object has a version, which isn't part of what is stored, and a new object has none") { bench in
            let key = Bench.key("foo")
            try await requireError(.keyNotFound, of: "get before create") { try await bench.storage.get(key, options: GetOptions()) }
            let created = try await bench.create("foo")
            try requireEqual(created.key, key, "key of the created object")
            try requireEqual(try created.metadata().name, "foo", "name of the created object")
            try require(!created.resourceVersion.isZero, "the created object has no version")
            let got = try required(try await bench.get("foo"), "get after create")
            try requireEqual(got.bytes, created.bytes, "bytes of the object")
            try requireEqual(got.resourceVersion, created.resourceVersion, "version of the object")
            if bench.has(.storedValues) {
                let stored = try required(try await bench.subject.storedValue(at: key), "stored value")
                try require(!String(decoding: stored, as: UTF8.self).contains("resourceVersion"), "a version is stored")
            }
            try await requireError(.resourceVersionSet, of: "create with a version") {
                try await bench.storage.create(
                    Bench.key("bar"), bytes: Bench.pod("bar", extra: ",\"resourceVersion\":\"1\""), ttl: 0)
            }
            try require(try await bench.get("bar") == nil, "an object that came with a version was stored")
        },
        ConformanceCase("A02", "An object that is created with a time to live goes by itself", needs: [.timeToLive]) { bench in
            let created = try await bench.create("foo", ttl: 1)
            let reader = try await bench.watch(Bench.key("foo"), after: created.resourceVersion, recursive: false)
            try requireEqual(try await reader.change().kind, .deleted, "event")
        },
        ConformanceCase("A03", "A key is created once") { bench in
            let created = try await bench.create("foo", n: 1)
            let error = try await requireError(.keyExists, of: "second create") { try await bench.create("foo", n: 2) }
            try requireEqual(error.key, created.key, "key of the error")
            try requireEqual(try await bench.get("foo")?.bytes, created.bytes, "what is stored")
        },
    ]

    static let getCases = [
        ConformanceCase("A04", "A get gives the newest object, or one that is at least as new as was asked for") { bench in
            let first = try await bench.create("foo", n: 1)
            let second = try await bench.update("foo", n: 2)
            let other = try await bench.create("other")
            func get(_ name: String, _ version: ResourceVersion?, ignoreNotFound: Bool = false) async throws -> StoredObject? {
                try await bench.storage.get(Bench.key(name), options: GetOptions(ignoreNotFound: ignoreNotFound, resourceVersion: version))
            }
            try requireEqual(try await get("foo", nil)?.resourceVersion, second.resourceVersion, "no version")
            let atZero = try await get("foo", .zero, ignoreNotFound: true)
            let isOld = atZero == nil || atZero?.resourceVersion == first.resourceVersion
            let isNewest = atZero?.resourceVersion == second.resourceVersion
            try require(isNewest || isOld && !bench.has(.newestAtZero), "version zero gave \(atZero.map { "\($0.resourceVersion)" } ?? "nothing")")
            let notOlder = try required(try await get("foo", first.resourceVersion), "version of the first write")
            try require(
                notOlder.bytes == first.bytes || notOlder.bytes == second.bytes, "version of the first write gave \(notOlder.resourceVersion)")
            try requireEqual(try await get("foo", second.resourceVersion)?.bytes, second.bytes, "version of the second write")
            try requireEqual(try await get("foo", other.resourceVersion)?.bytes, second.bytes, "version of a later write")
            if await bench.storage.supportsWatchProgress || bench.has(.newestAtZero) {
                let foreign = try await bench.subject.increaseRevision()
                try requireEqual(try await get("foo", foreign)?.bytes, second.bytes, "version of a write elsewhere")
            }
            try await requireError(.resourceVersionTooLarge, of: "get of the far future") { try await get("foo", .farFuture) }
            let missing = try await requireError(.keyNotFound, of: "get of nothing") { try await get("missing", nil) }
            try requireEqual(missing.key, Bench.key("missing"), "key of the error")
            try require(try await get("missing", nil, ignoreNotFound: true) == nil, "get of nothing, which may be missing")
        }
    ]
}
