//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Locks and elections in namespaces, on a real etcd")
struct NamespaceConcurrencyTests {
    /// Runs `body` with the shared cluster's client, another client of it, and a prefix.
    private func withTwoClients(
        _ body: @escaping @Sendable (_ one: EtcdClient, _ two: EtcdClient, _ prefix: String) async throws -> Void
    ) async throws {
        try await withSharedCluster { one, prefix in
            try await withClient(one.configuration) { two in try await body(one, two, prefix) }
        }
    }

    @Test("The same name is one lock in a namespace, another in the next, and outside it's the prefix and the name")
    func exclusion() async throws {
        try await withTwoClients { one, two, prefix in
            let (red, blue) = (one.namespace("\(prefix)/red/"), one.namespace("\(prefix)/blue/"))
            try await one.withSession(ttl: 60) { session in
                let lock = try #require(try await red.mutex("lock", session: session).tryLock())
                let other = try #require(try await blue.mutex("lock", session: session).tryLock())
                #expect(lock.key == other.key && lock.key.starts(with: bytes("lock/")))
                let whole = bytes("\(prefix)/red/") + lock.key
                #expect(try await one.getAll(prefix: "\(prefix)/").map(\.key) == [bytes("\(prefix)/blue/") + lock.key, whole])
                #expect(try await red.get(lock.key)?.createRevision == lock.fencingToken)

                try await two.withSession(ttl: 60) { late in
                    let mutex = two.namespace("\(prefix)/").namespace("red/").mutex("lock", session: late)
                    #expect(try await mutex.tryLock() == nil)
                    #expect(try await two.mutex("\(prefix)/red/lock", session: late).tryLock() == nil)
                    #expect(try await two.getAll(prefix: "\(prefix)/red/").map(\.key) == [whole])
                    let waiting = Task { try await mutex.lock() }
                    try await eventually("a waiter") { try await red.range(.prefix("lock/")).count == 2 }
                    try await lock.unlock()
                    let next = try await within("the next holder") { try await waiting.value }
                    #expect(next.key.starts(with: bytes("lock/")) && next.fencingToken > lock.fencingToken)
                    #expect(try await red.mutex("lock", session: session).tryLock() == nil)
                    // Behind a holder in the namespace one waits outside it, and the other way round.
                    let outside = Task { try await one.mutex("\(prefix)/red/lock", session: session).lock() }
                    try await eventually("a waiter outside") { try await red.range(.prefix("lock/")).count == 2 }
                    try await next.unlock()
                    let last = try await within("the holder outside") { try await outside.value }
                    #expect(last.key == whole)
                }
            }
            #expect(try await one.range(.prefix("\(prefix)/")).count == 0)
        }
    }

    @Test("What a holder writes is in the namespace, and is refused once the lock is lost; errors name whole keys")
    func writes() async throws {
        try await withSharedCluster { client, prefix in
            let red = client.namespace("\(prefix)/red/")
            try await client.withSession(ttl: 60) { session in
                let mutex = red.mutex("lock", session: session)
                try await mutex.withLock { lock in
                    let answer = try await lock.transaction(Transaction(success: [.put(bytes("a"), bytes("1")), .range(.all)]))
                    guard case .range(let seen)? = answer.responses.last else {
                        Issue.record("no range in \(answer)")
                        return
                    }
                    #expect(seen.kvs.map(\.key) == [bytes("a"), lock.key])
                    #expect(try await client.get("\(prefix)/red/a")?.valueText == "1")
                    #expect(try await red.transaction(Transaction(compare: [lock.isOwner])).succeeded)
                    let again = await failure { _ = try await mutex.lock() }
                    #expect(again?.code == .failedPrecondition && again?.message.contains("\"\(prefix)/red/lock\"") == true)
                    try await red.deleteRange(.key(lock.key))
                    let lost = await failure { try await lock.transaction(Transaction(success: [.put(bytes("a"), bytes("2"))])) }
                    #expect(lost?.code == .ownershipLost && lost?.message.contains("\"\(prefix)/red/lock/") == true)
                    #expect(try await !red.transaction(Transaction(compare: [lock.isOwner])).succeeded)
                }
                #expect(try await red.getAll(prefix: "").map(\.valueText) == ["1"])
            }
        }
    }

    @Test("An election in a namespace is led, observed, proclaimed in and resigned from by short names; outside it has whole ones")
    func election() async throws {
        try await withTwoClients { one, two, prefix in
            let election = one.namespace("\(prefix)/red/").election("e")
            let followed = two.namespace("\(prefix)/red/").election("e")
            let elsewhere = one.namespace("\(prefix)/blue/").election("e")
            let outside = one.election("\(prefix)/red/e")
            let seen = Log<KeyValue>()
            let observer = Task {
                for try await leader in followed.observe() {
                    seen.append(leader)
                    if leader.valueText == "end" { break }
                }
            }
            try await one.withSession(ttl: 60) { session in
                let first = try await election.campaign(session: session, value: "1")
                #expect(first.key.starts(with: bytes("e/")))
                // Another namespace's is another election, in which the same session may stand.
                _ = try await elsewhere.campaign(session: session, value: "blue")
                #expect(try await followed.leader()?.key == first.key)
                let whole = try #require(try await outside.leader())
                #expect(whole.key == bytes("\(prefix)/red/") + first.key && whole.valueText == "1")
                try await eventually("the first leader") { seen.all.count == 1 }
                try await first.proclaim("1b")
                try await two.withSession(ttl: 60) { late in
                    let waiting = Task { try await followed.campaign(session: late, value: "2") }
                    try await eventually("a candidate") { try await one.range(.prefix("\(prefix)/red/e/")).count == 2 }
                    try await first.resign()
                    let second = try await within("the second leader") { try await waiting.value }
                    #expect(await failure { try await first.proclaim("late") }?.code == .ownershipLost)
                    try await second.transaction(.always(.put("by the leader", "")))
                    #expect(try await one.get("\(prefix)/red/by the leader") != nil)
                    try await second.proclaim("end")
                    try await within("the observer") { try await observer.value }
                    #expect(seen.all.map(\.valueText) == ["1", "1b", "2", "end"])
                    #expect(seen.all.map(\.key) == [first.key, first.key, second.key, second.key])
                    #expect(try await elsewhere.leader()?.valueText == "blue")
                }
            }
            #expect(try await election.leader() == nil)
        }
    }
}
