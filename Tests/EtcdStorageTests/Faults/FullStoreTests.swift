//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Logging
import Storage
import Testing

@testable import EtcdStorage

/// An etcd that has no room left.
@Suite(.timeLimit(.minutes(3))) struct FullStoreTests {
    @Test("A full etcd takes no write but serves reads, watches, deletes and compaction, and recovers without a restart")
    func full() async throws {
        try await StorageHarness.runAlone(EtcdClusterOptions(quotaBackendBytes: 16 << 20)) { harness in
            let storage = harness.storage
            let compactor = Compactor(client: harness.client, logger: Logger(label: "test"))
            var turn = CompactorState()
            await compactor.takeTurn(&turn)
            let lease = try await harness.client.leaseGrant(ttl: 1000).id
            let first = try await harness.create("first", n: 1)
            let full = try await fill(harness)
            #expect(full.code == .outOfSpace)
            #expect(full.key.hasPrefix("/pods/ns/"))

            // Nothing of a refused write is there.
            #expect(try await storageError { try await harness.create("more") }.code == .outOfSpace)
            #expect(try await harness.get("more") == nil)
            #expect(try await storageError { try await harness.update("first", n: 2) }.code == .outOfSpace)
            #expect(try await storageError { try await harness.create("short", ttl: 100) }.code == .outOfSpace)

            // Reads and watches go on; so does an update that changes nothing.
            #expect(try await harness.get("first")?.resourceVersion == first.resourceVersion)
            #expect(try await storage.list("/pods", options: ListOptions(predicate: SelectionPredicate(limit: 3))).items.count == 3)
            #expect(try await harness.update("first", n: 1).resourceVersion == first.resourceVersion)
            let reader = EventReader(try await storage.watch("/pods/ns/first", options: ListOptions(recursive: false)))
            #expect(try await reader.nextLine() == WatchChange.Kind.added.of(first))

            // Deletes, the revocation of leases and compaction free space, so they are let through.
            let gone = try await harness.delete("first")
            #expect(try await reader.nextLine() == WatchChange.Kind.deleted.of(gone))
            try await harness.client.leaseRevoke(lease)
            let before = turn.revision
            await compactor.takeTurn(&turn)
            #expect(compactor.compactRevision.value == UInt64(before))
            await compactor.takeTurn(&turn)
            #expect(compactor.compactRevision >= gone.resourceVersion)
            let expired = try await storageError {
                try await storage.list("/pods", options: ListOptions(resourceVersion: first.resourceVersion, match: .exact))
            }
            #expect(expired.code == .expired)

            for object in try await storage.list("/pods", options: ListOptions()).items {
                _ = try await storage.delete(object.key, preconditions: nil, suggestion: object) { _ in }
            }
            try await harness.client.compact(revision: Int64(try await storage.currentResourceVersion().value))
            try await harness.cluster.etcdctl(["defrag"])
            try await harness.cluster.etcdctl(["alarm", "disarm"])
            try await harness.create("more")
            await compactor.takeTurn(&turn)
            #expect(try await harness.get("more") != nil)
        }
    }

    @Test("Of writes that come at once while a store gets full, those that it refused aren't there, and the others are")
    func fills() async throws {
        try await StorageHarness.runAlone(EtcdClusterOptions(quotaBackendBytes: 16 << 20)) { harness in
            let node = String(repeating: "x", count: 512 << 10)
            let refused = try await withThrowingTaskGroup(of: String?.self) { group in
                for index in 0..<64 {
                    group.addTask {
                        do throws(StorageError) {
                            let bytes = StorageHarness.pod("pod-\(index)", node: node)
                            _ = try await harness.storage.create(StorageHarness.key("pod-\(index)"), bytes: bytes, ttl: 0)
                            return nil
                        } catch {
                            #expect(error.code == .outOfSpace, "\(error)")
                            return "pod-\(index)"
                        }
                    }
                }
                return try await group.reduce(into: Set<String>()) { if let name = $1 { $0.insert(name) } }
            }
            #expect(!refused.isEmpty)
            for index in 0..<64 {
                let isThere = try await harness.get("pod-\(index)") != nil
                #expect(isThere != refused.contains("pod-\(index)"))
            }
        }
    }

    private func fill(_ harness: StorageHarness) async throws -> StorageError {
        try await storageError {
            let node = String(repeating: "x", count: 1 << 20)
            for index in 0..<64 { try await harness.create("pod-\(index)", node: node) }
        }
    }

    @Test("A turn in a full store compacts to the revision of the last one, and keeps its own for the next")
    func turns() {
        var state = CompactorState()
        #expect(state.handle(.full(revision: 10)) == .none)
        #expect(state.handle(.full(revision: 20)) == .compact(revision: 10))
        #expect(state.handle(.failed) == .none)
        #expect(state.handle(.won(revision: 30)) == .compact(revision: 20))
        #expect(state.expectedVersion == 1)
    }
}
