//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import GRPCTransport
import MetricsTestKit
import TestWaiting
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
                try await eventually("the other members") { client.endpoints.count == 3 }
                await first.kill()
                try await eventually("a write without the first member") {
                    await outcome { try await client.put("a", "2", deadline: .now + .seconds(5)) } == nil
                }
                // Its URL stays as long as it is a member.
                #expect(client.endpoints.count == 3)
            }
        }
    }

    @Test("Calls go on while a learner joins, is promoted, a member is removed and another moves; the endpoints follow", .timeLimit(.minutes(4)))
    func membership() async throws {
        try await withOwnCluster(.init(members: 3), configure: { $0.memberSync = .milliseconds(300) }) { client, cluster in
            let isOver = Flag()
            let written = Counter()
            let writer = Task {
                var refused: [EtcdError] = []
                while !isOver.isSet {
                    do throws(EtcdError) {
                        try await client.put("a/\(written.value)", "", deadline: .now + .seconds(20))
                    } catch {
                        // A member that leaves may take a write's answer with it; nothing else may happen.
                        if error.code != .unknownOutcome { refused.append(error) }
                    }
                    written.value += 1
                }
                return refused
            }
            func goOn(_ what: String) async throws {
                let before = written.value
                try await eventually("writes \(what)") { written.value > before + 20 }
            }
            func follow(_ what: String, _ urls: [String]) async throws {
                let expected = Set(urls.map { $0.replacing("http://", with: "") })
                try await eventually("the endpoints \(what)") { Set(client.endpoints.map(\.authority)) == expected }
            }
            let learner = try await cluster.addMember(learner: true)
            try await goOn("beside a learner")
            try await follow("without the learner", cluster.endpoints)
            try await cluster.promote(learner)
            try await follow("with the promoted", cluster.endpoints + [learner.clientURL])
            let removed = cluster.members[0]
            try await cluster.removeMember(removed)
            let rest = [cluster.members[1].clientURL, learner.clientURL]
            try await follow("without the removed", rest + [cluster.members[2].clientURL])
            try await goOn("without the removed")
            let moved = try await cluster.move(cluster.members[2])
            try await follow("with the moved", rest + [moved.clientURL])
            try await goOn("with the moved")
            isOver.set()
            #expect(await writer.value.isEmpty)
        }
    }

    @Test("A learner among the endpoints is left for the others, without a caller hearing of it", .timeLimit(.minutes(2)))
    func learner() async throws {
        try await EtcdCluster.withCluster { cluster in
            let learner = try await cluster.addMember(learner: true)
            try await withClient(of: [learner.clientURL] + cluster.endpoints) { client in
                for number in 0..<20 {
                    try await client.put("a/\(number)", "")
                    _ = try await client.range(.key("a/\(number)"))
                }
                let watch = try await client.watch(.prefix("a/"), options: .init(startRevision: 1))
                #expect(try await watch.events(20).count == 20)
                try await client.withSession(ttl: 6) { session in
                    // Longer than it lives by itself.
                    try await Task.sleep(for: .seconds(8))
                    try session.check()
                }
            }
        }
    }

    @Test(
        "A store that was put back to an older snapshot is noticed, under the same ID or another", .timeLimit(.minutes(2)), arguments: [true, false])
    func restored(keepsClusterID: Bool) async throws {
        try await withOwnCluster { client, cluster in
            try await client.put("a", "1")
            let snapshot = try await cluster.saveSnapshot()
            for number in 2..<10 { try await client.put("a", "\(number)") }
            try await cluster.restore(snapshot, keepsClusterID: keepsClusterID)
            try await eventually("an answer of the restored store") {
                await outcome { _ = try await client.range(.key("a"), deadline: .now + .seconds(10)) } == nil && client.historyLosses > 0
            }
            #expect(client.historyLosses == 1)
            #expect(try await client.range(.key("a")).kvs.first?.valueText == "1")
            try await client.put("a", "2")
            #expect(client.historyLosses == 1)
        }
    }

    @Test("A store that is another one is noticed by the first answer, logged and counted, and calls go on", .timeLimit(.minutes(1)))
    func otherStore() async throws {
        try await EtcdCluster.withCluster { first in
            try await EtcdCluster.withCluster { second in
                let metrics = TestMetrics()
                try await withClient(configuration(of: first) { $0.metricsFactory = metrics }) { client in
                    for _ in 0..<5 { try await client.put("a", "1") }
                    client.updateEndpoints(try second.endpoints.map { try GRPCEndpoint(parsing: $0) })
                    try await eventually("an answer of the other store") {
                        try await client.put("a", "2").header.clusterID != 0 && client.historyLosses > 0
                    }
                    try await client.put("a", "3")
                    #expect(client.historyLosses == 1)
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
                    client.updateEndpoints(try second.endpoints.map { try GRPCEndpoint(parsing: $0) })
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
        try await withProxiedMember { client, member, proxy in
            let first = try await client.put("a", "0").header.revision
            try await member.pauseCompletely()
            let before = proxy.statistics.bytesToServer
            let value = [UInt8](repeating: 1, count: 1000)
            let write = Task { try await client.settlingPut(bytes("a"), value, ifModRevision: first, deadline: .now + .seconds(60)) }
            try await proxy.waitForRequest(of: value.count, after: before)
            // The write left, and its answer never comes.
            await member.kill()
            try await member.start()
            let outcome = try await write.value
            guard case .done(let revision) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let kv = try #require(try await client.range(.key("a")).kvs.first)
            #expect(kv.value == value && kv.version == 2 && kv.modRevision == revision)
            let late = try await client.settlingPut(bytes("a"), bytes("2"), ifModRevision: first)
            #expect(late == .notDone(found: kv))
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
