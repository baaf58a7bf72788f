//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Sessions and locks, on a real etcd")
struct MutexTests {
    private func read(_ client: EtcdClient, _ key: String) async throws -> Int {
        try await client.range(.key(key)).kvs.first.flatMap { Int($0.valueText) } ?? 0
    }

    @Test("A counter guarded by a lock loses no increment among twenty tasks, and tokens grow from holder to holder", .timeLimit(.minutes(2)))
    func contention() async throws {
        try await withSharedCluster { client, prefix in
            let tokens = Log<Int64>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await client.withSession(ttl: 30) { session in
                            for _ in 0..<3 {
                                try await client.mutex("\(prefix)/lock", session: session).withLock { lock in
                                    let value = try await read(client, "\(prefix)/counter")
                                    try await lock.transaction(
                                        Transaction(success: [.put(bytes("\(prefix)/counter"), bytes("\(value + 1)"))]))
                                    tokens.append(lock.fencingToken)
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await read(client, "\(prefix)/counter") == 60)
            #expect(tokens.all.count == 60 && tokens.all == tokens.all.sorted())
            #expect(try await client.range(.prefix("\(prefix)/lock/")).count == 0)
        }
    }

    @Test("Those who wait get the lock in the order in which they came")
    func order() async throws {
        try await withSharedCluster { client, prefix in
            let winners = Log<Int>()
            try await client.withSession(ttl: 30) { session in
                let first = try await client.mutex(prefix, session: session).lock()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<5 {
                        group.addTask {
                            try await client.withSession(ttl: 30) { session in
                                try await client.mutex(prefix, session: session).withLock { _ in winners.append(number) }
                            }
                        }
                        try await eventually("waiter \(number)") { try await client.range(.prefix("\(prefix)/")).count == Int64(number + 2) }
                    }
                    try await first.unlock()
                    try await group.waitForAll()
                }
            }
            #expect(winners.all == [0, 1, 2, 3, 4])
        }
    }

    @Test("A lock that is held can't be taken, neither at once nor before a deadline, and those who tried leave no trace")
    func held() async throws {
        try await withSharedCluster { client, prefix in
            try await client.withSession(ttl: 30) { holder in
                let lock = try await client.mutex(prefix, session: holder).lock()
                try await client.withSession(ttl: 30) { other in
                    let mutex = client.mutex(prefix, session: other)
                    #expect(try await mutex.tryLock() == nil)
                    #expect(await failure { _ = try await mutex.lock(deadline: .now + .milliseconds(300)) }?.code == .deadlineExceeded)
                    let waiter = Task { await failure { _ = try await mutex.lock() } }
                    try await eventually("a waiter") { try await client.range(.prefix("\(prefix)/")).count == 2 }
                    waiter.cancel()
                    #expect(await waiter.value?.code == .canceled)
                    #expect(try await client.range(.prefix("\(prefix)/")).kvs.map(\.key) == [lock.key])
                    try await lock.unlock()
                    let taken = try #require(try await mutex.tryLock())
                    #expect(taken.fencingToken > lock.fencingToken)
                    let again = await failure { _ = try await mutex.lock() }
                    #expect(again?.code == .failedPrecondition, "a session stands in line once")
                    try await taken.transaction(Transaction(success: [.put(bytes(prefix), [])]))
                }
            }
        }
    }

    @Test("A holder whose lease is revoked by another is cancelled, is told why, and can't write any more")
    func revoked() async throws {
        try await withSharedCluster { client, prefix in
            let error = await failure {
                try await within("the end of a revoked session") {
                    try await client.withSession(ttl: 9) { session in
                        try await client.mutex("\(prefix)/lock", session: session).withLock { lock in
                            try await client.leaseRevoke(session.lease)
                            let refused = await failure {
                                try await lock.transaction(Transaction(success: [.put(bytes("\(prefix)/late"), [])]))
                            }
                            // When the session learns of it first, this task is cancelled, before the transaction is sent or after.
                            let codes: [EtcdError.Code] = [.ownershipLost, .leaseNotFound, .canceled, .unknownOutcome]
                            #expect(refused.map { codes.contains($0.code) } == true, "\(refused.map { "\($0)" } ?? "written")")
                            try await Task.sleep(for: .seconds(600))
                        }
                    }
                }
            }
            #expect(error?.code == .leaseNotFound)
            let left = try await client.range(.prefix(prefix)).count
            #expect(left == 0)
        }
    }

    @Test("A lock whose key is deleted by another is lost for transactions, though the session lives")
    func deleted() async throws {
        try await withSharedCluster { client, prefix in
            try await client.withSession(ttl: 30) { session in
                let lock = try await client.mutex("\(prefix)/lock", session: session).lock()
                try await client.deleteRange(.key(lock.key))
                let error = await failure { try await lock.transaction(Transaction(success: [.put(bytes("\(prefix)/late"), [])])) }
                #expect(error?.code == .ownershipLost && error?.outcome == .notDone)
                #expect(session.loss == nil)
                #expect(try await client.range(.key("\(prefix)/late")).count == 0)
                // Not an error: it's as it should be.
                try await lock.unlock()
            }
        }
    }

    @Test("A session that is closed says so, and ends those who wait for its lock")
    func closed() async throws {
        try await withSharedCluster { client, prefix in
            try await client.withSession(ttl: 30) { holder in
                _ = try await client.mutex(prefix, session: holder).lock()
                let session = try await client.session(ttl: 30)
                #expect(session.loss == nil)
                let waiter = Task { await failure { _ = try await client.mutex(prefix, session: session).lock() } }
                try await eventually("a waiter") { try await client.range(.prefix("\(prefix)/")).count == 2 }
                await session.close()
                #expect(await waiter.value?.code == .canceled)
                #expect(session.loss?.code == .canceled)
                #expect(try await client.leaseTimeToLive(session.lease).ttl == -1)
                #expect(try await client.range(.prefix("\(prefix)/")).count == 1)
            }
        }
    }

    @Test("A lock outlives the loss of its leader, and loses no increment by it", .timeLimit(.minutes(3)))
    func leaderKill() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            let done = Counter()
            async let work: Void = withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await client.withSession(ttl: 30) { session in
                            let mutex = client.mutex("lock", session: session)
                            for _ in 0..<5 {
                                try await mutex.withLock { lock in
                                    // An increment whose fate isn't known is settled by looking, still under the lock.
                                    let value = try await read(client, "counter")
                                    while try await read(client, "counter") == value {
                                        do {
                                            try await lock.transaction(Transaction(success: [.put(bytes("counter"), bytes("\(value + 1)"))]))
                                        } catch let error as EtcdError where error.code == .unknownOutcome || error.code == .unavailable {
                                            continue
                                        }
                                    }
                                }
                                done.value += 1
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("some work") { done.value >= 5 }
            let leader = try await cluster.leader()
            await leader.kill()
            try await eventually("work under a new leader") { done.value >= 15 }
            try await leader.start()
            try await work
            #expect(try await read(client, "counter") == 30)
        }
    }
}
