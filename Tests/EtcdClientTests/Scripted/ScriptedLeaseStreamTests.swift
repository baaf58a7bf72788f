//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import MetricsTestKit
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Leases that are kept alive, on a server that answers at once")
struct ScriptedLeaseStreamTests {
    @Test("A stream that has nothing to renew is given up without a word against its server, though there is something again by then")
    func idleStream() async throws {
        let metrics = TestMetrics()
        try await ScriptedEtcd.with(configure: { $0.metricsFactory = metrics }) { request in
            request.method == "Lease/LeaseKeepAlive" ? ([ScriptedEtcd.lease(1)], .open) : ([[]], .ok)
        } _: { etcd, client, _ in
            let streams: @Sendable () -> Int = { etcd.requests.count { $0.method == "Lease/LeaseKeepAlive" } }
            var keeping = client.leases.keep(1, ttl: 60, since: .now)
            for count in 1...20 {
                try await eventually("a stream") { streams() == count }
                client.leases.release(keeping)
                keeping = client.leases.keep(Int64(count + 1), ttl: 60, since: .now)
            }
            try await eventually("a stream") { streams() == 21 }
            #expect(metrics.counterTotal(label: "etcd_client_keepalive_failures_total") == 0)
        }
    }
}
