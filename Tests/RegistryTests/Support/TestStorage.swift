//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdStorage
import EtcdTestKit
import Logging
import Storage

/// Runs `body` with a storage of its own in the etcd that all tests share.
func withStorage<Result: Sendable>(
    resourcePrefix: String = "/widgets", groupResource: GroupResource = GroupResource(group: "test.example.com", resource: "widgets"),
    _ body: @escaping @Sendable (any Storage) async throws -> Result
) async throws -> Result {
    let cluster = try await EtcdCluster.shared()
    var logger = Logger(label: "test")
    logger.logLevel = .error
    let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls), logger: logger)
    let storage = EtcdStorage(
        client: client,
        configuration: EtcdStorageConfiguration(
            pathPrefix: cluster.uniquePrefix(), resourcePrefix: resourcePrefix, groupResource: groupResource),
        logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        let result = try await body(storage)
        group.cancelAll()
        return result
    }
}
