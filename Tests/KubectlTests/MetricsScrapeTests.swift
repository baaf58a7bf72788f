//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestWaiting
import Testing

@Suite("Metrics of a server", .serialized, .timeLimit(.minutes(5)))
struct MetricsScrapeTests {
    @Test("A scrape sees what the storages hold and what was asked of etcd, under upstream's names")
    func scrape() async throws {
        let flags = ["--etcd-count-metric-poll-period", "100ms", "--etcd-db-metric-poll-interval", "100ms"]
        try await KeelsonServer.withServer(flags: flags) { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "configmap", "one", "-n", "default", "--from-literal=a=1")
            let token = try String(contentsOfFile: server.dataDirectory + "/token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            let wanted = [
                #"apiserver_storage_objects{resource="configmaps"} 1"#, #"apiserver_resource_objects{group="apps",resource="deployments"} 0"#,
                #"apiserver_storage_size_bytes{storage_cluster_id="etcd-0"} "#,
                #"etcd_requests_total{operation="create",group="",resource="configmaps"} 1"#, "# TYPE etcd_request_duration_seconds histogram",
                #"etcd_request_duration_seconds_bucket{operation="create",group="",resource="configmaps",le="+Inf"} 1"#,
            ]
            let last = LastText()
            do {
                try await eventually("scrape with all metrics") {
                    let answer = try await HTTPExchange.send("GET", "/metrics", to: server, token: token)
                    guard answer.code == 200, answer.headers.lowercased().contains("content-type: text/plain; version=0.0.4") else { return false }
                    last.text = answer.body
                    return wanted.allSatisfy { answer.body.contains($0) }
                }
            } catch {
                Issue.record("missing of the metrics: \(wanted.filter { !last.text.contains($0) })")
                throw error
            }
            #expect(try await HTTPExchange.send("GET", "/metrics", to: server, token: nil).code == 401)
        }
    }

    /// Used by one task alone.
    private final class LastText {
        var text = ""
    }
}
