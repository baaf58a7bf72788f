//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTestSupport
import NIOCore
import NIOSSL
import Testing

@testable import GRPCTransport

@Suite("A server behind TLS that falls silent")
struct SilentTLSTests {
    static let method: GRPCMethod = "/test.Service/Method"

    @Test(
        "A connection that is closed takes no new calls and ends those it has at once, though TLS waits for a good-bye; no channel outlives the run",
        arguments: [.silent, .broken] as [ConnectionCause])
    func closed(cause: ConnectionCause) async throws {
        try await TestCertificates.withCertificates { certificates in
            let tls = GRPCTLSConfiguration(trustRoots: .file(certificates.authority))
            try await ScriptedPeer.with(tls: try serverTLS(certificates.server), script: answering) { peer in
                try await FaultProxy.withProxy(to: UInt16(peer.endpoint.port)) { proxy in
                    let endpoint = "https://\(proxy.address)"
                    let channel = try await withTransport([endpoint], tls: tls) { transport in
                        let stream = try await transport.openStream(Self.method)
                        try await stream.send([1])
                        try await peer.waitForRequest()
                        proxy.blackhole()
                        let route = Route(lane: .watch)
                        let connection = try #require(transport.pool.currentConnection(for: route))
                        let channel = connection.channel
                        let (isCurrent, hasCalls, isActive) = try await channel.eventLoop.submit {
                            let handler = try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
                            handler.close(because: "a test says so", cause)
                            return (transport.pool.currentConnection(for: route) != nil, handler.session.openCalls > 0, channel.isActive)
                        }.get()
                        #expect(!isCurrent)
                        #expect(!hasCalls)
                        if cause == .silent { #expect(!isActive, "no good-bye is waited for") }
                        let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                        #expect(end?.origin == .connection)
                        #expect(end?.message == "a test says so")
                        return channel
                    }
                    #expect(!channel.isActive)
                }
            }
        }
    }
}
