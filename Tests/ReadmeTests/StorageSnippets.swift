//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import EtcdClient
import EtcdStorage
import EtcdTestKit
import Logging
import Storage
import Testing

@Suite("README: storage")
struct StorageSnippets {
    private func withClient(_ body: @Sendable (EtcdClient) async throws -> Void) async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: cluster.endpoints))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                try await body(client)
            }
        }
    }

    @Test("EtcdStorage")
    func etcdStorage() async throws {
        try await withClient { client in
            let logger = Logger(label: "storage")
            // README: EtcdStorage
            let storage = EtcdStorage(
                client: client,
                configuration: EtcdStorageConfiguration(
                    resourcePrefix: "/configmaps", groupResource: GroupResource(group: "", resource: "configmaps")),
                logger: logger)

            let created = try await storage.create("/configmaps/demo/settings", bytes: Array(#"{"data":{"a":"1"}}"#.utf8), ttl: 0)
            let watch = try await storage.watch("/configmaps", options: ListOptions(resourceVersion: created.resourceVersion))

            // Written only if nobody else wrote meanwhile; otherwise the closure sees the newer object and is asked again.
            _ = try await storage.guaranteedUpdate(
                "/configmaps/demo/settings", ignoreNotFound: false, preconditions: nil, suggestion: created
            ) { current in
                var value = try current?.value() ?? [:]
                value["data"] = ["a": "2"]
                value["metadata"] = nil
                return UpdateProposal(bytes: value.serialized())
            }

            for await event in watch {
                guard case .change(let change) = event else { continue }
                print("\(change.kind.rawValue) \(change.object.key) at \(change.object.resourceVersion)")
                break
            }
            // README end
        }
    }

    @Test("CacherStorage")
    func cacher() async throws {
        try await withClient { client in
            let logger = Logger(label: "storage")
            let resource = GroupResource(group: "", resource: "configmaps")
            let storage = EtcdStorage(
                client: client, configuration: EtcdStorageConfiguration(resourcePrefix: "/configmaps", groupResource: resource), logger: logger)
            // README: CacherStorage
            let cache = CacherStorage(
                underlying: storage, configuration: CacherStorageConfiguration(groupResource: resource, resourcePrefix: "/configmaps"), logger: logger
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await cache.run() }  // lists, then follows the store
                defer { group.cancelAll() }
                try await cache.waitUntilReady()

                let whateverIsThere = try await cache.list("/configmaps", options: ListOptions(resourceVersion: .zero))
                let upToDate = try await cache.list("/configmaps", options: ListOptions())  // still from memory
                print(whateverIsThere.items.count, upToDate.resourceVersion)
            }
            // README end
        }
    }
}
