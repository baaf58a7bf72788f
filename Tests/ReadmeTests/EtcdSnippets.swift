//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import Logging
import NIOCore
import Testing

@Suite("README: etcd")
struct EtcdSnippets {
    @Test("EtcdClient")
    func etcdClient() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let endpoints = cluster.endpoints
            // README: EtcdClient
            let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: endpoints))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }  // connections live here; a ServiceGroup does as well
                defer { group.cancelAll() }

                let written = try await client.put("/config/color", "blue")
                // From just after that write; whatever breaks meanwhile, no event is lost, repeated or reordered.
                let watch = try await client.watch(.prefix("/config/"), options: .init(startRevision: written.header.revision + 1))

                let outcome = try await client.transaction(
                    .when(.modRevision(of: "/config/color") == written.header.revision)
                        .then(.put("/config/color", "green"))
                        .otherwise(.get("/config/color")))
                print("the color \(outcome.succeeded ? "was changed" : "had been changed by somebody else")")

                for try await batch in watch {
                    for event in batch.events { print("revision \(event.revision): \(event.kv.valueText)") }
                    if batch.events.last?.kv.valueText == "green" { break }
                }
            }
            // README end
        }
    }

    @Test("Locks and namespaces")
    func locks() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: cluster.endpoints))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                // README: Locks
                try await client.withSession(ttl: 10) { session in
                    // Many programs may wait; one at a time gets in, and its task is cancelled should its lease be lost.
                    try await client.mutex("/locks/report", session: session).withLock { lock in
                        // Written only if the lock is held at that very moment in the store.
                        try await lock.transaction(.always(.put("/report", "written under the lock")))
                    }
                }
                let tenant = client.namespace("/tenants/red/")
                try await tenant.put("color", "red")
                print(try await tenant.getAll(prefix: "").map(\.keyText))
                // README end
                #expect(try await tenant.get("color")?.valueText == "red")
            }
        }
    }

    @Test("GRPCTransport")
    func transport() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let endpoint = try #require(cluster.endpoints.first)
            // README: GRPCTransport
            let transport = GRPCTransport(
                configuration: GRPCTransportConfiguration(endpoints: [try GRPCEndpoint(parsing: endpoint)]), logger: Logger(label: "transport"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await transport.run() }
                defer { group.cancelAll() }
                do {
                    let reply = try await transport.unary(
                        GRPCMethod("/etcdserverpb.Maintenance/Status"), message: [], lane: .unary, metadata: [:], deadline: .now + .seconds(5))
                    print("\(reply.message.readableBytes) bytes")
                } catch let error as GRPCError where error.disposition != .mayHaveExecuted {
                    print("it certainly had no effect, and may be repeated: \(error)")
                }
            }
            // README end
        }
    }

    @Test("EtcdTestKit")
    func testKit() async throws {
        // README: EtcdTestKit
        try await EtcdCluster.withCluster(members: 3) { cluster in
            let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: cluster.endpoints))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                try await client.put("survives", "yes")
                await cluster.members[0].kill()
                let answer = try await client.range(.key("survives"), deadline: .now + .seconds(30))
                #expect(answer.kvs.count == 1)
            }
        }
        // README end
    }
}
