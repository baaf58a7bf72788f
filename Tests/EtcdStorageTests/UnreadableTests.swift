//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(3))) struct UnreadableTests {
    /// Puts a prefix before what it writes, and reads only what has one of some prefixes; the first is the one that isn't stale.
    struct PrefixTransformer: ValueTransformer {
        var prefixes: [String]

        struct Unknown: Error {}

        func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) async throws -> TransformedValue {
            for (index, prefix) in prefixes.enumerated() where stored.starts(with: prefix.utf8) {
                return TransformedValue(bytes: Array(stored.dropFirst(prefix.utf8.count)), isStale: index > 0)
            }
            throw Unknown()
        }

        func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) async throws -> [UInt8] {
            guard authenticatedData.starts(with: "/test-".utf8) else { throw Unknown() }
            return Array(prefixes[0].utf8) + bytes
        }
    }

    /// Reads and writes nothing.
    struct FailingTransformer: ValueTransformer {
        struct Refused: Error {}

        func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) throws -> TransformedValue { throw Refused() }
        func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) throws -> [UInt8] { throw Refused() }
    }

    @Test("Objects go through the transformer on every way in and out")
    func transforms() async throws {
        try await StorageHarness.run(configure: { $0.transformer = PrefixTransformer(prefixes: ["one:"]) }) { harness in
            let created = try await harness.create("a", n: 1)
            #expect(created.bytes == StorageHarness.pod("a", n: 1))
            #expect(try await harness.stored("a")?.value == Array("one:".utf8) + created.bytes)
            #expect(try await harness.get("a")?.bytes == created.bytes)
            #expect(try await harness.storage.list("/pods", options: ListOptions()).items.map(\.bytes) == [created.bytes])
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions()))
            #expect(try await reader.change().object.bytes == created.bytes)
            let updated = try await harness.update("a", n: 2)
            #expect(try await reader.change().object.bytes == updated.bytes)
            #expect(try await harness.delete("a").bytes == updated.bytes)
            #expect(try await reader.change().object.bytes == updated.bytes)
        }
    }

    @Test("What is stored in an old form is written anew by an update that changes nothing")
    func renewsStale() async throws {
        try await StorageHarness.run(configure: { $0.transformer = PrefixTransformer(prefixes: ["one:"]) }) { harness in
            let created = try await harness.create("a")
            let newer = harness.sibling { $0.transformer = PrefixTransformer(prefixes: ["two:", "one:"]) }
            let got = try #require(try await newer.get(StorageHarness.key("a"), options: GetOptions()))
            for suggestion in [nil, got] {
                let renewed = try await newer.guaranteedUpdate(
                    StorageHarness.key("a"), ignoreNotFound: false, preconditions: nil, suggestion: suggestion
                ) { object in UpdateProposal(bytes: try #require(object).bytes) }
                #expect(try await harness.stored("a")?.value == Array("two:".utf8) + created.bytes)
                if suggestion == nil {
                    #expect(renewed.resourceVersion > created.resourceVersion)
                    // Once more by the old one, so that the second round has something to renew.
                    try await harness.client.put(harness.prefix + StorageHarness.key("a"), "one:" + String(decoding: created.bytes, as: UTF8.self))
                }
            }
        }
    }

    static let unreadable = ["k8s:enc:aescbc:v1:key1:xyz", "k8s\0\u{a}\u{2}v1", "", "  ", "[]", "x{}"]

    @Test("A value that can't be read is an error that names it, everywhere, and stays as it is", arguments: unreadable)
    func refusesUnreadable(value: String) async throws {
        try await StorageHarness.run { harness in
            let readable = try await harness.create("a", n: 1)
            try await harness.client.put(harness.prefix + StorageHarness.key("b"), value)
            let revision = try #require(try await harness.stored("b")).modRevision
            let key = StorageHarness.key("b")
            let suggestion = StoredObject(key: key, bytes: StorageHarness.pod("b"), resourceVersion: readable.resourceVersion)
            let storage = harness.storage
            let errors = [
                try await storageError { try await storage.get(key, options: GetOptions()) },
                try await storageError { try await storage.list("/pods", options: ListOptions()) },
                try await storageError { try await harness.update("b", n: 2) },
                try await storageError {
                    try await storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion) { _ in
                        UpdateProposal(bytes: StorageHarness.pod("b", n: 3))
                    }
                },
                try await storageError { try await storage.delete(key, preconditions: nil, suggestion: nil) { _ in } },
                try await storageError { try await storage.delete(key, preconditions: nil, suggestion: suggestion) { _ in } },
            ]
            for error in errors {
                #expect(error.code == .corruptObject)
                #expect((error.failures.isEmpty ? [error.key] : error.failures.map(\.key)) == [key])
            }
            #expect(try await harness.stored("b")?.modRevision == revision)
            let reader = EventReader(try await storage.watch("/pods", options: ListOptions(resourceVersion: readable.resourceVersion)))
            #expect(try await reader.lines(3) == ["ERROR corrupt object", "END", "END"])
        }
    }

    @Test("A watch that meets something unreadable tells what came before, fails, and tells nothing more")
    func watchStops() async throws {
        try await StorageHarness.run { harness in
            let first = try await harness.create("a", n: 1)
            try await harness.client.put(harness.prefix + StorageHarness.key("b"), "garbage")
            try await harness.create("c")
            let reader = EventReader(
                try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: ResourceVersion(first.resourceVersion.value - 1))))
            #expect(try await reader.lines(4) == [WatchChange.Kind.added.of(first), "ERROR corrupt object", "END", "END"])
        }
    }

    @Test("The delete of something unreadable is told as such")
    func watchOfUnreadableDelete() async throws {
        try await StorageHarness.run { harness in
            try await harness.client.put(harness.prefix + StorageHarness.key("b"), "garbage")
            let start = try await harness.foreignWrite()
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: start)))
            try await harness.client.deleteRange(.key(harness.prefix + StorageHarness.key("b")))
            guard case .failure(let error)? = try await reader.next() else { throw StorageHarnessFailure() }
            #expect(error.code == .corruptObject)
            #expect(error.message.contains("saw a DELETED event"))
        }
    }

    @Test("A value that can't be made ready for storage isn't written")
    func refusesToWrite() async throws {
        try await StorageHarness.run(configure: { $0.transformer = FailingTransformer() }) { harness in
            let error = try await storageError { try await harness.create("a") }
            #expect(error.code == .internalError)
            #expect(try await harness.stored("a") == nil)
        }
    }
}
