//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdTestKit

@Suite(.timeLimit(.minutes(5))) struct ProxiedClusterTests {
    @Test("Clients and peers come through proxies; a leader that is cut off from its peers loses its office to another")
    func isolates() async throws {
        try await EtcdCluster.withCluster(EtcdClusterOptions(members: 3, proxied: true, proxiedPeers: true)) { cluster in
            try await cluster.etcdctl(["put", "a", "1"], at: cluster.endpoints)
            #expect(cluster.proxies.contains { $0.statistics.accepted > 0 })
            // A member makes its address known some time after it is ready.
            for proxy in cluster.proxies { while try await !cluster.etcdctl(["member", "list"]).contains(proxy.address) {} }
            let leader = try await cluster.leader()
            let index = try #require(cluster.members.firstIndex { $0 === leader })
            for other in cluster.members.indices where other != index {
                #expect(try #require(cluster.peerLink(from: index, to: other)).statistics.accepted > 0)
            }
            cluster.isolate(index)
            let others = cluster.members.filter { $0 !== leader }
            // One of the two others leads as soon as it has noticed.
            var elected = false
            while !elected { for member in others where await member.isLeader() { elected = true } }
            try await cluster.etcdctl(["put", "a", "2"], at: others.map(\.directClientURL))
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only", "--consistency=s"], at: [leader.directClientURL]) == "1\n")
            cluster.healPeers()
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"], at: [leader.directClientURL]) == "2\n")
        }
    }

    @Test("Members join, learn, are promoted, move and leave") func members() async throws {
        try await EtcdCluster.withCluster { cluster in
            let learner = try await cluster.addMember(learner: true)
            #expect(try await cluster.etcdctl(["member", "list"]).contains("true"))
            try await cluster.promote(learner)
            try await cluster.etcdctl(["put", "a", "1"])
            let moved = try await cluster.move(learner)
            #expect(moved.clientPort != learner.clientPort)
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"], at: [moved.directClientURL]) == "1\n")
            try await cluster.removeMember(moved)
            #expect(!moved.isRunning)
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"]) == "1\n")
        }
    }

    @Test("A restored snapshot undoes what came after it, with the cluster's ID or another", arguments: [true, false])
    func restores(keepsClusterID: Bool) async throws {
        try await EtcdCluster.withCluster { cluster in
            try await cluster.etcdctl(["put", "a", "1"])
            let snapshot = try await cluster.saveSnapshot()
            try await cluster.etcdctl(["put", "a", "2"])
            let before = try await cluster.etcdctl(["get", "a", "--write-out=fields"])
            try await cluster.restore(snapshot, keepsClusterID: keepsClusterID)
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"]) == "1\n")
            let after = try await cluster.etcdctl(["get", "a", "--write-out=fields"])
            func clusterID(_ fields: String) -> Substring? { fields.split(separator: "\n").first { $0.contains("ClusterID") } }
            #expect((clusterID(before) == clusterID(after)) == keepsClusterID)
        }
    }

    @Test("Members show different certificates, and new ones once these are in place") func certificates() async throws {
        let kinds: [TestCertificates.Kind] = [.named(["127.0.0.1", "one.test"]), .expired, .foreignAuthority]
        try await EtcdCluster.withCluster(EtcdClusterOptions(members: 3, tls: true, serverCertificates: kinds)) { cluster in
            let certificates = try #require(cluster.certificates)
            try await cluster.etcdctl(["put", "a", "1"], at: [cluster.endpoints[0]])
            for endpoint in cluster.endpoints.dropFirst() {
                await #expect(throws: EtcdTestKitError.self) {
                    try await cluster.etcdctl(["get", "a", "--dial-timeout=1s", "--command-timeout=1s"], at: [endpoint])
                }
            }
            let own = try #require(cluster.members[1].certificate)
            try TestCertificates.replace(own, by: try await certificates.issue(.valid, name: "renewed"))
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"], at: [cluster.endpoints[1]]) == "1\n")
            let early = try await certificates.issue(.notYetValid, name: "early")
            try TestCertificates.replace(own, by: early)
            await #expect(throws: EtcdTestKitError.self) {
                try await cluster.etcdctl(["get", "a", "--dial-timeout=1s", "--command-timeout=1s"], at: [cluster.endpoints[1]])
            }
        }
    }
}
