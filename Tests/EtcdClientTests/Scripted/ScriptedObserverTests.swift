//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import TestWaiting
import Testing

@Suite("Observers of elections, on a server whose stream falls silent, or whose store is replaced")
struct ScriptedObserverTests {
    /// An answer that tells of a leader.
    private static func leader(_ name: String, revision: UInt64, store: UInt64 = 20, cluster: UInt64 = 0) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { header in
            header.number(1, cluster)
            header.number(3, store)
        }
        writer.message(2) { kv in
            kv.data(1, name)
            kv.number(2, revision)
            kv.number(3, revision)
        }
        return writer.bytes
    }

    private static let probe = WatchOptions.Liveness(interval: .milliseconds(100), timeout: .milliseconds(200))

    @Test("A new leader whom the stream doesn't tell of has it opened again on another connection")
    func wedged() async throws {
        try await ScriptedEtcd.with(configure: { $0.watchProbe = Self.probe }) { request in
            if request.method == "Election/Leader" { return ([Self.leader("second", revision: 9)], .ok) }
            return ([request.number == 0 ? Self.leader("first", revision: 7) : Self.leader("second", revision: 9)], .open)
        } _: { etcd, client, _ async throws in
            var leaders = client.observe("e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.keyText == "first")
            #expect(try await leaders.next()?.kv.keyText == "second")
            #expect(etcd.requests.count { $0.method == "Election/Observe" } == 2)
        }
    }

    @Test("As long as the leader is the one that is known the stream is stayed with")
    func quiet() async throws {
        try await ScriptedEtcd.with(configure: { $0.watchProbe = Self.probe }) { request in
            ([Self.leader("first", revision: 7)], request.method == "Election/Leader" ? .ok : .open)
        } _: { etcd, client, _ async throws in
            var leaders = client.observe("e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.keyText == "first")
            let next = Task { [leaders] in
                var leaders = leaders
                return try await leaders.next()
            }
            try await eventually("many looks") { etcd.requests.count { $0.method == "Election/Leader" } >= 8 }
            #expect(etcd.requests.count { $0.method == "Election/Observe" } == 1)
            next.cancel()
            await #expect(throws: EtcdError.self) { try await next.value }
        }
    }

    @Test("An interval of nothing is looked at no more often than watches are")
    func restless() async throws {
        try await ScriptedEtcd.with(configure: { $0.watchProbe = .init(interval: .zero, timeout: .seconds(1)) }) { request in
            ([Self.leader("first", revision: 7)], request.method == "Election/Leader" ? .ok : .open)
        } _: { etcd, client, _ async throws in
            var leaders = client.observe("e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.keyText == "first")
            let before = etcd.requests.count
            let begin = ContinuousClock.now
            let next = Task { [leaders] in
                var leaders = leaders
                return try await leaders.next()
            }
            try await eventually("some looks") { etcd.requests.count >= before + 20 }
            // The first of them may have been made before.
            #expect(begin.duration(to: .now) >= .milliseconds(19 * 20))
            next.cancel()
            await #expect(throws: EtcdError.self) { try await next.value }
        }
    }

    @Test(
        "A store that is another, or older than what was told, ends it rather than leave it silent",
        arguments: [(store: 5, cluster: 1), (store: 20, cluster: 2)] as [(store: UInt64, cluster: UInt64)])
    func replaced(by other: (store: UInt64, cluster: UInt64)) async throws {
        try await ScriptedEtcd.with { request in
            if request.method == "Election/Leader" { return ([Self.leader("old", revision: 3)], .ok) }
            if request.number == 0 { return ([Self.leader("first", revision: 7, cluster: 1)], .status(14, "etcdserver: server stopped")) }
            return ([Self.leader("old", revision: 3, store: other.store, cluster: other.cluster)], .open)
        } _: { _, client, _ async throws in
            var leaders = client.observe("e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.keyText == "first")
            do throws(EtcdError) {
                let next = try await leaders.next()
                Issue.record("it went on with \(String(describing: next))")
            } catch {
                #expect(error.code == .historyLost)
            }
            #expect(try await leaders.next() == nil)
        }
    }
}
