//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Foundation
import GRPCTransport
import TestWaiting
import Testing

@Suite("Members of a cluster, on real etcds")
struct ClusterTests {
    @Test("The members are named, with where they are reached")
    func list() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            let answer = try await client.memberList()
            #expect(answer.members.count == 3)
            #expect(Set(answer.members.map(\.name)) == ["etcd-0", "etcd-1", "etcd-2"])
            #expect(Set(answer.members.flatMap(\.clientURLs)) == Set(cluster.endpoints))
            #expect(answer.members.allSatisfy { $0.id != 0 && $0.peerURLs.count == 1 && !$0.isLearner })
            #expect(answer.header.clusterID != 0)
            #expect(Set(try await client.memberList(linearizable: false).members) == Set(answer.members))
        }
    }

    @Test("A member without a majority still tells whom it knows, if asked for no more")
    func minority() async throws {
        try await EtcdCluster.withCluster(members: 3) { cluster in
            let last = try #require(cluster.members.last)
            for member in cluster.members.dropLast() { await member.kill() }
            try await withClient(of: [last.clientURL]) { client async throws in
                #expect(try await client.memberList(linearizable: false, deadline: .now + .seconds(30)).members.count == 3)
                let error = await failure { _ = try await client.memberList(deadline: .now + .seconds(1)) }
                #expect(error.map { [.deadlineExceeded, .unavailable, .noLeader].contains($0.code) } == true)
                #expect(error?.outcome == .notDone)
            }
        }
    }

    @Test("A learner is added, moved, refused a vote while it isn't there, and removed")
    func learner() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            let taken = try #require(try await client.memberList().members.first?.peerURLs)
            // A cluster takes no new member before its members have seen each other for five seconds.
            let refused = await failure { _ = try await client.memberAdd(peerURLs: taken, deadline: .now + .seconds(60)) }
            #expect(refused?.code == .memberAlreadyExists && refused?.outcome == .notDone, "\(String(describing: refused))")
            let added = try await client.memberAdd(
                peerURLs: ["http://127.0.0.1:1"], isLearner: true, deadline: .now + .seconds(60))
            #expect(added.member.isLearner && added.member.id != 0 && added.member.name.isEmpty)
            #expect(added.members.count == 4 && added.members.contains(added.member))
            let id = added.member.id

            let moved = try await client.memberUpdate(id, peerURLs: ["http://127.0.0.1:2"])
            #expect(moved.members.first { $0.id == id }?.peerURLs == ["http://127.0.0.1:2"])
            #expect(await failure { try await client.memberPromote(id) }?.code == .learnerNotReady)
            let left = try await client.memberRemove(id, deadline: .now + .seconds(60))
            #expect(left.members.count == 3 && !left.members.contains { $0.id == id })
            #expect(await failure { try await client.memberRemove(id) }?.code == .memberNotFound)
            let listed = try await cluster.etcdctl(["member", "list"])
            #expect(listed.split(separator: "\n").count == 3)
        }
    }

    @Test("A learner that has caught up is given a vote, and serves", .timeLimit(.minutes(2)))
    func promote() async throws {
        try await EtcdCluster.withCluster { cluster in
            let learner = try await cluster.addMember(learner: true)
            try await withClient(of: cluster.endpoints) { client in
                try await client.put("a", "1")
                let id = try #require(try await client.memberList().members.first { $0.isLearner }?.id)
                let promoted = try await within("a learner to catch up") {
                    while true {
                        do throws(EtcdError) {
                            return try await client.memberPromote(id)
                        } catch {
                            // Which nobody tells.
                            guard error.code == .learnerNotReady else { throw error }
                        }
                    }
                }
                #expect(promoted.members.count == 2 && promoted.members.allSatisfy { !$0.isLearner })
                // Until the new voter takes part there's no majority.
                try await learner.waitUntilReady()
                #expect(await failure { try await client.memberPromote(id, deadline: .now + .seconds(30)) }?.code == .failedPrecondition)
            }
            try await withClient(of: [learner.clientURL]) { client async throws in
                #expect(try await client.range(.key("a")).kvs.first?.valueText == "1")
            }
        }
    }

    @Test("What can't be done to members is typed, not done, and said of which member")
    func refusals() async throws {
        try await withOwnCluster { client, _ async throws in
            let id = try #require(try await client.memberList().members.first?.id)
            let cases: [(EtcdError.Code, String, @Sendable () async throws -> Void)] = [
                (.memberNotFound, "remove member bad", { try await client.memberRemove(0xbad) }),
                (.memberNotFound, "move member bad", { try await client.memberUpdate(0xbad, peerURLs: ["http://127.0.0.1:3"]) }),
                (.memberNotFound, "promote learner bad", { try await client.memberPromote(0xbad) }),
                (.failedPrecondition, "promote learner", { try await client.memberPromote(id) }),
                (.invalidArgument, "add member at nonsense", { _ = try await client.memberAdd(peerURLs: ["nonsense"]) }),
                (.invalidArgument, "zero byte", { _ = try await client.memberAdd(peerURLs: ["http://127.0.0.1:3\0"]) }),
            ]
            for (code, text, call) in cases {
                let error = await failure(call)
                #expect(error?.code == code, "\(text): \(String(describing: error))")
                #expect(error?.outcome == .notDone)
                #expect(error?.message.contains(text) == true, "\(String(describing: error))")
            }
            #expect(try await client.memberList().members.count == 1)
        }
    }

    @Test("Leadership is handed over, and only by who has it")
    func moveLeader() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            var statuses: [(endpoint: GRPCEndpoint, status: StatusResponse)] = []
            for text in cluster.endpoints {
                let endpoint = try GRPCEndpoint(parsing: text)
                statuses.append((endpoint, try await client.status(of: endpoint)))
            }
            #expect(Set(statuses.map(\.status.header.memberID)).count == 3, "each status is of the member that was asked")
            let followers = statuses.filter { !$0.status.isLeader }
            #expect(followers.count == 2)
            let (next, other) = (try #require(followers.first), try #require(followers.last))
            let target = next.status.header.memberID

            #expect(await failure { try await client.moveLeader(to: target, from: other.endpoint) }?.code == .notLeader)
            let stranger = await failure { try await client.moveLeader(to: 0xbad) }
            #expect(stranger?.code == .failedPrecondition)
            #expect(stranger?.message.contains("move leadership to bad") == true)
            try await client.moveLeader(to: target)
            try await within("a new leader") {
                while try await client.status(of: other.endpoint).leader != target { try await Task.sleep(for: .milliseconds(20)) }
            }
        }
    }

    @Test("The members' checksums agree at one revision")
    func hashes() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            for index in 0..<50 { try await client.put("k\(index)", "\(index)") }
            let revision = try await client.range(.key("k1")).header.revision
            var hashes: Set<UInt32> = []
            var members: Set<UInt64> = []
            for text in cluster.endpoints {
                let endpoint = try GRPCEndpoint(parsing: text)
                let answer = try await within("a follower to come so far") {
                    while true {
                        do throws(EtcdError) {
                            return try await client.hashKV(of: endpoint, revision: revision)
                        } catch {
                            guard error.code == .futureRevision else { throw error }
                        }
                    }
                }
                hashes.insert(answer.hash)
                members.insert(answer.header.memberID)
            }
            #expect(hashes.count == 1 && members.count == 3)
        }
    }
}
