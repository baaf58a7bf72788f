//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import LogRecording
import Logging
import TestWaiting
import Testing

@Suite("What the log says while members come and go, on a real etcd")
struct LogLevelTests {
    /// Puts until it has an answer: a write whose member leaves may have no known outcome, and is then made again.
    private func put(_ client: EtcdClient, _ key: String) async throws {
        try await within("a write") {
            while true {
                do throws(EtcdError) {
                    try await client.put(key, "1", deadline: .now + .seconds(10))
                    return
                } catch {
                    try Task.checkCancellation()
                }
            }
        }
    }

    @Test(
        "Calls, a watch and a lease move from members that are stopped, one after another, and nothing of it is a warning",
        .timeLimit(.minutes(4)), arguments: [false, true])
    func routine(asksForNames: Bool) async throws {
        let options = EtcdClusterOptions(members: 3, flags: EtcdCluster.cheapLogins)
        try await EtcdCluster.withCluster(options) { cluster in
            if asksForNames { try await cluster.enableAuthentication() }
            let configuration = try configuration(of: cluster) {
                if asksForNames { $0.credentials = .user("alice", password: "secret") }
            }
            let log = LogRecorder(level: .debug)
            let client = EtcdClient(configuration: configuration, logger: log.logger)
            try await running({ try await client.run() }) {
                let watch = try await client.watch(.prefix("a"))
                try await client.withSession(ttl: 60) { session in
                    for (index, member) in cluster.members.enumerated() {
                        member.beginTermination()
                        try await put(client, "a\(index)")
                        _ = try await watch.firstBatch { $0.events.contains { $0.kv.keyText == "a\(index)" } }
                        await member.terminate()
                        try await member.start()
                        try session.check()
                    }
                }
            }
            let used = Set(log.lines.filter { $0.message == "Connected" }.map { $0["endpoint"] })
            #expect(used.count > 1, "\(log.lines)")
            #expect(!log.lines.contains { $0.level > .info }, "\(log.lines.filter { $0.level > .info })")
        }
    }

    @Test("An outage of a few seconds is no warning either, for a client that must log in again after it", .timeLimit(.minutes(3)))
    func outage() async throws {
        try await EtcdCluster.withAuthentication { cluster in
            let member = try #require(cluster.members.first)
            // A login, too, gives up before the member is back.
            let configuration = try configuration(of: cluster) {
                $0.credentials = .user("alice", password: "secret")
                $0.readTimeout = .milliseconds(500)
            }
            let log = LogRecorder(level: .debug)
            let client = EtcdClient(configuration: configuration, logger: log.logger)
            await member.kill()
            try await running({ try await client.run() }) {
                async let written: Void = put(client, "a1")
                try await eventually("two failed logins") { log.lines.count { $0.message == "Login failed" } >= 2 }
                try await member.start()
                try await written
            }
            #expect(!log.lines.contains { $0.level > .info }, "\(log.lines.filter { $0.level > .info })")
        }
    }
}
