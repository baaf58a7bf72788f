//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import HistoryTesting
import TestWaiting
import Testing

extension Scenarios {
    @Suite("Certificates that are wrong, and that change") struct Certificates {
        private static func scenario(_ serverCertificates: [TestCertificates.Kind] = []) -> Scenario {
            Scenario(EtcdClusterOptions(members: 3, tls: true, proxied: true, serverCertificates: serverCertificates), timeout: .seconds(20)) {
                $0.transport.tls?.reloadInterval = .milliseconds(100)
                $0.transport.tls?.drainDelay = .milliseconds(200)
            }
        }

        @Test("S29: members whose certificates are wrong are left for others, and the error names what is wrong with all of them", .soakLimit)
        func flaws() async throws {
            try await Self.scenario([.valid, .valid, .valid]).run { round in
                let files = try ClusterCertificates(round.cluster)
                let pairs = round.cluster.members.compactMap(\.certificate)
                let flaws = round.random { random in pairs.map { _ in ClusterCertificates.Flaw.allCases.randomElement(using: &random) ?? .expired } }
                let order = round.random { Array(pairs.indices).shuffled(using: &$0) }
                // One after the other, and always all connections are made anew.
                for index in order {
                    try await files.spoil(pairs[index], by: flaws[index])
                    for proxy in round.cluster.proxies { proxy.endAll() }
                    guard index != order.last else { break }
                    try await round.recovers(since: .now)
                }
                let error = await failure { _ = try await round.client.range(.key("a"), deadline: .now + .seconds(5)) }
                let message = error?.message ?? ""
                for (index, flaw) in flaws.enumerated() {
                    let own = message.split(separator: "; ").first { $0.contains("\(round.cluster.endpoints[index]): ") } ?? ""
                    #expect(own.contains(flaw.words), "\(flaw) of \(round.cluster.endpoints[index]): \(message)")
                }
                for index in order { try await files.renew(pairs[index]) }
            } afterwards: {
                $0.expectReads()
            }
        }

        @Test("S29: a client whose files make no sense goes on with what it had; one that is not accepted is told so", .soakLimit)
        func clientFiles() async throws {
            try await Self.scenario().run { round in
                let files = try ClusterCertificates(round.cluster)
                let client = files.certificates.client
                for _ in 0..<2 {
                    let flaw =
                        round.random { random in ClusterCertificates.Flaw.allCases.filter(\.isDamage).randomElement(using: &random) } ?? .missing
                    try await files.spoil(client, by: flaw)
                    for proxy in round.cluster.proxies { proxy.endAll() }
                    try await round.recovers(since: .now)
                    try await files.renew(client)
                    try await round.letRun(0...500)
                }
                let wrong = round.random { $0.chance(50) } ? ClusterCertificates.Flaw.expired : .foreignAuthority
                try await files.spoil(client, by: wrong)
                for proxy in round.cluster.proxies { proxy.endAll() }
                let error = await failure { _ = try await round.client.range(.key("a"), deadline: .now + .seconds(5)) }
                #expect(error?.message.contains("our certificate") == true, "\(wrong): \(error?.message ?? "")")
                try await files.renew(client)
            } afterwards: {
                $0.expectReads()
            }
        }

        @Test(
            "S30: another authority, and certificates by it for the members and the client, under load: nothing fails, unless members are restarted",
            .soakLimit)
        func rotation() async throws {
            try await Self.scenario([.valid, .valid, .valid]).run { round in
                let files = try ClusterCertificates(round.cluster)
                try await files.beginNewAuthority()
                // Members read whom they trust when they start.
                for member in round.random({ round.cluster.members.shuffled(using: &$0) }) {
                    await member.terminate()
                    try await member.start()
                    try await round.recovers(since: .now)
                }
                try await renewAll(files, round)
                for proxy in round.cluster.proxies { proxy.endAll() }
                try await round.recovers(since: .now)
            } afterwards: {
                $0.expectReads()
            }
        }

        /// Renews all certificates and ends the old authority, while nothing is restarted and nothing cut: nothing at all fails.
        private func renewAll(_ files: ClusterCertificates, _ round: Scenario.Round) async throws {
            let leaders = await round.cluster.sum(of: "etcd_server_leader_changes_seen_total")
            let start = ContinuousClock.now
            let pairs = round.cluster.members.compactMap(\.certificate) + [files.certificates.client]
            for pair in round.random({ pairs.shuffled(using: &$0) }) {
                try await files.renew(pair)
                try await round.letRun(0...400)
            }
            let accepted = round.acceptedConnections
            try files.endOldAuthority()
            // Calls and watches have connections of their own.
            try await eventually("connections that know of it") { round.acceptedConnections >= accepted + 2 }
            try await round.letRun(500...1000)
            try await round.recovers(since: .now)
            let failed = round.recorder.operations.filter { $0.called > start && !$0.isDone }
            // Members that are busy may hold an election of their own.
            guard await round.cluster.sum(of: "etcd_server_leader_changes_seen_total") == leaders else { return }
            #expect(failed.isEmpty, "\(failed.count): \(failed.first?.description ?? "")")
        }
    }
}
