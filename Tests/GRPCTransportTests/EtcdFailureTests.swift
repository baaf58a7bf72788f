//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import Testing

@Suite("An etcd that dies, leaves and comes back")
struct EtcdFailureTests {
    @Test("A call in flight when the server is killed may have executed, and the next one finds the restarted server")
    func killed() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = cluster.members[0]
            try await withTransport(cluster.endpoints) { transport in
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                member.pause()
                async let inFlight = grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Etcd.put, message: Etcd.putRequest("a", "b"), deadline: soon)
                }
                // A second call on the same connection that times out proves that the first was written before it.
                let late = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(
                        Etcd.range, message: Etcd.rangeRequest("a"), deadline: .now + .seconds(2))
                }
                #expect(late?.code == .deadlineExceeded)
                #expect(late?.disposition == .mayHaveExecuted)
                await member.kill()
                let error = await inFlight
                #expect(error?.code == .unavailable)
                #expect(error?.disposition == .mayHaveExecuted)
                #expect(error?.origin == .connection)

                async let waiting = transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                try await member.start()
                _ = try await waiting
            }
        }
    }

    @Test("A server that is told to stop ends its watches at once, and new calls find another server")
    func terminated() async throws {
        try await EtcdCluster.withCluster(members: 3) { cluster in
            try await withTransport(cluster.endpoints) { transport in
                let stream = try await transport.openStream(Etcd.watch)
                try await stream.send(Etcd.watchRequest("watched"))
                _ = try await stream.nextMessages()
                let index = cluster.endpoints.firstIndex(of: stream.endpoint.description)
                let member = cluster.members[try #require(index)]
                let start = ContinuousClock.now
                member.beginTermination()
                let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                #expect(error?.code == .unavailable)
                // By GOAWAY, or by hanging up at once: releases of etcd differ.
                #expect(error?.origin == .serverGoingAway || error?.origin == .connection)
                // After a GOAWAY etcd would keep the watch open and silent for seven seconds.
                #expect(start.duration(to: .now) < .seconds(6))
                let next = try await transport.openStream(Etcd.watch, deadline: soon)
                try await next.send(Etcd.watchRequest("watched"))
                let created = try await next.nextMessages()
                #expect(created.count == 1)
                #expect(next.endpoint != stream.endpoint)
            }
        }
    }

    @Test("A paused server is found by an unanswered keepalive ping")
    func keepalive() async throws {
        try await EtcdCluster.withCluster { cluster in
            let configure: (inout GRPCTransportConfiguration) -> Void = { $0.keepalive = .init(interval: .seconds(5), timeout: .seconds(1)) }
            try await withTransport(cluster.endpoints, configure: configure) { transport in
                let stream = try await transport.openStream(Etcd.watch)
                try await stream.send(Etcd.watchRequest("watched"))
                _ = try await stream.nextMessages()
                cluster.members[0].pause()
                let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                cluster.members[0].resume()
                #expect(error?.code == .unavailable)
                #expect(error?.origin == .connection)
            }
        }
    }

    @Test("An endpoint where nobody listens is passed over")
    func failover() async throws {
        let cluster = try await EtcdCluster.shared()
        try await withTransport(["http://127.0.0.1:1"] + cluster.endpoints, tls: cluster.tls) { transport in
            _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
        }
    }
}
