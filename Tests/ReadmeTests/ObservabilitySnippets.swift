//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import Logging
import MetricsTestKit
import Synchronization
import TestWaiting
import Testing

@Suite("Articles: metrics, logs and traces")
struct ObservabilitySnippets {
    @Test("A place for metrics, and states", .timeLimit(.minutes(2)))
    func states() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let (endpoints, factory) = (cluster.endpoints, TestMetrics())
            // Article: Factories
            var configuration = try EtcdClientConfiguration(endpoints: endpoints)
            configuration.metricsFactory = factory  // in place of MetricsSystem's
            let client = EtcdClient(configuration: configuration, logger: Logger(label: "etcd"))
            // Article end
            let isReady = Mutex(false)
            let watching = Task {
                // Article: States
                for await state in client.states {
                    switch state {
                    case .ready(let endpoints): print("every call finds a connection, to \(endpoints)")
                    case .degraded(_, let reason): print("some calls wait: \(reason)")
                    case .disconnected(let reason): print("no connection: \(reason)")
                    case .idle, .connecting, .shutDown: break
                    }
                    if case .ready = state { isReady.withLock { $0 = true } }  // not shown
                }
                // Article end
            }
            try await running(client) { client in
                try await client.put("a", "1")
                try await eventually("a ready client") { isReady.withLock { $0 } }
            }
            await watching.value
            #expect(try factory.expectCounter("etcd_client_calls_total", [("method", "KV/Put"), ("code", "ok")]).totalValue == 1)
            #expect(try factory.expectCounter("grpc_client_connections_opened_total", [("endpoint", endpoints[0])]).totalValue >= 1)
        }
    }
}
