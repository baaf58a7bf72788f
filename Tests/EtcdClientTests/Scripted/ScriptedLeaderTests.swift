//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("What is asked only of a member that has a leader")
struct ScriptedLeaderTests {
    fileprivate typealias Call = @Sendable (EtcdClient) async throws -> Void

    /// What any call takes for an answer, and a watch and a renewal too.
    private static let answer = ScriptedEtcd.answer()

    private static let created = ScriptedEtcd.answer { $0.number(3, 1) }

    private static let renewed = ScriptedEtcd.lease(7)

    private static func serve(_ request: ScriptedEtcd.Request) -> (messages: [[UInt8]], end: ScriptedEtcd.End) {
        switch request.method {
        case "Watch/Watch": ([created], .open)
        case "Lease/LeaseKeepAlive": ([renewed], .open)
        case "Health/Check": ([[]], .ok)
        default: ([answer], .ok)
        }
    }

    /// Whether all requests of a method asked for a leader; nil when there was none.
    private static func asksForLeader(_ etcd: ScriptedEtcd, _ method: String) -> Bool? {
        let asked = etcd.requests.filter { $0.method == method }.map { $0.headers.split(separator: "\n").contains("hasleader: true") }
        #expect(Set(asked).count <= 1)
        return asked.first
    }

    private static let table: [(method: String, asks: Bool, call: Call)] = [
        ("KV/Range", true, { _ = try await $0.range(.key("a")) }),
        ("KV/Range", false, { _ = try await $0.range(.key("a"), options: .init(serializable: true)) }),
        ("KV/Range", false, { _ = try await $0.with(CallOptions(requiresLeader: false)).range(.key("a")) }),
        ("KV/Put", true, { try await $0.put("a", "1") }), ("KV/DeleteRange", true, { try await $0.deleteRange(.key("a")) }),
        ("KV/Txn", true, { _ = try await $0.transaction(Transaction(success: [.put(bytes("a"), bytes("1"))])) }),
        ("KV/RangeStream", true, { try await Self.readFirst($0, .init(revision: 7)) }),
        ("KV/RangeStream", false, { try await Self.readFirst($0, .init(revision: 7, serializable: true)) }),
        ("Lease/LeaseGrant", true, { _ = try await $0.leaseGrant(ttl: 60) }),
        ("Lease/LeaseTimeToLive", true, { _ = try await $0.leaseTimeToLive(7) }),
        ("Lease/LeaseKeepAlive", true, { try await $0.leaseKeepAliveOnce(7) }), ("Cluster/MemberList", true, { _ = try await $0.memberList() }),
        ("Maintenance/Status", false, { _ = try await $0.status() }), ("Health/Check", false, { _ = try await $0.health() }),
    ]

    private static func readFirst(_ client: EtcdClient, _ options: RangeOptions) async throws {
        var iterator = client.rangeStream(.prefix("a"), options: options).makeAsyncIterator()
        // It ends too early for a whole one.
        do throws(EtcdError) { _ = try await iterator.next() } catch { #expect(error.code == .malformedResponse) }
    }

    @Test("Calls ask for it unless what they want is to be had without", arguments: table.indices)
    func calls(index: Int) async throws {
        let (method, asks, call) = Self.table[index]
        try await ScriptedEtcd.with(script: Self.serve) { etcd, client, _ in
            try await call(client)
            #expect(Self.asksForLeader(etcd, method) == asks, "call \(index): \(etcd.requests.map(\.headers))")
        }
    }

    @Test("Watches ask for it, on streams of their own and on shared ones", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func watches(stream: WatchOptions.Stream) async throws {
        try await ScriptedEtcd.with(script: Self.serve) { etcd, client, _ in
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 1, stream: stream))
            // One that isn't read may not be asked for yet.
            let reader = Task { await failure { _ = try await watch.events(1) } }
            try await eventually("a watch") { Self.asksForLeader(etcd, "Watch/Watch") != nil }
            #expect(Self.asksForLeader(etcd, "Watch/Watch") == true)
            reader.cancel()
            #expect(await reader.value?.code == .canceled)
        }
    }

    @Test("The renewal of leases asks for it")
    func renewals() async throws {
        try await ScriptedEtcd.with(script: Self.serve) { etcd, client, _ in
            let keeping = Task { await failure { try await client.leaseKeepAlive(7, ttl: 60, since: .now) } }
            try await eventually("a renewal") { Self.asksForLeader(etcd, "Lease/LeaseKeepAlive") != nil }
            #expect(Self.asksForLeader(etcd, "Lease/LeaseKeepAlive") == true)
            keeping.cancel()
            #expect(await keeping.value?.code == .canceled)
        }
    }
}
