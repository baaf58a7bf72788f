//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation
import GRPCTestSupport
import GRPCTransport
import Testing

@Suite("A client's certificate that isn't in files, or not whole")
struct TLSIdentityTests {
    static let method: GRPCMethod = "/test.Service/Method"

    private static func identity(_ pair: TestCertificates.Pair) throws -> GRPCTLSConfiguration.ClientIdentity {
        GRPCTLSConfiguration.ClientIdentity(
            certificateChain: [UInt8](try Data(contentsOf: URL(fileURLWithPath: pair.certificate))),
            privateKey: [UInt8](try Data(contentsOf: URL(fileURLWithPath: pair.key))))
    }

    /// Why a call fails for which no connection can be made.
    private static func failure(_ tls: GRPCTLSConfiguration) async throws -> String {
        try await withTransport(["https://127.0.0.1:1"], tls: tls) { transport in
            await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(method, message: [1], deadline: .now + .seconds(8))
            }?.message ?? ""
        }
    }

    @Test("It is shown to a server that asks, which believes it, and nothing of the key is told by accident")
    func shown() async throws {
        try await TestCertificates.withCertificates { certificates in
            let context = try serverTLS(certificates.server, clientAuthority: certificates.authority)
            let tls = GRPCTLSConfiguration(trustRoots: .file(certificates.authority), clientIdentity: try Self.identity(certificates.client))
            try await ScriptedPeer.with(tls: context, script: answering) { peer in
                try await withTransport([peer.endpoint.description], tls: tls) { transport in
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    let subject = try await peer.clientCertificate(of: 0)
                    #expect(subject?.contains("common_name=keelson-test") == true, "\(subject ?? "")")
                    #expect((transport.clientCertificateExpiry ?? 0) > 1_700_000_000)
                }
            }
            #expect("\(tls)".contains("a client's certificate and private key") && !"\(tls)".contains("privateKey: ["))
        }
    }

    @Test("One that makes no sense fails the call, and the error says which half of it")
    func senseless() async throws {
        try await TestCertificates.withCertificates { certificates in
            let whole = try Self.identity(certificates.client)
            var broken = whole
            broken.certificateChain = []
            #expect(try await Self.failure(GRPCTLSConfiguration(clientIdentity: broken)).contains("the client's certificate"))
            broken = whole
            broken.privateKey = Array("nothing".utf8)
            #expect(try await Self.failure(GRPCTLSConfiguration(clientIdentity: broken)).contains("the client's private key can't be read as PEM"))
            broken.privateKey = try Self.identity(certificates.server).privateKey
            #expect(try await Self.failure(GRPCTLSConfiguration(clientIdentity: broken)).contains("don't go together"))
        }
    }

    @Test(
        "A certificate's file without its key's, or the other way round, fails the run and each call, and the error says what to do",
        arguments: [true, false])
    func half(isCertificate: Bool) async throws {
        // Neither is read, so neither is there.
        let tls = GRPCTLSConfiguration(certificateChainFile: isCertificate ? "/nowhere" : nil, privateKeyFile: isCertificate ? nil : "/nowhere")
        let endpoint = try GRPCEndpoint(parsing: "https://127.0.0.1:1")
        let transport = GRPCTransport(configuration: GRPCTransportConfiguration(endpoints: [endpoint], tls: tls), logger: quiet)
        @Sendable func call() async -> GRPCError? {
            await grpcError { () async throws(GRPCError) in _ = try await transport.unary(Self.method, message: [1], deadline: soon) }
        }
        var states = transport.states.makeAsyncIterator()
        async let early = call()
        // It waits.
        while let state = await states.next(), state != .connecting {}
        let error = await #expect(throws: GRPCError.self) { try await transport.run() }
        for error in [error, await early, await call()] {
            #expect(error?.code == .failedPrecondition)
            #expect(error?.disposition == .notSent)
            #expect(error?.origin == .caller)
            #expect(error?.message.contains("name both files or none") == true, "\(error?.message ?? "")")
        }
    }
}
