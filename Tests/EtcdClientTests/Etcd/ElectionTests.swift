//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Elections, on a real etcd")
struct ElectionTests {
    @Test("One leads at a time, in the order of the campaigns; what leaders say is seen, in order and without gaps")
    func succession() async throws {
        try await withSharedCluster { client, prefix in
            let election = client.election(prefix)
            #expect(try await election.leader() == nil)
            let seen = Log<String>()
            let observer = Task {
                for try await leader in election.observe() {
                    seen.append(leader.valueText)
                    if leader.valueText == "end" { break }
                }
            }
            try await client.withSession(ttl: 30) { one in
                let first = try await election.campaign(session: one, value: "1")
                try await eventually("the first leader") { seen.all.contains("1") }
                try await client.withSession(ttl: 30) { two in
                    let waiting = Task { try await election.campaign(session: two, value: "2") }
                    try await eventually("a second candidate") { try await client.range(.prefix("\(prefix)/")).count == 2 }
                    #expect(try await election.leader()?.valueText == "1")
                    try await first.proclaim("1b")
                    try await first.resign()
                    let second = try await within("the second leader") { try await waiting.value }
                    #expect(second.fencingToken > first.fencingToken)
                    #expect(await failure { try await first.proclaim("late") }?.code == .ownershipLost)
                    try await second.proclaim("end")
                    try await within("the observer") { try await observer.value }
                }
            }
            #expect(seen.all == ["1", "1b", "2", "end"])
            try await eventually("an empty line") { try await election.leader() == nil }
        }
    }

    @Test("Campaigns that are cancelled, or whose time is over, leave nothing behind; a session that leads already proclaims")
    func campaigns() async throws {
        try await withSharedCluster { client, prefix in
            let election = client.election(prefix)
            try await client.withSession(ttl: 30) { one in
                let first = try await election.campaign(session: one, value: "1")
                let again = try await election.campaign(session: one, value: "1b")
                #expect(again.key == first.key && again.fencingToken == first.fencingToken)
                #expect(try await election.leader()?.valueText == "1b")
                try await client.withSession(ttl: 30) { two in
                    let late = await failure { _ = try await election.campaign(session: two, value: "2", deadline: .now + .milliseconds(300)) }
                    #expect(late?.code == .deadlineExceeded)
                    let waiter = Task { await failure { _ = try await election.campaign(session: two, value: "2") } }
                    try await eventually("a candidate") { try await client.range(.prefix("\(prefix)/")).count == 2 }
                    waiter.cancel()
                    #expect(await waiter.value?.code == .canceled)
                    #expect(try await client.range(.prefix("\(prefix)/")).count == 1)
                }
            }
        }
    }

    @Test("A campaign that is cancelled, or fails, takes nothing from the session that leads or stands already")
    func standing() async throws {
        try await withSharedCluster { client, prefix in
            let election = client.election(prefix)
            try await client.withSession(ttl: 30) { one in
                let first = try await election.campaign(session: one, value: "host")
                let canceled = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await failure { _ = try await election.campaign(session: one, value: "host") }
                }
                #expect(await canceled.value?.code == .canceled)
                #expect(try await election.leader()?.createRevision == first.fencingToken)
                try await client.withSession(ttl: 30) { two in
                    let waiting = Task { try await election.campaign(session: two, value: "2") }
                    try await eventually("a second candidate") { try await client.range(.prefix("\(prefix)/")).count == 2 }
                    let late = await failure { _ = try await election.campaign(session: two, value: "2", deadline: .now + .milliseconds(300)) }
                    #expect(late?.code == .deadlineExceeded)
                    #expect(try await client.range(.prefix("\(prefix)/")).count == 2)
                    try await first.resign()
                    #expect(try await within("the second leader") { try await waiting.value }.session.lease == two.lease)
                }
            }
        }
    }

    @Test("A cancelled campaign of a session that didn't stand leaves nothing behind")
    func canceledAtOnce() async throws {
        try await withSharedCluster { client, prefix in
            try await client.withSession(ttl: 30) { session in
                let canceled = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await failure { _ = try await client.election(prefix).campaign(session: session, value: "host") }
                }
                #expect(await canceled.value?.code == .canceled)
                let left = try await client.range(.prefix("\(prefix)/")).count
                #expect(left == 0)
            }
        }
    }

    @Test("A leader whose lease ends is cancelled, and the next leads")
    func lost() async throws {
        try await withSharedCluster { client, prefix in
            let election = client.election(prefix)
            let isLeading = Flag()
            let first = Task {
                await failure {
                    try await client.withSession(ttl: 9) { session in
                        try await election.withLeadership(session: session, value: "1") { _ in
                            isLeading.set()
                            try await Task.sleep(for: .seconds(600))
                        }
                    }
                }
            }
            try await eventually("a leader") { isLeading.isSet }
            try await client.withSession(ttl: 30) { session in
                let second = Task { try await election.campaign(session: session, value: "2") }
                try await eventually("a candidate") { try await client.range(.prefix("\(prefix)/")).count == 2 }
                let lease = try #require(try await election.leader()).lease
                try await client.leaseRevoke(lease)
                _ = try await within("the second leader") { try await second.value }
                #expect(try await within("the first's end") { await first.value }?.code == .leaseNotFound)
            }
        }
    }

    @Test("etcdctl takes part in the same elections and locks")
    func etcdctl() async throws {
        let cluster = try await EtcdCluster.shared()
        try await withSharedCluster { client, prefix in
            try await client.withSession(ttl: 30) { session in
                let election = client.election(prefix)
                let leadership = try await election.campaign(session: session, value: "ours")
                let seen = try await cluster.etcdctl(["get", "--prefix", "\(prefix)/"])
                #expect(seen.contains("ours"))
                // It waits behind us, runs the command once it has the lock, and ends.
                let mutex = client.mutex("\(prefix)-lock", session: session)
                let lock = try await mutex.lock()
                let other = Task { try await cluster.etcdctl(["lock", "\(prefix)-lock", "echo", "held"]) }
                try await eventually("etcdctl in line") { try await client.range(.prefix("\(prefix)-lock/")).count == 2 }
                try await lock.unlock()
                #expect(try await within("etcdctl's lock") { try await other.value }.contains("held"))
                try await leadership.resign()
            }
        }
    }
}
