//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdTestKit
import GRPCTestSupport
import GRPCTransport
import Synchronization
import TestWaiting
import Testing

@Suite("Streams that hand over their messages")
struct StreamDeliveryTests {
    private static let method: GRPCMethod = "/test.Service/Method"

    /// What a receiver was given: the first byte of each message.
    private final class Given: Sendable {
        private let numbers = Mutex<[UInt8]>([])

        var all: [UInt8] { numbers.withLock { $0 } }

        func take(_ batch: [ReceivedMessage]) {
            let batch = batch.map { message in message.withUnsafeBytes { $0.first ?? .max } }
            numbers.withLock { $0 += batch }
        }
    }

    /// Answers the first request with messages 0..<`count`, in frames of their own, and leaves the end to be told.
    private static func answering(_ count: UInt8) -> ScriptedPeer.Script {
        { server, _, requests in
            guard requests == 1, !scripted_server_answered(server, 1) else { return }
            scripted_server_headers(server, 1, okHeaders, false)
            send(0..<count, server)
        }
    }

    private static func send(_ numbers: Range<UInt8>, _ server: OpaquePointer) {
        for number in numbers {
            let bytes = framed([number])
            scripted_server_data(server, 1, bytes, bytes.count, false)
        }
    }

    private static func withStream(
        _ script: @escaping ScriptedPeer.Script, _ body: @escaping @Sendable (ScriptedPeer, GRPCStream) async throws -> Void
    ) async throws {
        try await ScriptedPeer.with(script: script) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                let stream = try await transport.openStream(method, deadline: soon)
                try await stream.send([1])
                try await body(peer, stream)
            }
        }
    }

    @Test("What came before the receiver, and what comes after, is given in order; then the end", arguments: [0, 14])
    func inOrder(status: Int) async throws {
        try await Self.withStream(Self.answering(50)) { peer, stream in
            // The first messages are here before anybody takes them.
            try await peer.wait { scripted_server_answered($0, 1) }
            let given = Given()
            async let end = grpcError { () async throws(GRPCError) in try await stream.deliver { given.take($0) } }
            try await eventually("first messages") { given.all.count == 50 }
            try await peer.act { server in
                Self.send(50..<250, server)
                scripted_server_trailers(server, 1, "grpc-status: \(status)\n")
            }
            let error = await end
            #expect(error?.code.rawValue ?? 0 == status)
            #expect(given.all == Array(0..<250))
            // The end stays what it was.
            #expect(await grpcError { () async throws(GRPCError) in try await stream.deliver { given.take($0) } }?.code == error?.code)
            #expect(given.all.count == 250)
        }
    }

    @Test("Window is returned for what a receiver takes: a server can send it more than fits into any window")
    func window() async throws {
        let cluster = try await EtcdCluster.shared()
        let key = cluster.uniquePrefix() + "delivered"
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            let stream = try await transport.openStream(Etcd.watch, deadline: soon)
            try await stream.send(Etcd.watchRequest(key))
            let bytes = Atomic<Int>(0)
            async let end = grpcError { () async throws(GRPCError) in
                try await stream.deliver { batch in _ = bytes.add(batch.reduce(0) { $0 + $1.count }, ordering: .relaxed) }
            }
            let value = String(repeating: "v", count: 1 << 20)
            for _ in 0..<40 { _ = try await transport.unary(Etcd.put, message: Etcd.putRequest(key, value), deadline: soon) }
            try await eventually("40 MiB") { bytes.load(ordering: .relaxed) > 40 << 20 }
            stream.cancel()
            let error = await end
            #expect(error?.code == .cancelled)
        }
    }

    @Test("Cancelling the task that waits resets the stream")
    func cancelled() async throws {
        try await Self.withStream(Self.answering(1)) { peer, stream in
            let given = Given()
            let reader = Task { await grpcError { () async throws(GRPCError) in try await stream.deliver { given.take($0) } } }
            try await eventually("message") { given.all == [0] }
            reader.cancel()
            let error = await reader.value
            #expect(error?.code == .cancelled)
            #expect(error?.origin == .caller)
            try await peer.wait { scripted_server_reset_code($0, 1) == 8 }
        }
    }
}
