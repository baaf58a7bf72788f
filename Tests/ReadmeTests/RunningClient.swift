//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit

/// Runs a client of a cluster of its own, of one member.
func withClient(
    _ options: EtcdClusterOptions = .init(), configure: (inout EtcdClientConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (EtcdClient, EtcdCluster) async throws -> Void
) async throws {
    try await EtcdCluster.withCluster(options) { cluster in
        var configuration = try EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls)
        configure(&configuration)
        try await running(EtcdClient(configuration: configuration)) { client in try await body(client, cluster) }
    }
}

/// Runs a client for as long as `body` runs.
func running(_ client: EtcdClient, _ body: (EtcdClient) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        try await body(client)
    }
}
