//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("A store that gets full, on a real etcd")
struct FullStoreTests {
    private static let quota = 16 << 20
    private static let long = [UInt8](repeating: 7, count: 512 << 10)

    private func atOnce(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<64 { group.addTask { try await body(index) } }
            try await group.waitForAll()
        }
    }

    @Test("What etcd writes in spite of its quota isn't said to be not done", .timeLimit(.minutes(2)))
    func puts() async throws {
        try await withOwnCluster(.init(quotaBackendBytes: Self.quota)) { client, _ in
            let (done, refused, unknown) = (Log<String>(), Log<String>(), Log<String>())
            // The store gets full while all of them write.
            try await atOnce { index in
                for round in 0..<100 {
                    let key = "k\(index)-\(round)"
                    do throws(EtcdError) {
                        try await client.put(bytes(key), Self.long)
                        done.append(key)
                    } catch {
                        #expect(error.reason == .noSpace, "\(error)")
                        (error.outcome == .notDone ? refused : unknown).append(key)
                        return
                    }
                }
            }
            let keys = Set(try await client.range(.prefix("k"), options: .init(keysOnly: true)).kvs.map(\.keyText))
            #expect(keys.isDisjoint(with: refused.all))
            #expect(keys.isSuperset(of: done.all))
            #expect(!unknown.all.isEmpty)
        }
    }

    @Test("A write under a guard finds out what became of it", .timeLimit(.minutes(2)))
    func settlingPuts() async throws {
        try await withOwnCluster(.init(quotaBackendBytes: Self.quota)) { client, _ in
            var revisions: [Int64] = []
            for index in 0..<64 { revisions.append(try await client.put("k\(index)", "before").header.revision) }
            let last = try await client.put("last", "before").header.revision
            try await atOnce { [revisions] index in
                let key = bytes("k\(index)")
                do throws(EtcdError) {
                    guard case .done(let revision) = try await client.settlingPut(key, Self.long, ifModRevision: revisions[index]) else {
                        Issue.record("there was nobody else")
                        return
                    }
                    let there = try await client.get(key)
                    #expect(there?.value == Self.long && there?.modRevision == revision)
                } catch {
                    #expect(error.code == .noSpace && error.outcome == .notDone, "\(error)")
                    let there = try await client.get(key)
                    #expect(there?.valueText == "before")
                }
            }
            // All of them may have passed before the store was seen to be full; this one can't.
            let refused = await failure { _ = try await client.settlingPut(bytes("last"), Self.long, ifModRevision: last) }
            #expect(refused?.code == .noSpace && refused?.outcome == .notDone)
            #expect(try await client.get("last")?.valueText == "before")
        }
    }

    @Test("Who lines up for a lock in a full store is told so, and leaves nothing behind", .timeLimit(.minutes(2)))
    func locks() async throws {
        try await withOwnCluster { client, _ in
            try await client.withSession(ttl: 60) { session in
                let member = try await client.status().header.memberID
                try await client.alarmActivate(AlarmMember(memberID: member, alarm: .noSpace))
                let error = await failure { _ = try await client.mutex("lock", session: session).lock() }
                #expect(error?.code == .unknownOutcome && error?.reason == .noSpace)
                #expect(try await client.count(prefix: "lock/") == 0)
                try await client.alarmDisarm()
                _ = try await client.mutex("lock", session: session).lock()
            }
        }
    }
}
