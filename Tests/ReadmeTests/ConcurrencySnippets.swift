//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Testing

@Suite("Articles: leases, mutexes and elections")
struct ConcurrencySnippets {
    @Test("A lease")
    func lease() async throws {
        try await withClient { client, _ in
            let address = "10.0.0.7:8080"
            // Article: Lease
            try await client.withLease(ttl: 10) { lease in
                // The key goes when this ends, or ten seconds after this process was last heard of.
                try await client.put("/services/web/1", address, options: .init(lease: lease))
                #expect(try await client.get("/services/web/1") != nil)  // not shown
            }
            // Article end
            #expect(try await client.get("/services/web/1") == nil)
        }
    }

    @Test("A mutex")
    func mutex() async throws {
        try await withClient { client, _ in
            // Article: Mutex
            try await client.withSession(ttl: 10) { session in
                try await client.mutex("/locks/report", session: session).withLock { lock in
                    // Done only if the lock is held at that very moment in the store.
                    try await lock.transaction(.always(.put("/report", "written under the lock")))
                    // For what lies outside etcd: refuse what comes with a lower token than one that was seen.
                    print(lock.fencingToken)
                }
            }
            // Article end
            #expect(try await client.get("/report") != nil)
        }
    }

    @Test("An election")
    func election() async throws {
        try await withClient { client, _ in
            // Article: Election
            try await client.withSession(ttl: 10) { session in
                let election = client.election("/elections/scheduler")
                try await election.withLeadership(session: session, value: "host-1") { leadership in
                    // Runs while this is the leader; its task is cancelled when the session ends.
                    try await leadership.transaction(.always(.put("/schedule", "by host-1")))
                }
            }
            // Article end
            #expect(try await client.get("/schedule") != nil)
        }
    }

    @Test("A lock that the server keeps")
    func serverLock() async throws {
        try await withClient { client, _ in
            // Article: ServerLock
            try await client.withLease(ttl: 10) { lease in
                let held = try await client.lock("/locks/report", lease: lease, deadline: .now + .seconds(30))
                let stillHeld = Compare.createRevision(held.key, .greater, 0)
                _ = try await client.transaction(.when(stillHeld).then(.put("/report", "written under the lock")))
                try await client.unlock(held.key)
            }
            // Article end
            #expect(try await client.get("/report") != nil)
        }
    }
}
