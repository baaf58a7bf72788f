//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@Suite("TLS")
struct EtcdTLSTests {
    @Test("A server is trusted by its authority, and refused without it for a reason that the error names")
    func trust() async throws {
        try await EtcdCluster.withCluster(tls: true) { cluster in
            let certificates = try #require(cluster.certificates)
            var tls = GRPCTLSConfiguration(
                trustRoots: .file(certificates.authority), certificateChainFile: certificates.clientCertificate,
                privateKeyFile: certificates.clientKey)
            try await withTransport(cluster.endpoints, tls: tls) { transport in
                _ = try await transport.unary(Etcd.put, message: Etcd.putRequest("a", "b"), deadline: soon)
                let response = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                #expect(!response.metadata.isEmpty, "etcd's TLS port sends headers of its own")
            }

            tls.trustRoots = .systemDefault
            let untrusted = try await Self.failure(cluster.endpoints, tls)
            #expect(untrusted?.message.contains("CERTIFICATE_VERIFY_FAILED") == true)

            tls.trustRoots = .file("/nowhere/ca.pem")
            let missing = try await Self.failure(cluster.endpoints, tls)
            #expect(missing?.message.contains(cluster.endpoints[0]) == true)
        }
    }

    #if os(Linux)
    @Test("A certificate for another name is refused, and so is a server without HTTP/2")
    func names() async throws {
        try await EtcdCluster.withCluster(tls: true) { cluster in
            let certificates = try #require(cluster.certificates)
            var settings = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.serverCertificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.serverKey, format: .pem)))
            settings.applicationProtocols = ["http/1.1"]
            let context = try NIOSSLContext(configuration: settings)
            // An address of this machine that the certificate doesn't name.
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                }
                .bind(host: "127.0.0.2", port: 0).get()
            let endpoint = "https://127.0.0.2:\(server.localAddress?.port ?? 0)"

            var tls = GRPCTLSConfiguration(trustRoots: .file(certificates.authority))
            let wrongName = try await Self.failure([endpoint], tls)
            #expect(wrongName?.disposition == .notSent)
            #expect(wrongName?.code == .deadlineExceeded)
            #expect(wrongName?.message.contains("failedToValidateHostname") == true || wrongName?.message.contains("ostname") == true)
            #expect(wrongName?.message.contains(endpoint) == true)

            tls.serverName = "localhost"
            let noHTTP2 = try await Self.failure([endpoint], tls)
            #expect(noHTTP2?.message.contains("HTTP/2") == true)
            try await server.close()
        }
    }
    #endif

    @Test("A client whose certificate is revoked is refused, and the error names the endpoint; others aren't")
    func revoked() async throws {
        try await TestCertificates.withCertificates { files in
            // The member reads the list for each connection.
            let list = try files.bundle([], name: "revoked")
            try await EtcdCluster.withCluster(EtcdClusterOptions(tls: true, flags: ["--client-crl-file=\(list)"])) { cluster in
                let certificates = try #require(cluster.certificates)
                let revoked = try await certificates.issue(name: "revoked")
                func tls(_ pair: TestCertificates.Pair) -> GRPCTLSConfiguration {
                    .init(trustRoots: .file(certificates.authority), certificateChainFile: pair.certificate, privateKeyFile: pair.key)
                }
                try await certificates.revoke([], into: list)
                try await withTransport(cluster.endpoints, tls: tls(revoked)) { transport in
                    _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                }
                try await certificates.revoke([revoked], into: list)
                let error = try await Self.failure(cluster.endpoints, tls(revoked))
                #expect(error?.disposition == .notSent)
                #expect(error?.message.contains("\(cluster.endpoints[0]): ") == true, "\(error?.message ?? "no error")")
                try await withTransport(cluster.endpoints, tls: tls(certificates.client)) { transport in
                    _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                }
            }
        }
    }

    private static func failure(_ endpoints: [String], _ tls: GRPCTLSConfiguration) async throws -> GRPCError? {
        try await withTransport(endpoints, tls: tls) { transport in
            await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: .now + .seconds(3))
            }
        }
    }
}
