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

/// Values that are large, and values that are damaged.
@Suite(.timeLimit(.minutes(3))) struct HostileValueTests {
    @Test(
        "An object is stored up to etcd's limit and refused beyond, by whichever of etcd's two refusals",
        arguments: [1_400_000, 1_600_000, 2_500_000])
    func sizes(count: Int) async throws {
        try await StorageHarness.runAlone { harness in
            let bytes = StorageHarness.pod("big", node: String(repeating: "x", count: count))
            if count < 1_500_000 {
                let created = try await harness.storage.create(StorageHarness.key("big"), bytes: bytes, ttl: 0)
                #expect(try await harness.get("big")?.bytes == bytes)
                #expect(try await harness.delete("big").bytes == created.bytes)
            } else {
                let error = try await storageError { try await harness.storage.create(StorageHarness.key("big"), bytes: bytes, ttl: 0) }
                #expect(error.code == .tooLarge)
                #expect(try await harness.get("big") == nil)
                try await harness.create("big")
                let update = try await storageError {
                    try await harness.storage.guaranteedUpdate(
                        StorageHarness.key("big"), ignoreNotFound: false, preconditions: nil, suggestion: nil
                    ) { _ in UpdateProposal(bytes: bytes) }
                }
                #expect(update.code == .tooLarge)
            }
        }
    }

    @Test("A list whose pages are larger than an answer may be is read in smaller ones")
    func largeLists() async throws {
        try await StorageHarness.runAlone { harness in
            let node = String(repeating: "x", count: 200_000)
            for index in 10..<40 { try await harness.create("pod-\(index)", node: node) }
            var configuration = harness.client.configuration
            configuration.maximumMessageSize = 1 << 20
            let small = EtcdClient(configuration: configuration, logger: Logger(label: "test"))
            let running = Task { try await small.run() }
            defer { running.cancel() }
            let storage = EtcdStorage(client: small, configuration: harness.storage.configuration, logger: Logger(label: "test"))
            let list = try await storage.list("/pods", options: ListOptions())
            #expect(list.items.names == (10..<40).map { "ns/pod-\($0)" })
            let page = try await storage.list("/pods", options: ListOptions(predicate: SelectionPredicate(limit: 20)))
            #expect(page.items.names == (10..<30).map { "ns/pod-\($0)" })
            #expect(page.remainingItemCount == 10)
            let rest = try await storage.list("/pods", options: ListOptions(predicate: SelectionPredicate(continueToken: page.continueToken)))
            #expect(rest.items.names == (30..<40).map { "ns/pod-\($0)" })
            // What nobody wants is no reason to end a page early, nor to count it.
            let predicate = try StorageHarness.predicate(fields: "metadata.name!=pod-12", limit: 20)
            let selected = try await storage.list("/pods", options: ListOptions(predicate: predicate))
            #expect(selected.items.count == 20 && selected.items.names.last == "ns/pod-30" && selected.remainingItemCount == nil)
            let reader = EventReader(try await storage.watch("/pods", options: ListOptions()))
            for index in 10..<40 { #expect(try await reader.change().object.key == StorageHarness.key("pod-\(index)")) }
        }
    }

    static let damaged: [[UInt8]] = [
        [0xff, 0x00, 0x80, 0x17, 0x7b, 0x7d], Array("k8s\0".utf8) + [0x0a, 0x02, 0x76], Array("k8s:enc:aesgcm:v1:key1:".utf8) + [1, 2, 3],
        Array(#"{"kind":"Pod","metadata":{"name":"b","uid":"1"#.utf8), Array(#"{"kind":"Pod","metadata":{"name":"b"}}}"#.utf8),
        Array(#"{"kind":"Pod","metadata":[]}"#.utf8), Array(#"{"kind":"Pod","metadata":{"labels":{"a":1}}}"#.utf8),
        Array(String(repeating: #"{"a":"#, count: 200_000).utf8) + Array("1".utf8) + Array(String(repeating: "}", count: 200_000).utf8),
    ]

    @Test("A damaged value fails a get by its key, can be removed, and only as long as it is damaged", arguments: damaged.indices)
    func damage(index: Int) async throws {
        let value = Self.damaged[index]
        try await StorageHarness.run { harness in
            let storage = harness.storage
            let key = StorageHarness.key("b")
            let storeKey = Array((harness.prefix + key).utf8)
            try await harness.create("a")
            try await harness.client.put(storeKey, value)
            let error = try await storageError { try await storage.get(key, options: GetOptions()) }
            #expect(error.code == .corruptObject)
            #expect(error.key == key)

            // Repaired between the question and the removal: it stays.
            let kept = try await storageError {
                try await storage.deleteUnreadable(key) { try await harness.client.put(storeKey, StorageHarness.pod("b")) }
            }
            #expect(kept.code == .preconditionFailed)
            #expect(try await harness.get("b")?.bytes == StorageHarness.pod("b"))

            try await harness.client.put(storeKey, value)
            _ = try await storage.deleteUnreadable(key) {}
            #expect(try await harness.stored("b") == nil)
            #expect(try await storage.list("/pods", options: ListOptions()).items.names == ["ns/a"])
        }
    }
}
