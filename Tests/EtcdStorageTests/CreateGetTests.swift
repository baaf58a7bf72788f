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

@Suite(.timeLimit(.minutes(3))) struct CreateGetTests {
    @Test("A created object can be got, at the revision of its write, and is stored as upstream stores it")
    func creates() async throws {
        try await StorageHarness.run { harness in
            let key = StorageHarness.key("a")
            #expect(try await storageError { try await harness.storage.get(key, options: GetOptions()) }.code == .keyNotFound)
            let bytes = StorageHarness.pod("a")
            let created = try await harness.storage.create(key, bytes: bytes, ttl: 0)
            #expect(created.key == key)
            #expect(created.bytes == bytes)
            let stored = try #require(try await harness.stored("a"))
            #expect(stored.value == bytes)
            #expect(stored.keyText == "\(harness.prefix)/pods/ns/a")
            #expect(stored.modRevision == Int64(created.resourceVersion.value))
            #expect(stored.version == 1)
            #expect(stored.lease == 0)
            let got = try #require(try await harness.storage.get(key, options: GetOptions()))
            #expect(got.bytes == bytes)
            #expect(got.resourceVersion == created.resourceVersion)
        }
    }

    @Test("A key is created once")
    func refusesExisting() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a", n: 1)
            let error = try await storageError { try await harness.create("a", n: 2) }
            #expect(error.code == .keyExists)
            #expect(error.key == "/pods/ns/a")
            #expect(try await harness.get("a")?.bytes == created.bytes)
        }
    }

    @Test("Of many creates at once one succeeds")
    func createsOnce() async throws {
        try await StorageHarness.run { harness in
            let successes = try await withThrowingTaskGroup(of: Bool.self) { group in
                for n in 0..<20 {
                    group.addTask {
                        do {
                            try await harness.create("a", n: n)
                            return true
                        } catch let error as StorageError where error.code == .keyExists {
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(successes == 1)
        }
    }

    @Test("An object with a time to live goes by itself")
    func expires() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a", ttl: 1)
            let watch = try await harness.storage.watch(
                StorageHarness.key("a"), options: ListOptions(resourceVersion: created.resourceVersion, recursive: false))
            let change = try await EventReader(watch).change()
            #expect(change.kind == .deleted)
            #expect(change.object.bytes == created.bytes)
            #expect(change.object.resourceVersion > created.resourceVersion)
        }
    }

    @Test("A get asks for a version that is at least as new as asked for, by the store's revision")
    func getsNotOlderThan() async throws {
        try await StorageHarness.run { harness in
            let first = try await harness.create("a", n: 1)
            let second = try await harness.update("a", n: 2)
            let foreign = try await harness.foreignWrite()
            let key = StorageHarness.key("a")
            for version in [nil, ResourceVersion.zero, first.resourceVersion, second.resourceVersion, foreign] {
                let got = try await harness.storage.get(key, options: GetOptions(resourceVersion: version))
                #expect(got?.resourceVersion == second.resourceVersion)
            }
            let error = try await storageError {
                try await harness.storage.get(key, options: GetOptions(resourceVersion: ResourceVersion(UInt64(Int64.max))))
            }
            #expect(error.code == .resourceVersionTooLarge)
            #expect(try #require(error.currentResourceVersion) >= foreign)
        }
    }

    @Test("A missing object is an error that names it, unless it may be missing")
    func missing() async throws {
        try await StorageHarness.run { harness in
            let key = StorageHarness.key("a")
            let error = try await storageError { try await harness.storage.get(key, options: GetOptions()) }
            #expect(error.code == .keyNotFound)
            #expect(error.key == key)
            #expect(try await harness.storage.get(key, options: GetOptions(ignoreNotFound: true)) == nil)
            let late = try await storageError {
                try await harness.storage.get(key, options: GetOptions(ignoreNotFound: true, resourceVersion: ResourceVersion(UInt64(Int64.max))))
            }
            #expect(late.code == .resourceVersionTooLarge)
        }
    }

    @Test(
        "A key that isn't of this resource is refused by every operation before anything is asked of etcd",
        arguments: ["", "/", ".", "..", "pods", "/pods.apps", "/foo/", "/pods/foo/bar/../baz", "/pods/./a"])
    func refusesKeys(key: String) async throws {
        try await StorageHarness.run { harness in
            let storage = harness.storage
            let errors = [
                try await storageError { try await storage.create(key, bytes: [], ttl: 0) },
                try await storageError { try await storage.get(key, options: GetOptions()) },
                try await storageError { try await storage.list(key, options: ListOptions()) },
                try await storageError { try await storage.list(key, options: ListOptions(recursive: false)) },
                try await storageError { try await storage.watch(key, options: ListOptions()) },
                try await storageError {
                    try await storage.guaranteedUpdate(key, ignoreNotFound: true, preconditions: nil, suggestion: nil) { _ in
                        UpdateProposal(bytes: [])
                    }
                },
                try await storageError { try await storage.delete(key, preconditions: nil, suggestion: nil) { _ in } },
            ]
            #expect(errors.allSatisfy { $0.code == .invalidKey && $0.key == key })
            #expect(harness.recorder.take().isEmpty)
        }
    }

    @Test("The current version is that of the newest write anywhere, and reading doesn't raise it")
    func currentVersion() async throws {
        try await StorageHarness.runAlone { harness in
            let pod = try await harness.create("a")
            #expect(try await harness.storage.currentResourceVersion() == pod.resourceVersion)
            let foreign = try await harness.foreignWrite()
            #expect(try await harness.storage.currentResourceVersion() == foreign)
            for _ in 0..<3 { _ = try await harness.get("a") }
            #expect(try await harness.storage.list("/pods", options: ListOptions()).resourceVersion == foreign)
            #expect(try await harness.get("a")?.resourceVersion == pod.resourceVersion)
        }
    }

    @Test("Statistics count the objects of this resource and no others")
    func counts() async throws {
        try await StorageHarness.run { harness in
            for key in ["key", "pods", "podskey/a", "services/a"] { try await harness.client.put("\(harness.prefix)/\(key)", "{}") }
            func count() async throws -> Int { try await harness.storage.statistics().objectCount }
            #expect(try await count() == 0)
            try await harness.create("a")
            #expect(try await count() == 1)
            try await harness.create("b")
            try await harness.update("b", n: 2)
            #expect(try await count() == 2)
            try await harness.delete("a")
            #expect(try await storageError { try await harness.delete("a") }.code == .keyNotFound)
            #expect(try await count() == 1)
        }
    }
}
