//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdTestKit
import GRPCTestSupport
import GRPCTransport
import NIOCore
import NIOSSL
import TestWaiting
import Testing

/// A lane goes elsewhere when its server does badly. Its streams stay, until there is more against the connection.
@Suite("A stream on a connection that its lane has left")
struct LeftConnectionTests {
    static let method: GRPCMethod = "/test.Service/Method"

    private struct Scene: Sendable {
        var transport: GRPCTransport
        var stream: GRPCStream
        /// Where the stream is, on the first connection.
        var old: ScriptedPeer
        /// Where its lane is.
        var new: ScriptedPeer

        /// The error that ends the stream.
        func end() async throws -> GRPCError? {
            try await within("the end of the stream", .seconds(30)) { [stream] in
                await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
            }
        }
    }

    /// Answers the calls of which all has come with a number.
    private static func numbered(_ number: UInt8) -> ScriptedPeer.Script {
        { server, _, requests in
            for stream in (0..<requests).map({ Int32($0 * 2 + 1) }) where scripted_server_request_ended(server, stream) {
                if !scripted_server_answered(server, stream) { answer(server, stream: stream, [number]) }
            }
        }
    }

    private static func withStreamLeftBehind(
        server: NIOSSLContext? = nil, client: GRPCTLSConfiguration? = nil, _ body: @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        try await ScriptedPeer.with(tls: server, script: numbered(1)) { old in
            try await ScriptedPeer.with(tls: server, script: numbered(2)) { new in
                try await withTransport([old.endpoint.description], tls: client) { transport in
                    let stream = try await transport.openStream(method)
                    try await stream.send([1])
                    try await old.waitForRequest()
                    transport.updateEndpoints([old.endpoint, new.endpoint])
                    // When the new one is slow to answer the lane comes back to the old one, on another connection.
                    repeat { transport.report(.unavailable, of: old.endpoint, lane: .watch) } while try await ask(transport) != 2
                    let resetCode = try await old.act { scripted_server_reset_code($0, 1) }
                    #expect(resetCode == -1, "the stream has stayed")
                    try await body(Scene(transport: transport, stream: stream, old: old, new: new))
                    try await within("the end of the connection", .seconds(30)) { try await old.waitUntilClosed(0) }
                }
            }
        }
    }

    private static func ask(_ transport: GRPCTransport) async throws -> UInt8? {
        Array(buffer: try await transport.unary(method, message: [1], lane: .watch, deadline: soon).message).first
    }

    @Test("It moves when the endpoint is removed")
    func removed() async throws {
        try await Self.withStreamLeftBehind { scene in
            scene.transport.updateEndpoints([scene.new.endpoint])
            let end = try await scene.end()
            #expect(end?.origin == .serverGoingAway)
        }
    }

    @Test("It moves when its owner finds out that nothing comes any more")
    func wedged() async throws {
        try await Self.withStreamLeftBehind { scene in
            scene.stream.reportWedged()
            let end = try await scene.end()
            #expect(end?.origin == .serverGoingAway)
            #expect(try await Self.ask(scene.transport) == 2, "the lane's own connection is not concerned")
            #expect(scene.new.connectionCount == 1)
        }
    }

    @Test("It moves when the client's certificate is replaced")
    func newCertificate() async throws {
        try await TestCertificates.withCertificates { certificates in
            let client = try await certificates.issue(name: "client", commonName: "first")
            let fresh = try await certificates.issue(name: "fresh", commonName: "second")
            var tls = GRPCTLSConfiguration(
                trustRoots: .file(certificates.authority), certificateChainFile: client.certificate, privateKeyFile: client.key)
            tls.reloadInterval = .milliseconds(100)
            tls.drainDelay = .milliseconds(100)
            let context = try serverTLS(certificates.server, clientAuthority: certificates.authority)
            try await Self.withStreamLeftBehind(server: context, client: tls) { scene in
                try TestCertificates.replace(client, by: fresh)
                let end = try await scene.end()
                #expect(end?.origin == .serverGoingAway)
            }
        }
    }
}
