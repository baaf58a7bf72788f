//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import MetricsTestKit
import TestWaiting
import Testing

@Suite("What a client tells of its watches, on a real etcd")
struct WatchMetricsTests {
    @Test("Open watches, and each time that one goes on after a break, are counted", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func resumes(stream: WatchOptions.Stream) async throws {
        try await EtcdCluster.withCluster(EtcdClusterOptions(proxied: true)) { cluster in
            let metrics = TestMetrics()
            let writer = try EtcdClientConfiguration(endpoints: cluster.directEndpoints)
            try await withClient(configuration(of: cluster) { $0.metricsFactory = metrics }) { client in
                let watches = [
                    try await client.watch(.key("a"), options: .init(startRevision: 1, stream: stream)),
                    try await client.watch(.key("a"), options: .init(startRevision: 1, stream: stream)),
                ]
                #expect(try metrics.expectGauge("etcd_client_watches").lastValue == 2)
                for round in 0..<3 {
                    _ = try await withClient(writer) { try await $0.put("a", "\(round)") }
                    for watch in watches { #expect(try await watch.events(1).map(\.kv.valueText) == ["\(round)"]) }
                    #expect(metrics.counterTotal(label: "etcd_client_watch_resumes_total") == Int64(2 * round))
                    cluster.proxies[0].endAll()
                }
                for watch in watches { watch.cancel() }
                #expect(try metrics.expectGauge("etcd_client_watches").lastValue == 0)
                #expect(metrics.counterTotal(label: "etcd_client_watch_overflows_total") == 0)
            }
        }
    }

    @Test("A watch that is too slow for the stream that it shares is counted, and how far it is behind is told")
    func overflows() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            let metrics = TestMetrics()
            try await withClient(configuration(of: cluster) { $0.metricsFactory = metrics }) { client in
                let options = WatchOptions(startRevision: 2, bufferLimit: 64 * 1024)
                let (slow, fast) = (try await client.watch(.prefix("a/"), options: options), try await client.watch(.prefix("a/"), options: options))
                async let seen = fast.events(51)
                try await client.put("a/0", "")
                #expect(try await slow.events(1).count == 1)
                for number in 1...50 { try await client.put(bytes("a/\(number)"), [UInt8](repeating: 7, count: 10_000)) }
                #expect(try await seen.count == 51)
                try await member.waitForWatchers(1)
                try await eventually("news of who is behind") { try metrics.expectGauge("etcd_client_watch_lag_revisions").lastValue ?? 0 > 0 }
                #expect(try await slow.events(50).count == 50)
                #expect(metrics.counterTotal(label: "etcd_client_watch_overflows_total") >= 1)
                try await eventually("news that nobody is behind") { try metrics.expectGauge("etcd_client_watch_lag_revisions").lastValue == 0 }
            }
        }
    }
}
