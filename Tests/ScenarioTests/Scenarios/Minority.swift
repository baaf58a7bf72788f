//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting
import TestWaiting
import Testing

extension Scenarios {
    @Suite("Members without a majority") struct Minority {
        @Test("S5: with two of three members paused calls fail, with an outcome, and stale reads work; then all goes on", .soakLimit)
        func minority() async throws {
            try await Scenario(timeout: .seconds(2)).run { round in
                let (away, left) = (round.cluster.members.prefix(2), round.cluster.members[2])
                for member in away { member.pause() }
                let paused = ContinuousClock.now
                try await eventually("news of it at the member that is left") { await left.metric("etcd_server_has_leader") == 0 }
                let alone = ContinuousClock.now
                try await refusals(round, at: left.clientURL)
                try await silence(round, at: left.clientURL)
                // Stale reads need no majority, but the client has to find the member that answers.
                _ = try await round.client.range(.key("x"), options: .init(serializable: true), deadline: paused + .seconds(40))
                #expect(round.recorder.count { $0.called > alone && $0.kind.isWrite && $0.isDone } == 0)
                #expect(round.recorder.count { $0.called > alone && $0.kind.isLinearizableRead && $0.isDone } == 0)
                for member in away { member.resume() }
                try await round.cluster.waitUntilReady()
                try await round.recovers(since: .now)
            }
        }

        /// A call that asks for a leader is refused at once, and isn't done. The client tries again until the deadline: so many attempts fit into
        /// it only if each is answered at once.
        private func refusals(_ round: Scenario.Round, at endpoint: String) async throws {
            try await withClient(of: [endpoint]) { client in
                async let write = round.put("\(round.prefix)/refused", timeout: .seconds(3), by: client)
                let key = "\(round.prefix)/refused"
                let read = await round.recorder.record(.read(.key(key), isLinearizable: true, at: 0)) { () async throws(EtcdError) in
                    .init(revision: try await client.range(.key(key), deadline: .now + .seconds(3)).header.revision)
                }
                for outcome in [read, await write] {
                    guard case .notDone(let why) = outcome else {
                        Issue.record("\(outcome)")
                        continue
                    }
                    #expect(why.hasPrefix("EtcdError: no leader: "), "\(why)")
                    let attempts = why.firstMatch(of: /\(attempt (\d+)\)/).flatMap { Int($0.1) } ?? 1
                    #expect(attempts >= 6, "\(why)")
                }
            }
        }

        /// A write that asks for none is taken, and nobody knows what becomes of it; a stale read is answered at once.
        private func silence(_ round: Scenario.Round, at endpoint: String) async throws {
            try await withClient(of: [endpoint], configure: { $0.requiresLeader = false }) { client in
                let written = await round.put("\(round.prefix)/taken", timeout: .seconds(2), by: client)
                #expect(written.isUnknown, "\(written)")
                let start = ContinuousClock.now
                _ = try await client.range(.key("x"), options: .init(serializable: true), deadline: start + .seconds(30))
                #expect(ContinuousClock.now - start < .seconds(3))
            }
        }
    }
}
