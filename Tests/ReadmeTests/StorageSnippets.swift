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
import Foundation
import KMSPlugin
import Logging
import Storage
import StorageEncryption
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

    @Test("StorageEncryption")
    func encryption() async throws {
        try await withClient { client in
            let logger = Logger(label: "storage")
            let file = NSTemporaryDirectory() + "/keelson-readme-\(UUID().uuidString).yaml"
            try Data(
                """
                apiVersion: apiserver.config.k8s.io/v1
                kind: EncryptionConfiguration
                resources:
                - resources: [secrets]
                  providers:
                  - aesgcm:
                      keys:
                      - name: key2025
                        secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
                  - identity: {}
                """.utf8
            ).write(to: URL(fileURLWithPath: file))
            defer { unlink(file) }
            // README: StorageEncryption
            let encryption = try EncryptionConfigurationReloader(path: file, keyManagement: KMSPlugin.make, logger: logger)
            let secrets = GroupResource(group: "", resource: "secrets")
            let storage = EtcdStorage(
                client: client,
                configuration: EtcdStorageConfiguration(
                    resourcePrefix: "/secrets", groupResource: secrets, transformer: encryption.transformer(for: secrets)),
                logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await encryption.run() }  // looks at the file every minute, and talks to KMS plugins
                defer { group.cancelAll() }

                _ = try await storage.create("/secrets/demo/login", bytes: Array(#"{"data":{"password":"aHVzaA=="}}"#.utf8), ttl: 0)
                let stored = try await client.range(.key("/registry/secrets/demo/login")).kvs.first
                print(String(decoding: stored?.value.prefix(26) ?? [], as: UTF8.self))  // k8s:enc:aesgcm:v1:key2025:
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
