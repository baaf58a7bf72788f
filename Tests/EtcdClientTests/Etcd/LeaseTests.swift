//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import TestWaiting
import Testing

@Suite("Leases, on a real etcd")
struct LeaseTests {
    @Test("A lease has the ID and the time it was given, and its keys go with it")
    func lifeCycle() async throws {
        try await withSharedCluster { client, prefix in
            let id = Int64.random(in: 1...Int64.max)
            let lease = try await client.leaseGrant(ttl: 60, id: id)
            #expect(lease.id == id && lease.ttl == 60)
            #expect(await failure { _ = try await client.leaseGrant(ttl: 60, id: id) }?.code == .leaseAlreadyExists)
            try await client.put(bytes(prefix), [], options: .init(lease: id))
            let living = try await client.leaseTimeToLive(id, keys: true)
            #expect(living.id == id && living.grantedTTL == 60 && (1...60).contains(living.ttl) && living.keys == [bytes(prefix)])
            #expect(try await client.leaseTimeToLive(id).keys.isEmpty)
            try await client.leaseRevoke(id)
            #expect(try await client.range(.key(prefix)).count == 0)
            #expect(try await client.leaseTimeToLive(id).ttl == -1)
            #expect(await failure { try await client.leaseRevoke(id) }?.code == .leaseNotFound)
        }
    }

    @Test("An ID is made up when none is given")
    func madeUp() async throws {
        try await withSharedCluster { client, _ in
            let one = try await client.leaseGrant(ttl: 60)
            let other = try await client.leaseGrant(ttl: 60)
            #expect(one.id > 0 && other.id > 0 && one.id != other.id)
            for id in [one.id, other.id] { try await client.leaseRevoke(id) }
        }
    }

    @Test("All leases that live are named, and no others")
    func list() async throws {
        try await withSharedCluster { client, _ in
            let lives = try await client.leaseGrant(ttl: 60).id
            let ended = try await client.leaseGrant(ttl: 60).id
            try await client.leaseRevoke(ended)
            let leases = try await client.leaseLeases().leases
            #expect(leases.contains(lives) && !leases.contains(ended))
            try await client.leaseRevoke(lives)
        }
    }

    @Test("Impossible leases are refused")
    func refusals() async throws {
        try await withSharedCluster { client, _ in
            #expect(await failure { _ = try await client.leaseGrant(ttl: 9_000_000_001) }?.code == .leaseTTLTooLarge)
            #expect(await failure { try await client.leaseKeepAliveOnce(4711) }?.code == .leaseNotFound)
        }
    }

    @Test("A renewal gives back the whole time")
    func renewal() async throws {
        try await withSharedCluster { client, _ in
            let lease = try await client.leaseGrant(ttl: 60)
            let answer = try await client.leaseKeepAliveOnce(lease.id)
            #expect(answer.id == lease.id && answer.ttl == 60)
            try await client.leaseRevoke(lease.id)
        }
    }

    @Test("A lease outlives its time while it's kept alive, and ends with the scope")
    func scope() async throws {
        try await withSharedCluster { client, prefix in
            let id = try await client.withLease(ttl: 6) { id in
                try await client.put(bytes(prefix), [], options: .init(lease: id))
                // Longer than the lease by itself; there's no event that tells of a lease that did not expire.
                try await Task.sleep(for: .seconds(9))
                #expect(try await client.leaseTimeToLive(id).ttl >= 0)
                #expect(try await client.range(.key(prefix)).count == 1)
                return id
            }
            #expect(try await client.leaseTimeToLive(id).ttl == -1)
            #expect(try await client.range(.key(prefix)).count == 0)
        }
    }

    @Test("A scope whose lease is revoked by another is cancelled, and says why")
    func revoked() async throws {
        try await withSharedCluster { client, _ in
            let error = await failure {
                try await within("the end of a revoked lease") {
                    try await client.withLease(ttl: 9) { id in
                        try await client.leaseRevoke(id)
                        try await Task.sleep(for: .seconds(600))
                    }
                }
            }
            #expect(error?.code == .leaseNotFound)
        }
    }

    @Test("A scope that throws revokes its lease, and what it threw comes out")
    func throwing() async throws {
        struct Mine: Error { var lease: Int64 }
        try await withSharedCluster { client, _ in
            do {
                try await client.withLease(ttl: 60) { throw Mine(lease: $0) }
            } catch let error as Mine {
                #expect(try await client.leaseTimeToLive(error.lease).ttl == -1)
            }
        }
    }
}
