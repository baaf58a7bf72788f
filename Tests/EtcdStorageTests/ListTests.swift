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

@Suite(.timeLimit(.minutes(5))) struct ListTests {
    @Test("A list of one key has that object or none, at the version that was asked for")
    func single() async throws {
        try await StorageHarness.run { harness in
            let first = try await harness.create("a", n: 1)
            let second = try await harness.update("a", n: 2)
            let foreign = try await harness.foreignWrite()
            func list(
                _ version: ResourceVersion?, _ match: ResourceVersionMatch? = nil, name: String = "a", predicate: SelectionPredicate = .everything
            ) async throws -> StorageList {
                try await harness.storage.list(
                    StorageHarness.key(name),
                    options: ListOptions(resourceVersion: version, match: match, predicate: predicate, recursive: false))
            }
            for version in [nil, ResourceVersion.zero, first.resourceVersion, foreign] {
                let found = try await list(version)
                #expect(found.items.map(\.resourceVersion) == [second.resourceVersion])
                #expect(found.resourceVersion >= foreign)
            }
            #expect(try await list(foreign, .exact).items.map(\.resourceVersion) == [second.resourceVersion])
            #expect(try await list(foreign, .exact).resourceVersion == foreign)
            #expect(try await list(first.resourceVersion, .exact).items.map(\.bytes) == [first.bytes])
            #expect(try await list(first.resourceVersion, .notOlderThan).items.map(\.bytes) == [second.bytes])
            let missing = try await list(nil, name: "b")
            #expect(missing.items.isEmpty)
            #expect(missing.resourceVersion >= foreign)
            #expect(try await list(nil, predicate: StorageHarness.predicate(fields: "metadata.name!=a")).items.isEmpty)
            // A continue token means nothing to a list of one.
            #expect(try await list(nil, predicate: SelectionPredicate(continueToken: "?")).items.count == 1)
            let tooNew = ResourceVersion(UInt64(Int64.max))
            for match in [nil, ResourceVersionMatch.exact, .notOlderThan] {
                #expect(try await storageError { try await list(tooNew, match) }.code == .resourceVersionTooLarge)
            }
        }
    }

    @Test("A list goes by whole parts of keys, not by how they begin")
    func prefixes() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("foo", in: "test-ns")
            try await harness.create("foobar", in: "test-ns")
            let last = try await harness.create("baz", in: "test-ns2")
            let options = [
                ListOptions(resourceVersion: last.resourceVersion, match: .exact), ListOptions(),
                ListOptions(resourceVersion: .zero, match: .notOlderThan),
            ]
            for options in options {
                func names(_ key: String, recursive: Bool) async throws -> [String] {
                    var options = options
                    options.recursive = recursive
                    return try await harness.storage.list(key, options: options).items.names
                }
                let all = ["test-ns/foo", "test-ns/foobar", "test-ns2/baz"]
                #expect(try await names("/pods", recursive: true) == all)
                #expect(try await names("/pods/", recursive: true) == all)
                #expect(try await names("/pods/test-ns", recursive: true) == Array(all[..<2]))
                #expect(try await names("/pods/test-ns/foo", recursive: false) == [all[0]])
                #expect(try await names("/pods/test-ns/foo", recursive: true) == [])
                #expect(try await names("/pods/", recursive: false) == [])
                #expect(try await names("/pods/test-ns/", recursive: false) == [])
            }
        }
    }

    @Test("A list at no version is of the newest, each time")
    func consistent() async throws {
        try await StorageHarness.runAlone { harness in
            try await harness.create("a")
            for _ in 0..<3 {
                let foreign = try await harness.foreignWrite()
                for version in [nil, ResourceVersion.zero] {
                    #expect(try await harness.storage.list("/pods", options: ListOptions(resourceVersion: version)).resourceVersion == foreign)
                }
            }
        }
    }

    @Test("Pages are of one version, and fit together")
    func continues() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("bar", in: "first")
            try await harness.create("bar", in: "second")
            let last = try await harness.create("foo", in: "second")
            func page(limit: Int, after token: String?) async throws -> StorageList {
                try await harness.storage.list(
                    "/pods", options: ListOptions(predicate: SelectionPredicate(limit: limit, continueToken: token)))
            }
            let one = try await page(limit: 1, after: nil)
            #expect(one.items.names == ["first/bar"])
            #expect(one.resourceVersion >= last.resourceVersion)
            #expect(one.remainingItemCount == 2)
            let token = try #require(one.continueToken)

            let rest = try await page(limit: 0, after: token)
            #expect(rest.items.names == ["second/bar", "second/foo"])
            #expect(rest.continueToken == nil)
            #expect(rest.remainingItemCount == nil)

            let two = try await page(limit: 1, after: token)
            #expect(two.items.names == ["second/bar"])
            #expect(two.remainingItemCount == 1)
            let three = try await page(limit: 1, after: two.continueToken)
            #expect(three.items.names == ["second/foo"])
            #expect(three.continueToken == nil)
            #expect(three.remainingItemCount == nil)
            #expect(Set([one, rest, two, three].map(\.resourceVersion)).count == 1)
        }
    }

    @Test("What is created between pages isn't in them")
    func pagesArePinned() async throws {
        try await StorageHarness.run { harness in
            for name in ["0", "1", "2", "3"] { try await harness.create("test-\(name)") }
            _ = harness.recorder.take()
            var names: [String] = []
            var token: String?
            repeat {
                let page = try await harness.storage.list(
                    "/pods", options: ListOptions(predicate: SelectionPredicate(limit: 1, continueToken: token)))
                names += page.items.names
                token = page.continueToken
                if names.count == 2 { try await harness.create("test-2a") }
            } while token != nil
            #expect(names == ["ns/test-0", "ns/test-1", "ns/test-2", "ns/test-3"])
            #expect(harness.recorder.take().filter { $0 == .list(limit: 1) }.count == 4)
        }
    }

    @Test("A list with a selector doubles its pages, so that a rare object costs few requests")
    func pagesGrow() async throws {
        try await StorageHarness.run { harness in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for start in stride(from: 0, to: 1000, by: 100) {
                    group.addTask {
                        for n in start..<start + 100 { try await harness.create("pod-\(String(n + 1000).dropFirst())") }
                    }
                }
                try await group.waitForAll()
            }
            _ = harness.recorder.take()
            let predicate = try StorageHarness.predicate(fields: "metadata.name=pod-999", limit: 1)
            let list = try await harness.storage.list("/pods", options: ListOptions(predicate: predicate))
            #expect(list.items.names == ["ns/pod-999"])
            #expect(list.continueToken == nil)
            #expect(harness.recorder.take() == (0..<10).map { .list(limit: 1 << $0) })
        }
    }

    @Test("A page ends at the last key that was looked at, not at the last that came")
    func filteredPages() async throws {
        try await StorageHarness.run { harness in
            for name in ["a", "bar", "c", "d"] { try await harness.create(name) }
            _ = harness.recorder.take()
            func page(after token: String?) async throws -> StorageList {
                let predicate = try StorageHarness.predicate(fields: "metadata.name!=bar", limit: 2, continueToken: token)
                return try await harness.storage.list("/pods", options: ListOptions(predicate: predicate))
            }
            let one = try await page(after: nil)
            #expect(one.items.names == ["ns/a", "ns/c"])
            #expect(one.remainingItemCount == nil)
            #expect(harness.recorder.take() == [.list(limit: 2), .list(limit: 4)])
            #expect(one.continueToken != nil)
            let two = try await page(after: one.continueToken)
            #expect(two.items.names == ["ns/d"])
            #expect(two.continueToken == nil)
            #expect(two.resourceVersion == one.resourceVersion)
        }
    }

    @Test("A list without limit comes in bounded pages of one version")
    func unlimitedListPages() async throws {
        try await StorageHarness.run(configure: { $0.listPageSize = 3 }) { harness in
            for n in 0..<10 { try await harness.create("pod-\(n)") }
            _ = harness.recorder.take()
            let list = try await harness.storage.list("/pods", options: ListOptions())
            #expect(list.items.names == (0..<10).map { "ns/pod-\($0)" })
            #expect(list.continueToken == nil)
            #expect(harness.recorder.take().count == 4)
        }
    }

    @Test(
        "Selectors choose by labels, by names and by fields of the resource",
        arguments: [
            ("", "", ["ns/a", "ns/b", "other/a"]), ("app=x", "", ["ns/a", "other/a"]), ("app!=x", "", ["ns/b"]),
            ("app", "metadata.namespace=ns", ["ns/a"]),
            ("", "metadata.name=a", ["ns/a", "other/a"]), ("", "metadata.name=a,metadata.namespace=other", ["other/a"]),
            ("", "spec.nodeName=n1", ["ns/a"]), ("", "spec.nodeName!=n1", ["ns/b", "other/a"]), ("", "spec.nodeName=n1,metadata.namespace=other", []),
            ("app=x", "spec.nodeName=", ["other/a"]),
        ])
    func selects(labels: String, fields: String, expected: [String]) async throws {
        try await StorageHarness.run { harness in
            try await harness.create("a", labels: ["app": "x"], node: "n1")
            try await harness.create("b")
            try await harness.create("a", in: "other", labels: ["app": "x"])
            let predicate = try StorageHarness.predicate(labels: labels, fields: fields)
            #expect(try await harness.storage.list("/pods", options: ListOptions(predicate: predicate)).items.names == expected)
        }
    }

    @Test("Objects whose attributes can't be read are left out of a list with a selector")
    func skipsUnreadable() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("a")
            try await harness.client.put("\(harness.prefix)/pods/ns/b", "{broken}")
            try await harness.create("c")
            let predicate = try StorageHarness.predicate(fields: "metadata.namespace=ns")
            #expect(try await harness.storage.list("/pods", options: ListOptions(predicate: predicate)).items.names == ["ns/a", "ns/c"])
        }
    }

    @Test("A page whose version was compacted comes with a token that goes on at the newest version")
    func inconsistentContinuation() async throws {
        try await StorageHarness.runAlone { harness in
            for name in ["a", "b", "c"] { try await harness.create(name) }
            func page(_ token: String?) async throws -> StorageList {
                try await harness.storage.list("/pods", options: ListOptions(predicate: SelectionPredicate(limit: 1, continueToken: token)))
            }
            let one = try await page(nil)
            let updated = try await harness.update("a", n: 2)
            try await harness.client.compact(revision: Int64(updated.resourceVersion.value))
            let error = try await storageError { try await page(one.continueToken) }
            #expect(error.code == .expired)
            #expect(error.message.contains("continue parameter is too old"))
            #expect(error.continueToken != nil)
            let two = try await page(error.continueToken)
            #expect(two.items.names == ["ns/b"])
            #expect(two.resourceVersion >= updated.resourceVersion)
            #expect(two.continueToken != nil)
            let three = try await page(two.continueToken)
            #expect(three.items.names == ["ns/c"])
            #expect(three.resourceVersion == two.resourceVersion)
        }
    }

    @Test("A compacted version is expired, a future one is too large")
    func compacted() async throws {
        try await StorageHarness.runAlone { harness in
            let first = try await harness.create("a", n: 1)
            func exact(_ version: ResourceVersion) async throws -> StorageList {
                try await harness.storage.list("/pods", options: ListOptions(resourceVersion: version, match: .exact))
            }
            let second = try await harness.update("a", n: 2)
            #expect(try await exact(first.resourceVersion).items.map(\.bytes) == [first.bytes])
            try await harness.client.compact(revision: Int64(second.resourceVersion.value))
            let error = try await storageError { try await exact(first.resourceVersion) }
            #expect(error.code == .expired)
            #expect(error.message == "The resourceVersion for the provided list is too old.")
            #expect(try await exact(second.resourceVersion).items.map(\.bytes) == [second.bytes])
            let future = ResourceVersion(second.resourceVersion.value + 10)
            let tooLarge = try await storageError { try await exact(future) }
            #expect(tooLarge.code == .resourceVersionTooLarge)
            #expect(tooLarge.currentResourceVersion == second.resourceVersion)
        }
    }

    @Test("The same predicate at the same version gives the same list, whatever is written meanwhile")
    func exactRepeats() async throws {
        try await StorageHarness.run { harness in
            for n in 0..<6 { try await harness.create("pod-\(n)", labels: ["even": n % 2 == 0 ? "true" : "false"]) }
            for match in [nil, ResourceVersionMatch.notOlderThan] {
                var options = ListOptions(predicate: try StorageHarness.predicate(labels: "even=true", limit: 4))
                if match != nil {
                    options.match = match
                    options.resourceVersion = try await harness.storage.currentResourceVersion()
                }
                let list = try await harness.storage.list("/pods", options: options)
                for n in 0..<3 { try await harness.update("new-\(n)", labels: ["even": "true"], n: Int(list.resourceVersion.value)) }
                options.resourceVersion = list.resourceVersion
                options.match = .exact
                let again = try await harness.storage.list("/pods", options: options)
                #expect(again.items.map(\.bytes) == list.items.map(\.bytes))
                #expect(again.resourceVersion == list.resourceVersion)
                #expect(again.continueToken == list.continueToken)
            }
        }
    }
}
