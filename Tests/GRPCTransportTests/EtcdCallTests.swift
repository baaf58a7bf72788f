//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import NIOCore
import Testing

@Suite("Calls to a real etcd")
struct EtcdCallTests {
    @Test("A value that was put is read back")
    func unaryCalls() async throws {
        let cluster = try await EtcdCluster.shared()
        let key = cluster.uniquePrefix() + "value"
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            _ = try await transport.unary(Etcd.put, message: Etcd.putRequest(key, "stored here"), deadline: soon)
            let response = try await transport.unary(Etcd.range, message: Etcd.rangeRequest(key), deadline: soon)
            #expect(response.message.contains("stored here"))
        }
    }

    @Test("A status of the server arrives with its text and without a claim that nothing happened")
    func errorStatus() async throws {
        let cluster = try await EtcdCluster.shared()
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(Etcd.leaseRevoke, message: [0x08, 0x7b], deadline: soon)
            }
            #expect(error?.code == .notFound)
            #expect(error?.message == "etcdserver: requested lease not found")
            #expect(error?.disposition == .mayHaveExecuted)
            #expect(error?.origin == .server)
        }
    }

    @Test("A method that the server doesn't know is UNIMPLEMENTED")
    func unknownMethod() async throws {
        let cluster = try await EtcdCluster.shared()
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary("/etcdserverpb.KV/Nothing", message: [], deadline: soon)
            }
            #expect(error?.code == .unimplemented)
        }
    }

    @Test("Many calls at once on one connection all get their own answers")
    func concurrentCalls() async throws {
        let cluster = try await EtcdCluster.shared()
        let prefix = cluster.uniquePrefix()
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let key = prefix + "many/\(number)/"
                        _ = try await transport.unary(Etcd.put, message: Etcd.putRequest(key, "value of \(number)."), deadline: soon)
                        let response = try await transport.unary(Etcd.range, message: Etcd.rangeRequest(key), deadline: soon)
                        #expect(response.message.contains("value of \(number)."))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("When a connection has no numbers left for streams, calls and streams go on with the next, and what is open there ends in its own time")
    func streamNumbersUsedUp() async throws {
        let cluster = try await EtcdCluster.shared()
        let key = cluster.uniquePrefix() + "numbers"
        // Four streams are left to each connection.
        try await withTransport(cluster.endpoints, tls: cluster.tls, configure: { $0.firstStreamID = UInt32(Int32.max) - 6 }) { transport in
            let old = try await transport.openStream(Etcd.watch, lane: .unary, deadline: soon)
            try await old.send(Etcd.watchRequest(key))
            _ = try await old.nextMessages()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<10 { _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest(key), deadline: soon) }
                    }
                }
                group.addTask {
                    for _ in 0..<10 { try await transport.openStream(Etcd.watch, lane: .unary, deadline: soon).cancel() }
                }
                try await group.waitForAll()
            }
            _ = try await transport.unary(Etcd.put, message: Etcd.putRequest(key, "an event"), deadline: soon)
            #expect(try await old.nextMessages().contains { $0.contains("an event") })
        }
    }

    @Test("A watch receives what is put meanwhile")
    func watch() async throws {
        let cluster = try await EtcdCluster.shared()
        let key = cluster.uniquePrefix() + "watched"
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            let stream = try await transport.openStream(Etcd.watch, deadline: soon)
            try await stream.send(Etcd.watchRequest(key))
            let created = try await stream.nextMessages()
            #expect(created.count == 1)
            _ = try await transport.unary(Etcd.put, message: Etcd.putRequest(key, "an event"), deadline: soon)
            let events = try await stream.nextMessages()
            #expect(events.contains { $0.contains("an event") })
        }
    }

    @Test("Cancelling the task that reads a watch ends it as CANCELLED")
    func cancelWatch() async throws {
        let cluster = try await EtcdCluster.shared()
        let key = cluster.uniquePrefix() + "cancelled"
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            let stream = try await transport.openStream(Etcd.watch)
            try await stream.send(Etcd.watchRequest(key))
            _ = try await stream.nextMessages()
            let reader = Task { await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() } }
            reader.cancel()
            let error = await reader.value
            #expect(error?.code == .cancelled)
            #expect(error?.origin == .caller)
        }
    }
}
