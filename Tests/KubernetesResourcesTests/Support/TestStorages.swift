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

/// Runs `body` with a maker of storages in the etcd that all tests share.
func withStorages<Result: Sendable>(
    _ body: @escaping @Sendable (_ make: @escaping @Sendable (String, GroupResource) -> any Storage) async throws -> Result
) async throws -> Result {
    let cluster = try await EtcdCluster.shared()
    var logger = Logger(label: "test")
    logger.logLevel = .error
    let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls), logger: logger)
    let prefix = cluster.uniquePrefix()
    return try await withThrowingTaskGroup(of: Void.self) { [logger] group in
        group.addTask { try await client.run() }
        let result = try await body { resourcePrefix, groupResource in
            EtcdStorage(
                client: client,
                configuration: EtcdStorageConfiguration(pathPrefix: prefix, resourcePrefix: resourcePrefix, groupResource: groupResource),
                logger: logger)
        }
        group.cancelAll()
        return result
    }
}
