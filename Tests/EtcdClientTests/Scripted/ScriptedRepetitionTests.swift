//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("What is sent again, on a server that doesn't answer as it should")
struct ScriptedRepetitionTests {
    private static let leaderChanged = ScriptedEtcd.End.status(14, "etcdserver: leader changed")

    @Test("A revocation that was sent and not answered may have happened, whatever became of its last attempt", arguments: [false, true])
    func revocation(isCanceled: Bool) async throws {
        try await ScriptedEtcd.with { request in
            // The first attempt is answered by what leaves the outcome open, the second not at all.
            request.number == 0 ? ([], Self.leaderChanged) : ([], .open)
        } _: { etcd, client, _ in
            let deadline = ContinuousClock.now + (isCanceled ? .seconds(60) : .seconds(1))
            let revocation = Task { await failure { try await client.leaseRevoke(77, deadline: deadline) } }
            if isCanceled {
                try await eventually("a second attempt") { etcd.requests.count == 2 }
                revocation.cancel()
            }
            let error = await revocation.value
            #expect(error?.code == .unknownOutcome && error?.outcome == .unknown, "\(String(describing: error))")
            #expect(error?.reason == (isCanceled ? .canceled : .deadlineExceeded))
        }
    }

    @Test("What is repeated by the client itself is repeated after pauses", arguments: [true, false])
    func pauses(locks: Bool) async throws {
        try await ScriptedEtcd.with(configure: { $0.writeTimeout = .seconds(1) }) { request in
            switch request.method {
            case "Lease/LeaseGrant": ([ScriptedEtcd.lease(77)], .ok)
            case "Lease/LeaseKeepAlive": ([ScriptedEtcd.lease(77)], .open)
            case "KV/Txn": ([], Self.leaderChanged)
            default: ([[]], .ok)
            }
        } _: { etcd, client, _ in
            if locks {
                try await client.withSession(ttl: 60) { session in
                    #expect(await failure { _ = try await client.mutex("lock", session: session).tryLock() }?.code == .unknownOutcome)
                }
            } else {
                #expect(await failure { _ = try await client.settlingPut(bytes("k"), bytes("v"), ifModRevision: 0) }?.code == .unknownOutcome)
            }
            // Of 10, 20, 40 … 320 ms, each by half, no more than eleven fit into a second; what may have come into the line is taken out in another.
            let sent = etcd.requests.count { $0.method == "KV/Txn" }
            #expect((2...22).contains(sent), "\(sent)")
        }
    }
}
