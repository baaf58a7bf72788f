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

                let key = Array("/config/color".utf8)
                let outcome = try await client.transaction(
                    Transaction(
                        compare: [.modRevision(key, .equal, written.header.revision)],
                        success: [.put(key, Array("green".utf8))],
                        failure: [.range(.key(key))]))
                print("the color \(outcome.succeeded ? "was changed" : "had been changed by somebody else")")

                for try await batch in watch {
                    for event in batch.events { print("revision \(event.revision): \(String(decoding: event.kv.value, as: UTF8.self))") }
                    if batch.events.last?.kv.value == Array("green".utf8) { break }
                }
            }
            // README end
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
