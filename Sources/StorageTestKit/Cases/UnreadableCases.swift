//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let unreadableCases =
        deleteUnreadableCases + listUnreadableCases + [
            ConformanceCase("A33", "An object that can't be read fails every call about it, by its key, and stays", needs: [.transformer]) { bench in
                let readable = try await bench.create("a")
                let unreadable = try await bench.create("b")
                try bench.transformer.fail("/b")
                func error(_ what: String, _ body: () async throws -> some Any) async throws {
                    let error = try await requireError(.corruptObject, of: what, body)
                    let named = error.failures.isEmpty ? [error.key] : error.failures.map(\.key)
                    try requireEqual(named, [unreadable.key], "keys of the error of a \(what)")
                }
                try await error("list") { try await bench.list() }
                try await error("get") { try await bench.get("b") }
                for suggestion in [nil, readable.at(unreadable.resourceVersion.previous)] {
                    try await error("update") {
                        try await bench.storage.guaranteedUpdate(unreadable.key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion) {
                            _ in
                            UpdateProposal(bytes: Bench.pod("b", n: 1))
                        }
                    }
                    try await error("delete") {
                        try await bench.storage.delete(unreadable.key, preconditions: nil, suggestion: suggestion) { _ in }
                    }
                }
                try bench.transformer.pass()
                try requireEqual(try await bench.get("b")?.resourceVersion, unreadable.resourceVersion, "version of the object afterwards")
            }
        ]

    private static let deleteUnreadableCases = [
        ConformanceCase("A15", "An object that becomes readable while its removal as unreadable is under way stays", needs: [.transformer]) { bench in
            let created = try await bench.create("foo", n: 1)
            let transformer = try bench.transformer
            transformer.fail("/foo")
            try await requireError(.preconditionFailed, of: "removal") {
                try await bench.storage.deleteUnreadable(created.key) {
                    transformer.pass()
                    try await bench.update("foo", n: 2)
                }
            }
            try requireEqual(try await bench.get("foo")?.bytes, Bench.pod("foo", n: 2), "what is stored")
        },
        ConformanceCase("A16", "An object that the transformer can't read can be removed as such", needs: [.transformer]) { bench in
            let created = try await bench.create("foo")
            try bench.transformer.fail("/foo")
            try await requireError(.corruptObject, of: "plain delete") { try await bench.delete("foo") }
            let version = try await bench.storage.deleteUnreadable(created.key) {}
            try require(version > created.resourceVersion, "the version of the removal is \(version)")
            try require(try await bench.get("foo") == nil, "the object is still there")
            try await requireError(.keyNotFound, of: "second removal") { try await bench.storage.deleteUnreadable(created.key) {} }
        },
        ConformanceCase("A16b", "A value that is no object can be removed as such", needs: [.storedValues, .transformer]) { bench in
            for value in ["garbage", "", "{\"metadata\":{\"name\":\"foo\"}", "{\"metadata\":{\"name\":\"fo\u{1}o\"}}"] {
                _ = try await bench.subject.store(Array(value.utf8), at: Bench.key("foo"))
                try await requireError(.corruptObject, of: "get of \(value)") { try await bench.get("foo") }
                _ = try await bench.storage.deleteUnreadable(Bench.key("foo")) {}
                try require(try await bench.get("foo") == nil, "\(value) is still there")
            }
        },
        ConformanceCase("A17", "An object that can be read isn't removed as unreadable, and is asked about by nobody") { bench in
            let created = try await bench.create("foo")
            let calls = Locked(0)
            try await requireError(.preconditionFailed, of: "removal") {
                try await bench.storage.deleteUnreadable(created.key) { calls.increment() }
            }
            try requireEqual(calls.value, 0, "calls of the validation")
            try requireEqual(try await bench.get("foo")?.bytes, created.bytes, "what is stored")
        },
        ConformanceCase("C13", "A removal as unreadable that is overtaken by another unreadable value goes on", needs: [.transformer, .storedValues])
        {
            bench in
            let created = try await bench.create("foo")
            try bench.transformer.fail("/foo")
            let calls = Locked(0)
            _ = try await bench.storage.deleteUnreadable(created.key) {
                if calls.increment() == 1 { _ = try await bench.subject.store(Array("garbage".utf8), at: created.key) }
            }
            try requireEqual(calls.value, 2, "calls of the validation")
            try require(try await bench.get("foo") == nil, "the object is still there")
        },
        ConformanceCase("S23", "A key service that doesn't answer makes nothing unreadable", needs: [.transformer]) { bench in
            let created = try await bench.create("foo")
            try bench.transformer.fail("/foo", error: StorageError(.unreachable, message: "no key service"))
            try await requireError(.unreachable, of: "get") { try await bench.get("foo") }
            try await requireError(.unreachable, of: "removal") { try await bench.storage.deleteUnreadable(created.key) {} }
            try bench.transformer.pass()
            try requireEqual(try await bench.get("foo")?.bytes, created.bytes, "what is stored")
        },
    ]

    private static let listUnreadableCases = [
        ConformanceCase("A21a", "A failure that says nothing of a value ends a list with just that", needs: [.transformer]) { bench in
            for index in 0..<4 { try await bench.create("pod-\(index)") }
            try bench.transformer.fail("/pod-1", error: StorageError(.internalError, message: "broken"))
            let error = try await requireError(.internalError, of: "list") { try await bench.list() }
            try requireEqual(error.failures.count, 0, "collected failures")
        },
        ConformanceCase("A21b", "A list names every object that can't be read", needs: [.transformer]) { bench in
            for index in 0..<7 { try await bench.create("pod-\(index)") }
            try bench.transformer.fail("/pod-1", "/pod-2", "/pod-5")
            let error = try await requireError(.corruptObject, of: "list") { try await bench.list() }
            try requireEqual(error.failures.map(\.key), ["pod-1", "pod-2", "pod-5"].map { Bench.key($0) }, "named keys")
            try require(!error.isTruncated, "the error says that there are more")
        },
        ConformanceCase("A21c", "A failure that ends a list is named after the objects that could not be read before", needs: [.transformer]) {
            bench in
            for index in 0..<7 { try await bench.create("pod-\(index)") }
            try bench.transformer.set { stored, key in
                if key.hasSuffix("/pod-1") { throw SwitchableTransformer.Unreadable() }
                if key.hasSuffix("/pod-3") { throw StorageError(.internalError, message: "broken") }
                if key.hasSuffix("/pod-5") { throw SwitchableTransformer.Unreadable() }
                return TransformedValue(bytes: stored)
            }
            let error = try await requireError(.corruptObject, of: "list") { try await bench.list() }
            try requireEqual(error.failures.map(\.code), [.corruptObject, .internalError], "codes of the failures")
            try requireEqual(error.failures.first?.key, Bench.key("pod-1"), "the first failure's key")
        },
        ConformanceCase("A21d", "A list gives up at a hundred objects that can't be read, and says that there may be more", needs: [.transformer]) {
            bench in
            try await bench.createMany(110)
            try bench.transformer.set { stored, key in
                if key.hasSuffix("7") { return TransformedValue(bytes: stored) }
                throw SwitchableTransformer.Unreadable()
            }
            // Of 110 names eleven end with a 7: one more, and there are a hundred.
            let few = try await requireError(.corruptObject, of: "list") { try await bench.list() }
            try requireEqual(few.failures.count, 99, "failures")
            try require(!few.isTruncated, "the error says that there are more")
            for count in [111, 112] {
                try await bench.createMany(count, from: count - 1)
                let many = try await requireError(.corruptObject, of: "list") { try await bench.list() }
                try requireEqual(many.failures.count, 100, "failures")
                try require(many.isTruncated, "the error doesn't say that there may be more")
            }
        },
    ]
}

extension Bench {
    /// Creates `pod-000` and so on, several at once.
    func createMany(_ count: Int, node: String = "", from first: Int = 0) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in first..<min(first + 16, max(first, count)) {
                group.addTask {
                    for index in stride(from: start, to: count, by: 16) {
                        let digits = String(index)
                        try await create("pod-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits, node: node)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
