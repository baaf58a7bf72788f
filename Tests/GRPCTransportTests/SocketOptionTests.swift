//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#if os(Linux)
import GRPCTestSupport
import NIOCore
import Testing

@testable import GRPCTransport

@Suite("What connections ask of the system")
struct SocketOptionTests {
    /// Linux' TCP_USER_TIMEOUT, in milliseconds.
    private static func userTimeout(_ keepalive: GRPCTransportConfiguration.Keepalive?) async throws -> Int {
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description], configure: { $0.keepalive = keepalive }) { transport in
                _ = try await transport.unary("/test.Service/Method", message: [1], deadline: soon)
                let channel = try #require(transport.pool.currentConnection(for: Route(lane: .unary))).channel
                return Int(try await channel.getOption(.tcpOption(.init(rawValue: 18))).get())
            }
        }
    }

    @Test("TCP gives up on bytes that nobody acknowledges when a ping would have, and else when the system does")
    func userTimeout() async throws {
        #expect(try await Self.userTimeout(.init(interval: .seconds(7), timeout: .milliseconds(2500))) == 9500)
        #expect(try await Self.userTimeout(.init()) == 15_000)
        #expect(try await Self.userTimeout(nil) == 0)
    }
}
#endif
