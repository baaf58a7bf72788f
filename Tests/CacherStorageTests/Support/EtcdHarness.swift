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

/// A cache over a store in a real etcd.
struct EtcdFixture: Sendable {
    let client: EtcdClient
    let cacher: CacherStorage
    let store: EtcdStorage
    /// Another resource in the same etcd: writes to it move the revision on without an event for the cache.
    let elsewhere: EtcdStorage

    /// However long that takes after etcd was away.
    func waitUntilConnected() async throws { _ = try await client.range(.key("connected"), deadline: .now + .seconds(60)) }
}

/// Runs a cache over etcd for as long as the body takes. Without a cluster it is the shared one, below a prefix of its own.
/// - Parameter prepare: what to do with the store before there is a cache.
func withEtcdCacher(
    on cluster: EtcdCluster? = nil, readTimeout: Duration = .seconds(20), configure: @Sendable (inout CacherStorageConfiguration) -> Void = { _ in },
    prepare: @Sendable (EtcdStorage) async throws -> Void = { _ in }, _ body: @Sendable (EtcdFixture) async throws -> Void
) async throws {
    let shared = cluster == nil ? try await EtcdCluster.shared() : nil
    guard let cluster = cluster ?? shared else { return }
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    // The machine that tests run on may have a lot to do.
    let configuration = try EtcdClientConfiguration(
        endpoints: cluster.endpoints, tls: cluster.tls, readTimeout: readTimeout, writeTimeout: .seconds(20))
    let client = EtcdClient(configuration: configuration, logger: logger)
    let prefix = cluster.uniquePrefix()
    func store(_ resource: String) -> EtcdStorage {
        EtcdStorage(
            client: client,
            configuration: EtcdStorageConfiguration(
                pathPrefix: prefix, resourcePrefix: "/\(resource)", groupResource: GroupResource(group: "", resource: resource)),
            logger: logger)
    }
    let (pods, elsewhere) = (store("pods"), store("configmaps"))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        try await prepare(pods)
        try await withCacher(over: pods, configure: configure) { cacher in
            try await body(EtcdFixture(client: client, cacher: cacher, store: pods, elsewhere: elsewhere))
        }
    }
}
