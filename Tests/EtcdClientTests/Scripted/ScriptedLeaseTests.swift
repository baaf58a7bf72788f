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

@Suite("Renewals of leases, on a server that errs")
struct ScriptedLeaseTests {
    @Test(
        "A renewal that ends without an answer, or with one that can't be read, names the server",
        arguments: [([], .ok), ([[0xff]], .open)] as [([[UInt8]], ScriptedEtcd.End)])
    func once(messages: [[UInt8]], end: ScriptedEtcd.End) async throws {
        try await ScriptedEtcd.with { _ in
            (messages, end)
        } _: { _, client, peer in
            let error = await failure { try await client.leaseKeepAliveOnce(7, deadline: .now + .seconds(20)) }
            #expect(error?.underlying?.endpoint == peer.endpoint, "\(String(describing: error))")
            #expect(error?.message.contains("keep lease 7 alive") == true)
        }
    }

    @Test(
        "A lease that is lost because its stream breaks over and over names the server",
        arguments: [([], .ok), ([[0xff]], .open)] as [([[UInt8]], ScriptedEtcd.End)])
    func kept(messages: [[UInt8]], end: ScriptedEtcd.End) async throws {
        try await ScriptedEtcd.with { _ in
            (messages, end)
        } _: { etcd, client, peer in
            let error = await failure { try await client.leaseKeepAlive(7, ttl: 2, since: .now) }
            #expect(error?.code == .leaseExpired && !etcd.requests.isEmpty)
            #expect(error?.underlying?.endpoint == peer.endpoint, "\(String(describing: error))")
        }
    }
}
