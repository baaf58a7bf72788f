//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import GRPCTestSupport
import NIOCore
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Calls that run out of time through no fault of their server")
struct BlockingCallTests {
    static let method: GRPCMethod = "/test.Service/Method"

    /// Makes calls that nobody answers until each has run out of time; then, how many strikes that was against the endpoint.
    private static func strikes(_ transport: GRPCTransport, _ endpoint: GRPCEndpoint, mayBlock: Bool) async throws -> Int {
        let channel = try #require(transport.pool.currentConnection(for: Route(lane: .unary))).channel
        for _ in 0..<2 {
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unaryReceived(
                    method, message: [1], lane: .unary, metadata: [:], deadline: .now() + .milliseconds(300), mayBlock: mayBlock)
            }
            #expect(error?.origin == .deadline)
        }
        // The calls are told of their end before the endpoint is judged, in the same turn of the loop.
        try await channel.eventLoop.submit {}.get()
        return transport.pool.state.withLock { $0.scores.record(of: endpoint).strikes }
    }

    /// Whether a lane's connection measures a call.
    private static func isMeasuring(_ transport: GRPCTransport) async throws -> Bool {
        try await transport.withUnaryHandler { handler in handler.session.calls().contains { handler.latency.measures($0.id) } }
    }

    @Test("Those that wait at the server for as long as it takes don't make it a suspect; others do")
    func waiting() async throws {
        try await ScriptedPeer.with(script: { server, _, requests in if requests == 1 { answer(server, stream: 1) } }) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                let blocking = try await Self.strikes(transport, peer.endpoint, mayBlock: true)
                #expect(blocking == 0)
                // On a busy machine one may get no time at all before its deadline, which proves nothing.
                var others = 0
                for _ in 0..<20 where others == 0 { others = try await Self.strikes(transport, peer.endpoint, mayBlock: false) }
                #expect(others > 0)
            }
        }
    }

    @Test("Those that were never sent, since the server takes no more at a time, don't make it a suspect")
    func unsent() async throws {
        let script: ScriptedPeer.Script = { server, _, requests in if requests == 1 { answer(server, stream: 1) } }
        try await ScriptedPeer.with(maximumConcurrentStreams: 1, script: script) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                let stream = try await transport.openStream(Self.method, lane: .unary)
                try await stream.send([1])
                try await peer.wait { scripted_server_request_count($0) == 2 }
                let strikes = try await Self.strikes(transport, peer.endpoint, mayBlock: false)
                #expect(strikes == 0)
                stream.cancel()
            }
        }
    }

    @Test("How long one takes that may wait for as long as it likes is not measured", arguments: [true, false])
    func latency(mayBlock: Bool) async throws {
        try await ScriptedPeer.with(script: { _, _, _ in }) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                async let waiting = transport.unaryReceived(
                    Self.method, message: [1], lane: .unary, metadata: [:], deadline: NIODeadline(soon), mayBlock: mayBlock)
                try await peer.waitForRequest()
                #expect(try await Self.isMeasuring(transport) == !mayBlock)
                try await peer.act { answer($0, stream: 1) }
                _ = try await waiting
            }
        }
    }
}
