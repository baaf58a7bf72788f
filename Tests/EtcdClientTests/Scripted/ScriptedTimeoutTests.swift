//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import GRPCTestSupport
import GRPCTransport
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Limits of time, on a server that says nothing")
struct ScriptedTimeoutTests {
    /// A call that isn't given a deadline, and what its error must say of it.
    private struct Ask: Sendable {
        var says: @Sendable (GRPCEndpoint) -> String
        var call: @Sendable (EtcdClient, GRPCEndpoint) async throws -> Void

        init(
            _ says: @escaping @Sendable (GRPCEndpoint) -> String, _ call: @escaping @Sendable (EtcdClient, GRPCEndpoint) async throws -> Void
        ) {
            self.says = says
            self.call = call
        }
    }

    private static let asks = [
        Ask({ _ in "put \"a\"" }) { client, _ in try await client.put("a", "1") },
        Ask({ _ in "lock \"a\"" }) { client, _ in _ = try await client.lock("a", lease: 1) },
        Ask({ _ in "campaign for \"a\"" }) { client, _ in _ = try await client.campaign("a", lease: 1, value: "1") },
        Ask({ "defragment \($0)" }) { try await $0.defragment($1) },
        Ask({ "hash of \($0)" }) { _ = try await $0.hash(of: $1) },
        Ask({ "hash keys up to revision 7 of \($0)" }) { _ = try await $0.hashKV(of: $1, revision: 7) },
        Ask({ "status of \($0)" }) { _ = try await $0.status(of: $1) },
        Ask({ "health of \($0)" }) { _ = try await $0.health(of: $1) },
        Ask({ "snapshot of \($0)" }) { _ = try await $0.snapshot(of: $1) },
    ]

    @Test("What isn't given a deadline ends when the view of the client says so, and names the member that was asked", arguments: asks.indices)
    func timeout(index: Int) async throws {
        let ask = Self.asks[index]
        try await ScriptedEtcd.with { _ in
            ([], .open)
        } _: { _, client, peer in
            let error = await failure { try await ask.call(client.with(CallOptions(timeout: .milliseconds(300))), peer.endpoint) }
            #expect(error?.underlying?.code == .deadlineExceeded, "\(String(describing: error))")
            #expect(error?.message.contains(ask.says(peer.endpoint)) == true, "\(String(describing: error))")
        }
    }

    @Test("An attempt of a write that settles takes no longer than the view of the client says, and leaves time for another")
    func settling() async throws {
        try await ScriptedEtcd.with(configure: { $0.writeTimeout = .seconds(600) }) { request in
            request.number == 0 ? ([], .open) : ([Self.done], .ok)
        } _: { etcd, client, _ in
            let hasty = client.with(CallOptions(timeout: .seconds(1)))
            let outcome = try await hasty.settlingPut(bytes("a"), bytes("1"), ifModRevision: 0, deadline: .now + .seconds(600))
            #expect(outcome == .done(revision: 7))
            #expect(etcd.requests.count >= 2 && etcd.requests.allSatisfy { $0.method == "KV/Txn" })
        }
    }

    /// A transaction's answer: it's done, at revision 7.
    private static let done = ScriptedEtcd.answer { $0.number(2, 1) }
}
