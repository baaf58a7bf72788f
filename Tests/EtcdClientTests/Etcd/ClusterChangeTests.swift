//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import MetricsTestKit
import Testing

@testable import EtcdClient

@Suite("A cluster that changes, on a real etcd")
struct ClusterChangeTests {
    @Test("A client that knows one member follows the others, and goes on when the one is gone", .timeLimit(.minutes(2)))
    func members() async throws {
        try await EtcdCluster.withCluster(members: 3) { cluster in
            let first = try #require(cluster.members.first)
            var configuration = try EtcdClientConfiguration(endpoints: [first.clientURL])
            configuration.memberSync = .milliseconds(500)
            try await withClient(configuration) { client in
                try await client.put("a", "1")
                try await eventually("the other members") { client.transport.endpoints.count == 3 }
                await first.kill()
                try await eventually("a write without the first member") {
                    await outcome { try await client.put("a", "2", deadline: .now + .seconds(5)) } == nil
                }
                // Its URL stays as long as it is a member.
                #expect(client.transport.endpoints.count == 3)
            }
        }
    }

    @Test("A store that is another one is noticed by the first answer, logged and counted, and calls go on", .timeLimit(.minutes(1)))
    func otherStore() async throws {
        try await EtcdCluster.withCluster { first in
            try await EtcdCluster.withCluster { second in
                let metrics = TestMetrics()
                try await withClient(configuration(of: first) { $0.metricsFactory = metrics }) { client in
                    for _ in 0..<5 { try await client.put("a", "1") }
                    client.transport.updateEndpoints(try second.endpoints.map { try GRPCEndpoint(parsing: $0) })
                    try await eventually("an answer of the other store") {
                        try await client.put("a", "2").header.clusterID != 0 && client.history.lossCount > 0
                    }
                    try await client.put("a", "3")
                    #expect(client.history.lossCount == 1)
                    #expect(metrics.counterTotal(label: "etcd_client_history_losses_total") == 1)
                }
            }
        }
    }

    @Test("With the guard on, no call succeeds once the store is another", .timeLimit(.minutes(1)))
    func guarded() async throws {
        try await EtcdCluster.withCluster { first in
            try await EtcdCluster.withCluster { second in
                try await withClient(configuration(of: first) { $0.historyGuard = true }) { client in
                    for _ in 0..<5 { try await client.put("a", "1") }
                    client.transport.updateEndpoints(try second.endpoints.map { try GRPCEndpoint(parsing: $0) })
                    try await eventually("an answer of the other store") {
                        await outcome { try await client.put("a", "2") } == .historyLost
                    }
                    let error = await failure { _ = try await client.range(.key("a")) }
                    #expect(error?.code == .historyLost && error?.outcome == .notDone)
                    #expect(error?.message.contains("the cluster is") == true)
                }
            }
        }
    }

    @Test("A put that settles its fate is done once, whatever happens to the server meanwhile", .timeLimit(.minutes(2)))
    func settling() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            try await withClient(of: cluster.endpoints) { client in
                let first = try await client.put("a", "0").header.revision
                try await member.pauseCompletely()
                let write = Task { try await client.settlingPut(bytes("a"), bytes("1"), ifModRevision: first, deadline: .now + .seconds(60)) }
                try await Task.sleep(for: .milliseconds(500))
                // The write left, and its answer never comes.
                await member.kill()
                try await member.start()
                let outcome = try await write.value
                guard case .done(let revision) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                let kv = try #require(try await client.range(.key("a")).kvs.first)
                #expect(kv.valueText == "1" && kv.version == 2 && kv.modRevision == revision)
                let late = try await client.settlingPut(bytes("a"), bytes("2"), ifModRevision: first)
                #expect(late == .notDone(found: kv))
            }
        }
    }
}

/// The code that `body` throws; nil when it doesn't.
private func outcome(_ body: () async throws -> Void) async -> EtcdError.Code? {
    do {
        try await body()
        return nil
    } catch let error as EtcdError {
        return error.code
    } catch {
        return .internalError
    }
}
