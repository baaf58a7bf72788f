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
import StorageTestKit
import Testing

@Suite("README: conformance")
struct ConformanceSnippets {
    struct MyFactory: ConformanceFactory {
        let capabilities: Set<ConformanceCapability> = [.newestAtZero]

        func withSubject(_ setup: ConformanceSetup, _ body: @Sendable (any ConformanceSubject) async throws -> Void) async throws {
            let cluster = try await EtcdCluster.shared()
            let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                try await body(MySubject(client: client))
            }
        }
    }

    struct MySubject: ConformanceSubject {
        let client: EtcdClient
        let storage: any Storage

        init(client: EtcdClient) {
            self.client = client
            storage = EtcdStorage(
                client: client,
                configuration: EtcdStorageConfiguration(
                    pathPrefix: EtcdCluster.uniquePrefix(), resourcePrefix: ConformanceSetup.resourcePrefix,
                    groupResource: GroupResource(group: "", resource: "pods")), logger: Logger(label: "storage"))
        }

        func increaseRevision() async throws -> ResourceVersion {
            ResourceVersion(UInt64(try await client.put(EtcdCluster.uniquePrefix(), "x").header.revision))
        }
    }

    @Test("StorageTestKit")
    func conforms() async throws {
        // README: StorageTestKit
        // Or one test for all: @Test(arguments: StorageConformance.cases)
        for behaviour in StorageConformance.cases where behaviour.id.hasPrefix("A0") {
            try await behaviour.run(on: MyFactory())
        }
        // README end
    }
}
