//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Deadlines and makers of locks and elections, on a real etcd")
struct ConcurrencyCallTests {
    private let past = ContinuousClock.now - .seconds(1)

    private func expectLate(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () async throws -> Void
    ) async {
        let error = await failure(body, sourceLocation: sourceLocation)
        #expect(error?.code == .deadlineExceeded && error?.outcome == .notDone, "\(what)", sourceLocation: sourceLocation)
    }

    @Test("Sessions and locks whose deadline is past fail, and nothing is changed")
    func lateLocks() async throws {
        try await withSharedCluster { [past] client, prefix in
            let id = Int64.random(in: 1...Int64.max)
            await expectLate("a session") { _ = try await client.session(ttl: 30, id: id, deadline: past) }
            await expectLate("a scoped session") { try await client.withSession(ttl: 30, id: id, deadline: past) { _ in } }
            #expect(try await client.leaseTimeToLive(id).ttl == -1)
            try await client.withSession(ttl: 30) { session in
                let mutex = client.mutex(prefix, session: session)
                await expectLate("a try") { _ = try await mutex.tryLock(deadline: past) }
                await expectLate("a lock") { _ = try await mutex.lock(deadline: past) }
                await expectLate("a scoped lock") { try await mutex.withLock(deadline: past) { _ in } }
                #expect(try await client.count(prefix: prefix) == 0)
                let lock = try await mutex.lock()
                await expectLate("an end") { try await lock.unlock(deadline: past) }
                #expect(try await client.transaction(.when(lock.isOwner)).succeeded)
                try await lock.unlock(deadline: .now + .seconds(60))
                #expect(try await client.count(prefix: prefix) == 0)
            }
        }
    }

    @Test("Campaigns and proclamations whose deadline is past fail, and nothing is changed")
    func lateElections() async throws {
        try await withSharedCluster { [past] client, prefix in
            let election = client.election(prefix)
            try await client.withSession(ttl: 30) { session in
                await expectLate("a campaign") { _ = try await election.campaign(session: session, value: "1", deadline: past) }
                await expectLate("a scoped one") { try await election.withLeadership(session: session, value: "1", deadline: past) { _ in } }
                #expect(try await client.count(prefix: prefix) == 0)
                let leadership = try await election.campaign(session: session, value: "1")
                await expectLate("a proclamation") { try await leadership.proclaim("2", deadline: past) }
                await expectLate("a resignation") { try await leadership.resign(deadline: past) }
                await expectLate("a question") { _ = try await election.leader(deadline: past) }
                #expect(try await election.leader()?.valueText == "1")
                try await leadership.resign(deadline: .now + .seconds(60))
                #expect(try await election.leader(deadline: .now + .seconds(60)) == nil)
            }
        }
    }

    @Test("A place in line of which the answer comes too late is given up")
    func lateAnswer() async throws {
        try await withProxiedMember { client, _, proxy in
            try await client.withSession(ttl: 60) { session in
                let mutex = client.mutex("lock", session: session)
                proxy.blackhole([.toClient])
                let before = proxy.statistics.bytesToServer
                // The deadline is also for a busy machine to send the request.
                let attempt = Task { await failure { _ = try await mutex.tryLock(deadline: .now + .seconds(3)) } }
                try await proxy.waitForRequest(of: 60, after: before)
                let asked = proxy.statistics.bytesToServer
                try await proxy.waitForRequest(of: 60, after: asked)
                proxy.restore()
                #expect(try await within("an attempt") { await attempt.value }?.code == .unknownOutcome)
                #expect(try await client.count(prefix: "lock") == 0)
                _ = try #require(try await mutex.tryLock())
            }
        }
    }

    @Test("Who makes a lock or an election does its work, also with the session of another client")
    func makers() async throws {
        try await withSharedCluster { client, prefix in
            try await client.withSession(ttl: 30) { session in
                // A client that is never in time.
                let other = client.with(CallOptions(timeout: .zero))
                let (mutex, election) = (other.mutex(prefix, session: session), other.namespace(prefix).election("e"))
                await expectLate("a try") { _ = try await mutex.tryLock() }
                await expectLate("a campaign") { _ = try await election.campaign(session: session, value: "") }
                await expectLate("a question") { _ = try await election.leader() }
                await expectLate("an observer") { for try await _ in election.observe() {} }
                #expect(try await client.count(prefix: prefix) == 0)
                _ = try #require(try await client.mutex(prefix, session: session).tryLock())
            }
        }
    }

    @Test("Names and values may be any bytes")
    func names() async throws {
        try await withSharedCluster { client, prefix in
            let name = bytes(prefix) + [0xff, 0, 0x2f]
            try await client.withSession(ttl: 30) { session in
                let mutex = client.mutex(name, session: session)
                #expect(mutex.name == name)
                let key = try await mutex.withLock { $0.key }
                #expect(key.starts(with: name + [0x2f]))
                let election = client.election(name[...])
                #expect(election.name == name)
                try await election.withLeadership(session: session, value: [0xfe] as [UInt8]) { leadership in
                    let first = try await election.leader()
                    #expect(first?.value == [0xfe])
                    try await leadership.proclaim("text"[...])
                    let second = try await election.leader()
                    #expect(second?.valueText == "text")
                }
            }
            #expect(try await client.count(prefix: prefix) == 0)
        }
    }
}
