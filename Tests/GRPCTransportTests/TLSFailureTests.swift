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
import NIOPosix
import NIOSSL
import Testing

@Suite("TLS that fails says why")
struct TLSFailureTests {
    static let method: GRPCMethod = "/test.Service/Method"

    enum Flaw: String, CaseIterable, CustomTestStringConvertible {
        case expired
        case notYetValid
        case wrongName
        case wrongAuthority
        case clientCertificateAbsent
        case alpnMissing
        case oldTLS
        case plaintext

        var testDescription: String { rawValue }

        /// What the error says besides naming the endpoint.
        var words: String {
            switch self {
            case .expired: "expired at 2021-01-01T00:00:00Z"
            case .notYetValid: "not valid before 2090-01-01T00:00:00Z"
            case .wrongName: "not for \""
            case .wrongAuthority: "no authority that is trusted"
            case .clientCertificateAbsent: "wants a client certificate"
            case .alpnMissing: "HTTP/2"
            case .oldTLS: "no TLS 1.2 or newer"
            case .plaintext: "does not speak TLS"
            }
        }
    }

    private static func server(with flaw: Flaw, _ certificates: TestCertificates) async throws -> NIOSSLContext? {
        switch flaw {
        case .expired: try await serverTLS(certificates.issue(.expired, name: "expired"))
        case .notYetValid: try await serverTLS(certificates.issue(.notYetValid, name: "future"))
        case .wrongName: try await serverTLS(certificates.issue(.named(["other.test", "127.0.0.9"]), name: "other"))
        case .wrongAuthority: try await serverTLS(certificates.issue(.foreignAuthority, name: "foreign"))
        case .clientCertificateAbsent: try serverTLS(certificates.server, clientAuthority: certificates.authority)
        case .alpnMissing: try serverTLS(certificates.server, protocols: ["http/1.1"])
        case .oldTLS: try serverTLS(certificates.server, maximum: .tlsv11)
        case .plaintext: nil
        }
    }

    @Test("The error of a call names the endpoint and the flaw, and the other endpoint is used", arguments: Flaw.allCases)
    func flaws(flaw: Flaw) async throws {
        try await TestCertificates.withCertificates { certificates in
            let good = try serverTLS(certificates.server)
            let tls = GRPCTLSConfiguration(trustRoots: .file(certificates.authority))
            try await ScriptedPeer.with(tls: Self.server(with: flaw, certificates), script: { _, _, _ in }) { bad in
                let endpoint = GRPCEndpoint(scheme: .https, host: "127.0.0.1", port: bad.endpoint.port)
                try await withTransport([endpoint.description], tls: tls) { transport in
                    let error = await grpcError { () async throws(GRPCError) in
                        _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8))
                    }
                    #expect(error?.code == .deadlineExceeded)
                    #expect(error?.disposition == .notSent)
                    #expect(error?.message.contains(flaw.words) == true, "\(error?.message ?? "no error")")
                    #expect(error?.message.contains("\(endpoint): ") == true)
                }
                try await ScriptedPeer.with(tls: good, script: answering) { other in
                    let endpoints = [endpoint, other.endpoint].map(\.description)
                    for _ in 0..<2 {
                        try await withTransport(endpoints, tls: tls) { transport in
                            _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                        }
                    }
                }
            }
        }
    }

    @Test("Of a certificate for very many names the error shows the beginning")
    func manyNames() async throws {
        try await TestCertificates.withCertificates { certificates in
            let tls = GRPCTLSConfiguration(trustRoots: .file(certificates.authority))
            let pair = try await certificates.issue(.named((0..<200).map { "member\($0).test" }), name: "many")
            try await ScriptedPeer.with(tls: try serverTLS(pair), script: { _, _, _ in }) { peer in
                try await withTransport([peer.endpoint.description], tls: tls) { transport in
                    let message = await grpcError { () async throws(GRPCError) in
                        _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8))
                    }?.message
                    #expect(message?.contains("not for \"127.0.0.1\" (") == true && message?.contains("…)") == true, "\(message ?? "")")
                    #expect((message?.utf8.count ?? 0) < 1500)
                }
            }
        }
    }

    @Test("A handshake that stalls is given up, and the error says so")
    func stalled() async throws {
        try await SilentListener.with(scheme: .https) { silent in
            try await withTransport([silent.endpoint.description], configure: { $0.connectTimeout = .milliseconds(300) }) { transport in
                let error = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8))
                }
                #expect(
                    error?.message.contains("\(silent.endpoint): TLS and HTTP/2 were not set up within 300 ms") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test("Each endpoint is checked against its own name, and those that are left serve when the first is stopped")
    func names() async throws {
        try await TestCertificates.withCertificates { certificates in
            let tls = GRPCTLSConfiguration(trustRoots: .file(certificates.authority))
            var contexts: [NIOSSLContext] = []
            for number in 1...3 {
                contexts.append(try serverTLS(try await certificates.issue(.named(["member\(number).test"]), name: "member\(number)")))
            }
            try await ScriptedPeer.with(tls: contexts[0], script: answering) { first in
                try await ScriptedPeer.with(tls: contexts[1], script: answering) { second in
                    try await ScriptedPeer.with(tls: contexts[2], script: answering) { third in
                        var endpoints = [first, second, third].map(\.endpoint)
                        for index in endpoints.indices { endpoints[index].serverName = "member\(index + 1).test" }
                        let list = endpoints
                        try await withTransport(endpoints.map(\.description), tls: tls, configure: { $0.endpoints = list }) { transport in
                            for endpoint in list {
                                _ = try await transport.unary(Self.method, message: [1], deadline: soon, endpoint: endpoint)
                            }
                            for _ in 0..<3 { _ = try await transport.unary(Self.method, message: [1], deadline: soon) }
                            try await first.stopListening()
                            // A call that is sent before the loss is noticed has an unknown outcome; those after it find another.
                            for await state in transport.states where state != .ready([list[0]]) { break }
                            for _ in 0..<3 { _ = try await transport.unary(Self.method, message: [1], deadline: soon) }
                            // A name of another member is refused.
                            var wrong = list[1]
                            wrong.serverName = "member1.test"
                            let mistaken = wrong
                            let error = await grpcError { () async throws(GRPCError) in
                                _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8), endpoint: mistaken)
                            }
                            #expect(error?.message.contains("not for \"member1.test\"") == true, "\(error?.message ?? "")")
                        }
                    }
                }
            }
        }
    }
}

/// Answers every unary call at once.
let answering: ScriptedPeer.Script = { server, _, requests in
    for request in 0..<requests {
        let stream = Int32(request * 2 + 1)
        if scripted_server_request_ended(server, stream), !scripted_server_answered(server, stream) { answer(server, stream: stream) }
    }
}
