//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import GRPCTestSupport
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("Answers to the server's pings")
struct PingAnswerTests {
    /// A server that pings with each request unless a ping of its own is under way, as grpc-go does.
    private final class MeasuringServer: Sendable {
        private let counts = Mutex((pings: 0, answers: 0))
        var pings: Int { counts.withLock { $0.pings } }

        func script(_ server: ScriptedPeer.Server, _ connection: Int, _ requests: Int) {
            counts.withLock { counts in
                while counts.answers < requests {
                    if counts.pings == scripted_server_ping_acks(server) {
                        scripted_server_ping(server)
                        counts.pings += 1
                    }
                    answer(server, stream: Int32(2 * counts.answers + 1))
                    counts.answers += 1
                }
            }
        }
    }

    private static let method: GRPCMethod = "/test.Service/Method"

    private static func withPeer(
        _ script: @escaping ScriptedPeer.Script, answersAfter delay: Duration,
        _ body: @escaping @Sendable (ScriptedPeer, GRPCTransport) async throws -> Void
    ) async throws {
        try await ScriptedPeer.with(script: script) { peer in
            try await withTransport([peer.endpoint.description], configure: { $0.pingAnswerDelay = delay }) { try await body(peer, $0) }
        }
    }

    @Test("Calls that follow one another get their answers while the server's first ping waits for its own")
    func oneForMany() async throws {
        let server = MeasuringServer()
        try await Self.withPeer(server.script, answersAfter: .seconds(600)) { peer, transport in
            for _ in 0..<50 { _ = try await transport.unary(Self.method, message: [1]) }
            let answers = try await peer.act { scripted_server_ping_acks($0) }
            #expect(answers == 0)
            #expect(server.pings == 1)
        }
    }

    @Test("A ping is answered after a while, though nothing else happens, and so is the next")
    func idle() async throws {
        let server = MeasuringServer()
        try await Self.withPeer(server.script, answersAfter: GRPCTransportConfiguration(endpoints: []).pingAnswerDelay) { peer, transport in
            _ = try await transport.unary(Self.method, message: [1])
            try await peer.wait { scripted_server_ping_acks($0) == 1 }
            try await peer.act { scripted_server_ping($0) }
            try await peer.wait { scripted_server_ping_acks($0) == 2 }
        }
    }

    @Test("A server that pings again before its answer gets both at once")
    func hurry() async throws {
        let server = MeasuringServer()
        try await Self.withPeer(server.script, answersAfter: .seconds(600)) { peer, transport in
            _ = try await transport.unary(Self.method, message: [1])
            try await peer.act { scripted_server_ping($0) }
            try await peer.wait { scripted_server_ping_acks($0) == 2 }
        }
    }

    @Test("A server that went away and waits for its answer before it closes gets it at once")
    func goingAway() async throws {
        try await Self.withPeer({ _, _, _ in }, answersAfter: .seconds(600)) { peer, transport in
            let stream = try await transport.openStream(Self.method, lane: .unary)
            try await stream.send([1])
            try await peer.waitForRequest()
            try await peer.act { server in
                scripted_server_ping(server)
                scripted_server_goaway(server, 0x7fff_ffff, 0, "graceful_stop")
            }
            try await peer.wait { scripted_server_ping_acks($0) == 1 }
            stream.cancel()
        }
    }
}
