//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import Storage
import Testing

@testable import EtcdStorage

/// A cluster without a majority.
@Suite(.timeLimit(.minutes(3))) struct QuorumTests {
    @Test("Without a majority calls fail in their time and say what is known; afterwards nothing is there twice, or lost")
    func minority() async throws {
        try await StorageHarness.runAlone(EtcdClusterOptions(members: 3), readTimeout: .seconds(4), writeTimeout: .seconds(4)) { harness in
            let storage = harness.storage
            let first = try await harness.create("first")
            let reader = EventReader(try await storage.watch("/pods", options: ListOptions(resourceVersion: first.resourceVersion)))
            let stopped = Array(harness.cluster.members.prefix(2))
            for member in stopped { try await member.pauseCompletely() }

            let reading = try await storageError { try await harness.get("first") }
            #expect([.unreachable, .timeout].contains(reading.code), "\(reading)")
            let creating = try await storageError { try await harness.create("second") }
            #expect([.unreachable, .timeout, .unknownOutcome].contains(creating.code), "\(creating)")
            let deleting = try await storageError { try await storage.delete(first.key, preconditions: nil, suggestion: first) { _ in } }
            #expect([.unreachable, .timeout, .unknownOutcome].contains(deleting.code), "\(deleting)")
            for error in [reading, creating, deleting] { #expect(error.key.hasPrefix("/pods/ns/")) }

            for member in stopped { member.resume() }
            try await harness.cluster.waitUntilReady()
            // A write that was still under way in some member comes before this one, or never.
            let last = try await recovered { try await harness.update("last", n: 1) }
            let names = try await storage.list("/pods", options: ListOptions()).items.names
            #expect(names.contains("ns/last"))
            if creating.code != .unknownOutcome { #expect(!names.contains("ns/second")) }
            if deleting.code != .unknownOutcome { #expect(names.contains("ns/first")) }

            var lines: [String] = []
            while lines.last != WatchChange.Kind.added.of(last) { lines.append(try await reader.nextLine()) }
            #expect(lines.filter { $0.hasPrefix("ADDED ns/second") }.count == (names.contains("ns/second") ? 1 : 0))
            #expect(lines.filter { $0.hasPrefix("DELETED ns/first") }.count == (names.contains("ns/first") ? 0 : 1))
        }
    }

    /// What succeeds once the cluster has a leader again.
    private func recovered(_ body: () async throws -> StoredObject) async throws -> StoredObject {
        while true {
            do {
                return try await body()
            } catch let error as StorageError where [.unreachable, .timeout, .unknownOutcome].contains(error.code) {
                continue
            }
        }
    }

    @Test("Storage calls go on while a member is defragmented")
    func defragments() async throws {
        try await StorageHarness.runAlone { harness in
            let node = String(repeating: "x", count: 100_000)
            for index in 0..<100 { try await harness.create("pod-\(index)", node: node) }
            for index in 0..<90 { try await harness.delete("pod-\(index)") }
            try await harness.client.compact(revision: Int64(try await harness.storage.currentResourceVersion().value))
            let done = Locked(false)
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var count = 0
                    while !done.value {
                        count += 1
                        try await harness.update("pod-99", n: count)
                        _ = try await harness.get("pod-99")
                    }
                    return count
                }
                for _ in 0..<3 { try await harness.cluster.etcdctl(["defrag"]) }
                done.change { $0 = true }
                let writes = try #require(try await group.next())
                #expect(try StorageHarness.number(try await harness.get("pod-99")) == writes)
            }
        }
    }
}
