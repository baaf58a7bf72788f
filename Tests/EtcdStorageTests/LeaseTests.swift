//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(3))) struct LeaseTests {
    @Test(
        "A lease is longer than asked for by a twentieth, and by a minute at most",
        arguments: [(3600, 60), (1200, 60), (1199, 59), (200, 10), (20, 1), (19, 0), (1, 0)])
    func extends(ttl: Int64, extra: Int64) {
        #expect(LeasePolicy().reuseSeconds(ttl: ttl) == extra)
        #expect(LeaseReuse(policy: LeasePolicy()).grantSeconds(ttl: ttl) == ttl + extra)
    }

    @Test("A lease serves those who come within its extra time, and want about as long")
    func reuses() {
        var reuse = LeaseReuse(policy: LeasePolicy())
        #expect(reuse.reuse(ttl: 3600, now: .zero) == nil)
        reuse.granted(7, ttl: 3600, now: .zero)
        #expect(reuse.reuse(ttl: 3600, now: .seconds(1)) == 7)
        #expect(reuse.reuse(ttl: 3600, now: .seconds(59)) == 7)
        // It would end too early.
        #expect(reuse.reuse(ttl: 3600, now: .seconds(60)) == nil)
        #expect(reuse.reuse(ttl: 3700, now: .seconds(1)) == nil)
        // It would last too long.
        #expect(reuse.reuse(ttl: 3500, now: .seconds(1)) == nil)
    }

    @Test("A lease serves so many objects and no more")
    func limits() {
        var reuse = LeaseReuse(policy: LeasePolicy(maximumObjects: 3))
        #expect(reuse.reuse(ttl: 3600, now: .zero) == nil)
        reuse.granted(7, ttl: 3600, now: .zero)
        #expect(reuse.reuse(ttl: 3600, now: .seconds(1)) == 7)
        #expect(reuse.reuse(ttl: 3600, now: .seconds(1)) == 7)
        #expect(reuse.reuse(ttl: 3600, now: .seconds(1)) == nil)
        #expect(LeasePolicy(maximumObjects: 0).maximumObjects == 1000)
    }

    @Test("Objects share a lease until it is full")
    func shares() async throws {
        try await StorageHarness.run(configure: { $0.leases.maximumObjects = 2 }) { harness in
            var leases: [Int64] = []
            for name in ["a", "b", "c"] {
                try await harness.create(name, ttl: 120)
                leases.append(try #require(try await harness.stored(name)).lease)
            }
            #expect(leases[0] == leases[1])
            #expect(leases[1] != leases[2])
            #expect(!leases.contains(0))
        }
    }

    @Test("A lease that was revoked is found out about, and there is another")
    func revoked() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("a", ttl: 120)
            let first = try #require(try await harness.stored("a")).lease
            try await harness.client.leaseRevoke(first)
            #expect(try await harness.stored("a") == nil)
            try await harness.create("b", ttl: 120)
            let second = try #require(try await harness.stored("b")).lease
            #expect(second != 0 && second != first)
            try await harness.client.leaseRevoke(second)
            let updated = try await harness.storage.guaranteedUpdate(
                StorageHarness.key("b"), ignoreNotFound: true, preconditions: nil, suggestion: nil
            ) { _ in UpdateProposal(bytes: StorageHarness.pod("b", n: 1), ttl: 120) }
            #expect(try await harness.get("b")?.resourceVersion == updated.resourceVersion)
            #expect(try #require(try await harness.stored("b")).lease != second)
        }
    }

    @Test("Objects created at once get by with few leases")
    func sharesConcurrently() async throws {
        try await StorageHarness.run { harness in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<20 { group.addTask { try await harness.create("pod-\(n)", ttl: 3600) } }
                try await group.waitForAll()
            }
            let kvs = try await harness.client.range(.prefix(harness.prefix)).kvs
            #expect(kvs.count == 20)
            #expect(Set(kvs.map(\.lease)).count == 1)
        }
    }
}
