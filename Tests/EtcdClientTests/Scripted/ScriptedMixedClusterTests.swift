//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import GRPCTransport
import Synchronization
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Ranges as streams, on servers of which only some have them")
struct ScriptedMixedClusterTests {
    private static func answer() -> [UInt8] {
        ScriptedEtcd.answer { answer in
            answer.message(2) { kv in
                kv.data(1, "k1")
                kv.data(5, "v")
            }
            answer.number(4, 1)
        }
    }

    /// The first member is of etcd 3.6, the second of 3.7.
    private static func serve(_ request: ScriptedEtcd.Request) -> (messages: [[UInt8]], end: ScriptedEtcd.End) {
        if request.method == "KV/Range" { return ([answer()], .ok) }
        if request.member == 0 { return ([], .status(12, "unknown method RangeStream for service etcdserverpb.KV")) }
        var writer = WireWriter()
        writer.data(1, answer())
        return ([writer.bytes], .ok)
    }

    /// How often a member was asked for a stream.
    private static func streams(_ etcd: ScriptedEtcd, _ member: Int) -> Int {
        etcd.requests.count { $0.method == "KV/RangeStream" && $0.member == member }
    }

    /// Reads until a reading went as wanted, and has the reading go elsewhere than to `other` as long as it doesn't.
    private static func read(
        _ client: EtcdClient, _ etcd: ScriptedEtcd, away other: Int, until what: String, _ isSo: (_ newStreams: [Int]) -> Bool
    ) async throws {
        var nextReport = ContinuousClock.now
        try await eventually(what) {
            let before = [streams(etcd, 0), streams(etcd, 1)]
            let answer = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            #expect(answer.kvs.map(\.keyText) == ["k1"] && answer.count == 1)
            if isSo([streams(etcd, 0) - before[0], streams(etcd, 1) - before[1]]) { return true }
            // The other sits out for a second or so: saying it more often would prolong that.
            if nextReport <= .now {
                client.transport.report(.unavailable, of: client.endpoints[other], lane: .bulk)
                nextReport = .now + .seconds(2)
            }
            return false
        }
    }

    @Test("One that hasn't is remembered, asked no more, and says nothing of the other")
    func mixed() async throws {
        try await ScriptedEtcd.with(members: 2, script: Self.serve) { etcd, client, _ in
            try await Self.read(client, etcd, away: 1, until: "a stream of the first") { $0[0] == 1 }
            try await Self.read(client, etcd, away: 0, until: "a stream of the second after that") { $0[1] == 1 }
            // It is in pages that the first is read then.
            try await Self.read(client, etcd, away: 1, until: "a reading without a stream") { $0 == [0, 0] }
            #expect(Self.streams(etcd, 0) == 1)
        }
    }
}

/// Two members, of which the one that is asked first for a stream is a learner.
@Suite("Streams that a learner refuses")
struct ScriptedLearnerTests {
    private final class Learner: Sendable {
        private let member = Mutex<Int?>(nil)

        func isAsked(_ request: ScriptedEtcd.Request) -> Bool {
            member.withLock { member in
                member = member ?? request.member
                return member == request.member
            }
        }
    }

    private static let refused = ScriptedEtcd.End.status(9, "etcdserver: rpc not supported for learner")

    @Test("An observer goes on at another member")
    func observer() async throws {
        let learner = Learner()
        let leader = ScriptedEtcd.answer { answer in answer.message(2) { ScriptedEtcd.keyValue("first", &$0) } }
        try await ScriptedEtcd.with(members: 2) { request in
            // Calls go to whoever answers them, and tell nothing of the learner.
            if request.method == "Election/Leader" { return ([leader], .ok) }
            return learner.isAsked(request) ? ([], Self.refused) : ([leader], .open)
        } _: { etcd, client, _ async throws in
            var leaders = client.observe("e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.keyText == "first")
            #expect(etcd.requests.count { $0.method == "Election/Observe" } == 2)
        }
    }

    @Test("A range that is read piece by piece is read at another member")
    func range() async throws {
        let learner = Learner()
        var part = WireWriter()
        part.data(1, ScriptedEtcd.answer { answer in answer.message(2) { ScriptedEtcd.keyValue("k1", &$0) } })
        try await ScriptedEtcd.with(members: 2) { [part] request in
            learner.isAsked(request) ? ([], Self.refused) : ([part.bytes], .ok)
        } _: { etcd, client, _ in
            let answer = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            #expect(answer.kvs.map(\.keyText) == ["k1"])
            #expect(etcd.requests.map(\.method) == ["KV/RangeStream", "KV/RangeStream"])
        }
    }
}
