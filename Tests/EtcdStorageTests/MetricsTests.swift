//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Logging
import Metrics
import MetricsTestKit
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(3))) struct MetricsTests {
    private static let resource = [("group", ""), ("resource", "pods")]

    @Test("Requests, lists, events and leases are counted under upstream's names")
    func counts() async throws {
        let metrics = TestMetrics()
        try await StorageHarness.run(metrics: metrics) { harness in
            for index in 0..<4 { try await harness.create("pod-\(index)", labels: ["odd": index % 2 == 0 ? "no" : "yes"]) }
            _ = try await storageError { try await harness.create("pod-0") }
            try await harness.update("pod-0", n: 5)
            let deleted = try await harness.delete("pod-3")
            _ = try await harness.storage.list("/pods", options: ListOptions(predicate: try StorageHarness.predicate(labels: "odd=yes")))
            _ = try await harness.storage.statistics()
            let start = ResourceVersion(deleted.resourceVersion.value - 1)
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: start)))
            _ = try await reader.next()

            #expect(try total(metrics, "create") == 5)
            #expect(try total(metrics, "update") == 1)
            #expect(try total(metrics, "delete") == 1)
            #expect(try total(metrics, "list") == 1)
            #expect(try total(metrics, "listWithCount") == 1)
            #expect(try metrics.expectTimer("etcd_request_duration_seconds", [("operation", "create")] + Self.resource).values.count == 5)
            let list = Self.resource + [("storage", "etcd"), ("index", "")]
            #expect(try metrics.expectCounter("apiserver_storage_list_total", list).totalValue == 1)
            #expect(try metrics.expectCounter("apiserver_storage_list_fetched_objects_total", list).totalValue == 3)
            #expect(try metrics.expectCounter("apiserver_storage_list_evaluated_objects_total", list).totalValue == 3)
            #expect(try metrics.expectCounter("apiserver_storage_list_returned_objects_total", list).totalValue == 1)
            #expect(try metrics.expectTimer("apiserver_storage_list_duration_seconds", [("streamed", "false")] + Self.resource).values.count == 1)
            #expect(try metrics.expectCounter("apiserver_storage_events_received_total", Self.resource).totalValue == 1)
            #expect(try metrics.expectGauge("apiserver_storage_objects", [("resource", "pods")]).lastValue == 3)
            #expect(try metrics.expectGauge("apiserver_resource_objects", Self.resource).lastValue == 3)
        }
    }

    @Test("Values that can't be read, failures of etcd and counts that failed show")
    func countsFailures() async throws {
        let metrics = TestMetrics()
        try await StorageHarness.runAlone(readTimeout: .seconds(4), writeTimeout: .seconds(4), metrics: metrics) { harness in
            try await harness.client.put(harness.prefix + StorageHarness.key("b"), "garbage")
            _ = try await storageError { try await harness.get("b") }
            #expect(try metrics.expectCounter("apiserver_storage_decode_errors_total", Self.resource).totalValue == 1)
            await harness.cluster.members[0].kill()
            _ = try await storageError { try await harness.get("b") }
            _ = try await storageError { try await harness.storage.statistics() }
            #expect(try metrics.expectCounter("etcd_request_errors_total", [("operation", "get")] + Self.resource).totalValue == 1)
            #expect(try metrics.expectGauge("apiserver_storage_objects", [("resource", "pods")]).lastValue == -1)
        }
    }

    @Test("A monitor counts objects and asks for the database's size, by itself")
    func monitors() async throws {
        let metrics = TestMetrics()
        try await StorageHarness.run(metrics: metrics, configure: { $0.estimatesObjectSizes = true }) { harness in
            let created = try await harness.create("a")
            let monitor = StorageMonitor(
                client: harness.client, storages: [harness.storage], clusterID: "etcd-7", statisticsInterval: .milliseconds(5),
                sizeInterval: .milliseconds(5), logger: .init(label: "test"), metrics: metrics)
            let running = Task { try await monitor.run() }
            defer { running.cancel() }
            let size = try metrics.expectGauge("apiserver_storage_size_bytes", [("storage_cluster_id", "etcd-7")])
            let estimate = try metrics.expectGauge("apiserver_resource_size_estimate_bytes", Self.resource)
            while size.lastValue == nil || estimate.lastValue == nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(size.lastValue ?? 0 > 0)
            #expect(estimate.lastValue == Double(created.bytes.count))
        }
    }

    private func total(_ metrics: TestMetrics, _ operation: String) throws -> Int64 {
        try metrics.expectCounter("etcd_requests_total", [("operation", operation)] + Self.resource).totalValue
    }
}
