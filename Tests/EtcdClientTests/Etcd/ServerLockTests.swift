//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("The server's locks and elections, on a real etcd")
struct ServerLockTests {
    @Test("A lock is had by one at a time, and by the same lease again at once")
    func lock() async throws {
        try await withSharedCluster { client, prefix in
            let (first, second) = (try await client.leaseGrant(ttl: 60).id, try await client.leaseGrant(ttl: 60).id)
            let held = try await client.lock(prefix, lease: first)
            #expect(held.key.starts(with: bytes(prefix + "/")) && held.header.revision > 0)
            #expect(try await client.lock(prefix, lease: first).key == held.key)
            #expect(try await client.get(held.key)?.lease == first)

            let late = await failure { _ = try await client.lock(prefix, lease: second, deadline: .now + .milliseconds(300)) }
            #expect(late?.code == .unknownOutcome && late?.reason == .deadlineExceeded)
            let waiting = Task { try await client.lock(prefix, lease: second) }
            try await within("a second candidate") {
                while try await client.count(prefix: prefix + "/") < 2 { try await Task.sleep(for: .milliseconds(10)) }
            }
            try await client.unlock(held.key)
            let next = try await within("the lock") { try await waiting.value }
            #expect(next.key != held.key)
            try await client.unlock(next.key)
            try await client.unlock(next.key)
            #expect(try await client.count(prefix: prefix + "/") == 0)
            for lease in [first, second] { try await client.leaseRevoke(lease) }
        }
    }

    @Test("Who stops waiting leaves the queue")
    func canceled() async throws {
        try await withSharedCluster { client, prefix in
            let (first, second) = (try await client.leaseGrant(ttl: 60).id, try await client.leaseGrant(ttl: 60).id)
            _ = try await client.lock(prefix, lease: first)
            let waiting = Task { await failure { _ = try await client.lock(prefix, lease: second) } }
            try await within("a second candidate") {
                while try await client.count(prefix: prefix + "/") < 2 { try await Task.sleep(for: .milliseconds(10)) }
            }
            waiting.cancel()
            #expect(try await within("the end of a cancelled wait") { await waiting.value }?.reason == .canceled)
            try await within("the end of the candidate") {
                while try await client.count(prefix: prefix + "/") > 1 { try await Task.sleep(for: .milliseconds(10)) }
            }
            for lease in [first, second] { try await client.leaseRevoke(lease) }
        }
    }

    @Test("A lock needs a lease that there is")
    func leases() async throws {
        try await withSharedCluster { client, prefix in
            #expect(await failure { _ = try await client.lock(prefix, lease: 0) }?.code == .invalidArgument)
            #expect(await failure { _ = try await client.lock(prefix, lease: 4711) }?.code == .leaseNotFound)
            #expect(await failure { _ = try await client.campaign(prefix, lease: 0, value: "v") }?.code == .invalidArgument)
            #expect(await failure { _ = try await client.campaign(prefix, lease: 4711, value: "v") }?.code == .leaseNotFound)
        }
    }

    @Test("An election is won, told of, proclaimed to and given up")
    func election() async throws {
        try await withSharedCluster { client, prefix in
            #expect(await failure { _ = try await client.leader(prefix) }?.code == .electionNoLeader)
            let (first, second) = (try await client.leaseGrant(ttl: 60).id, try await client.leaseGrant(ttl: 60).id)
            let observing = Task {
                var seen: [String] = []
                for try await answer in client.observe(prefix) {
                    seen.append(answer.kv.valueText)
                    if seen.last == "second" { break }
                }
                return seen
            }
            let won = try await client.campaign(prefix, lease: first, value: "first")
            #expect(won.leader.name == bytes(prefix) && won.leader.lease == first && won.leader.revision > 0)
            let leader = try await client.leader(prefix)
            #expect(leader.kv.valueText == "first" && leader.kv.key == won.leader.key && leader.kv.createRevision == won.leader.revision)

            let campaigning = Task { try await client.campaign(prefix, lease: second, value: "second") }
            try await client.proclaim(won.leader, value: "changed")
            #expect(try await client.leader(prefix).kv.valueText == "changed")
            try await within("a second candidate") {
                while try await client.count(prefix: prefix + "/") < 2 { try await Task.sleep(for: .milliseconds(10)) }
            }
            try await client.resign(won.leader)
            let next = try await within("a second leader") { try await campaigning.value }
            #expect(await failure { try await client.proclaim(won.leader, value: "late") }?.code == .electionNotLeader)
            try await client.resign(won.leader)
            #expect(try await client.leader(prefix).kv.key == next.leader.key)

            let seen = try await within("the observer") { try await observing.value }
            // What was replaced before the observer looked isn't told; what is told comes in order, and once.
            #expect(seen.last == "second" && Set(seen).isSubset(of: ["first", "changed", "second"]) && seen.count == Set(seen).count, "\(seen)")
            for lease in [first, second] { try await client.leaseRevoke(lease) }
        }
    }

    @Test("A leader is told though it lined up before the one before it spoke for the last time")
    func linedUpEarly() async throws {
        try await withSharedCluster { client, prefix in
            let (first, second) = (try await client.leaseGrant(ttl: 60).id, try await client.leaseGrant(ttl: 60).id)
            let won = try await client.campaign(prefix, lease: first, value: "first")
            var leaders = client.observe(prefix).makeAsyncIterator()
            #expect(try await leaders.next()?.kv.valueText == "first")
            let campaigning = Task { try await client.campaign(prefix, lease: second, value: "second") }
            try await eventually("a second candidate") { try await client.count(prefix: prefix + "/") == 2 }
            try await client.proclaim(won.leader, value: "changed")
            #expect(try await leaders.next()?.kv.valueText == "changed")
            try await client.resign(won.leader)
            _ = try await campaigning.value
            #expect(try await leaders.next()?.kv.valueText == "second")
            for lease in [first, second] { try await client.leaseRevoke(lease) }
        }
    }

    @Test("An observer goes on when the server was killed and came back, and tells nothing twice")
    func observerSurvives() async throws {
        try await withOwnMember { client, member in
            let lease = try await client.leaseGrant(ttl: 600).id
            let won = try await client.campaign("e", lease: lease, value: "0")
            var leaders = client.observe("e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.valueText == "0")
            for round in 1...2 {
                await member.kill()
                try await member.start()
                try await within("a proclamation") {
                    while true {
                        do throws(EtcdError) {
                            return try await client.proclaim(won.leader, value: "\(round)", deadline: .now + .seconds(5))
                        } catch {
                            guard error.code == .unknownOutcome || error.code == .unavailable || error.code == .deadlineExceeded else {
                                throw error
                            }
                        }
                    }
                }
                #expect(try await leaders.next()?.kv.valueText == "\(round)")
            }
        }
    }
}
