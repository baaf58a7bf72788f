//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("A member that has no leader, of a real cluster")
struct NoLeaderTests {
    @Test("It refuses linearizable reads at once, for that reason, and answers those that may be old", .timeLimit(.minutes(3)))
    func reads() async throws {
        try await EtcdCluster.withCluster(members: 3) { cluster in
            let last = try #require(cluster.members.last)
            try await withClient(of: [last.clientURL]) { client async throws in
                try await client.put("a", "1")
                for member in cluster.members.dropLast() { await member.kill() }
                try await eventually("the loss of the leader") { try await client.status().leader == 0 }

                // It's repeated up to the deadline, since a leader may be elected any moment. An attempt may be under way then, but not five times.
                var errors: [EtcdError?] = []
                while errors.count < 5, errors.last??.code != .noLeader {
                    errors.append(await failure { _ = try await client.range(.key("a"), deadline: .now + .seconds(3)) })
                }
                let error = errors.last ?? nil
                #expect(error?.code == .noLeader && error?.outcome == .notDone, "\(errors)")
                // Which it wasn't, if each attempt had waited for the server to give up, after seven seconds.
                #expect(error?.message.contains("(attempt ") == true, "\(errors)")

                let waiting = client.with(CallOptions(requiresLeader: false))
                #expect(await failure { _ = try await waiting.range(.key("a"), deadline: .now + .seconds(2)) }?.code == .deadlineExceeded)
                let old = try await client.range(.key("a"), options: .init(serializable: true), deadline: .now + .seconds(30))
                #expect(old.kvs.first?.valueText == "1")
            }
        }
    }
}
