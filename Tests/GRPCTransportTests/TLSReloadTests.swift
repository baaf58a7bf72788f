//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdTestKit
import Foundation
import GRPCTestSupport
import GRPCTransport
import NIOSSL
import Testing

@Suite("TLS files that change")
struct TLSReloadTests {
    static let method: GRPCMethod = "/test.Service/Method"

    enum Damage: String, CaseIterable, CustomTestStringConvertible {
        case halfKey
        case mismatchedKey
        case halfCertificate
        case missingCertificate
        case brokenTrust

        var testDescription: String { rawValue }

        func inflict(on client: TestCertificates.Pair, _ other: TestCertificates.Pair, trust: String) throws {
            switch self {
            case .halfKey: try Data(Data(contentsOf: URL(fileURLWithPath: client.key)).prefix(100)).write(to: URL(fileURLWithPath: client.key))
            case .mismatchedKey: try Data(contentsOf: URL(fileURLWithPath: other.key)).write(to: URL(fileURLWithPath: client.key))
            case .halfCertificate:
                try Data(Data(contentsOf: URL(fileURLWithPath: client.certificate)).prefix(200)).write(to: URL(fileURLWithPath: client.certificate))
            case .missingCertificate: try FileManager.default.removeItem(atPath: client.certificate)
            case .brokenTrust: try Data("nothing".utf8).write(to: URL(fileURLWithPath: trust))
            }
        }
    }

    @Test("Files that make no sense for a moment leave the last good ones in use", arguments: Damage.allCases)
    func damaged(damage: Damage) async throws {
        try await TestCertificates.withCertificates { certificates in
            let context = try serverTLS(certificates.server, clientAuthority: certificates.authority)
            let client = try await certificates.issue(name: "client", commonName: "first")
            let other = try await certificates.issue(name: "client", commonName: "second")
            let trust = try certificates.bundle([certificates.authority], name: "trust")
            let tls = GRPCTLSConfiguration(trustRoots: .file(trust), certificateChainFile: client.certificate, privateKeyFile: client.key)
            try await ScriptedPeer.with(tls: context, script: answering) { peer in
                try await withTransport([peer.endpoint.description], tls: tls) { transport in
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    try damage.inflict(on: client, other, trust: trust)
                    // A lane that has no connection yet makes one now.
                    _ = try await transport.unary(Self.method, message: [1], lane: .bulk, deadline: soon)
                    #expect(peer.connectionCount == 2)
                    try TestCertificates.replace(client, by: other)
                    try TestCertificates.replace(trust, by: certificates.authority)
                    _ = try await transport.unary(Self.method, message: [1], lane: .watch, deadline: soon)
                    let subject = try await peer.clientCertificate(of: 2)
                    #expect(subject?.contains("common_name=second") == true, "\(subject ?? "")")
                }
            }
        }
    }

    @Test("Files that never made sense fail the call, and the error names the file", arguments: Damage.allCases)
    func neverGood(damage: Damage) async throws {
        try await TestCertificates.withCertificates { certificates in
            let client = try await certificates.issue(name: "client")
            let trust = try certificates.bundle([certificates.authority], name: "trust")
            try damage.inflict(on: client, certificates.client, trust: trust)
            let tls = GRPCTLSConfiguration(trustRoots: .file(trust), certificateChainFile: client.certificate, privateKeyFile: client.key)
            try await withTransport(["https://127.0.0.1:1"], tls: tls) { transport in
                let error = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8))
                }
                let message = error?.message ?? ""
                #expect(message.contains(client.certificate) || message.contains(client.key) || message.contains("the trust roots"), "\(message)")
            }
        }
    }

    @Test("Rotating the client's certificate under load fails no call, and old connections are drained")
    func clientCertificate() async throws {
        try await TestCertificates.withCertificates { certificates in
            let new = try await certificates.makeAuthority()
            let both = try certificates.bundle([certificates.authority, new.certificate], name: "both")
            let trust = try certificates.bundle([certificates.authority, new.certificate], name: "trust")
            let client = try await certificates.issue(name: "client", commonName: "first")
            let fresh = try await certificates.issue(name: "fresh", commonName: "fresh", by: new)
            let context = try serverTLS(certificates.server, clientAuthority: both)
            var tls = GRPCTLSConfiguration(trustRoots: .file(trust), certificateChainFile: client.certificate, privateKeyFile: client.key)
            tls.reloadInterval = .milliseconds(100)
            tls.drainDelay = .milliseconds(200)
            try await ScriptedPeer.with(tls: context, script: answering) { peer in
                try await withTransport([peer.endpoint.description], tls: tls) { transport in
                    let before = transport.clientCertificateExpiry
                    #expect(before == nil)
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    #expect((transport.clientCertificateExpiry ?? 0) > 1_700_000_000)
                    let stream = try await transport.openStream(Self.method, lane: .watch)
                    try await stream.send([1])
                    try await withThrowingTaskGroup(of: [GRPCError].self) { group in
                        for _ in 0..<4 { group.addTask { await Self.load(transport) } }
                        try TestCertificates.replace(client, by: fresh)
                        // The stream is told to move when its connection is drained.
                        let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                        #expect(end?.origin == .serverGoingAway)
                        try await peer.waitUntilClosed(0)
                        group.cancelAll()
                        for try await failures in group { #expect(failures.isEmpty) }
                    }
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    let subject = try await peer.clientCertificate(of: peer.connectionCount - 1)
                    #expect(subject?.contains("common_name=fresh") == true, "\(subject ?? "")")
                }
            }
        }
    }

    @Test("When certificates expire is told, the first of each kind, and anew when the files change")
    func expiry() async throws {
        try await TestCertificates.withCertificates { certificates in
            // Not needed to trust anybody, so that it does no harm.
            let old = try await certificates.issue(.expired, name: "old").certificate
            let client = try await certificates.issue(name: "client")
            let trust = try certificates.bundle([certificates.authority], name: "trust")
            let context = try serverTLS(certificates.server, clientAuthority: certificates.authority)
            let tls = GRPCTLSConfiguration(trustRoots: .file(trust), certificateChainFile: client.certificate, privateKeyFile: client.key)
            let metrics = CountingMetrics()
            try await ScriptedPeer.with(tls: context, script: answering) { peer in
                try await withTransport([peer.endpoint.description], tls: tls, configure: { $0.metricsFactory = metrics }) { transport in
                    #expect(transport.clientCertificateExpiry == nil && transport.authorityExpiry == nil)
                    for (lane, files) in [
                        (ConnectionLane.unary, (chain: [client.certificate], trust: [certificates.authority])),
                        (.bulk, (chain: [client.certificate, old], trust: [certificates.authority, old])),
                    ] {
                        try TestCertificates.replace(client.certificate, by: try certificates.bundle(files.chain, name: "chain"))
                        try TestCertificates.replace(trust, by: try certificates.bundle(files.trust, name: "trusted"))
                        _ = try await transport.unary(Self.method, message: [1], lane: lane, deadline: soon)
                        let own = try Self.firstEnd(of: files.chain)
                        let authorities = try Self.firstEnd(of: files.trust)
                        #expect(transport.clientCertificateExpiry == own && transport.authorityExpiry == authorities)
                        #expect(metrics.last("grpc_client_certificate_expiry_timestamp_seconds") == Double(own))
                        #expect(metrics.last("grpc_client_authority_expiry_timestamp_seconds") == Double(authorities))
                    }
                }
            }
        }
    }

    private static func firstEnd(of files: [String]) throws -> Int {
        try #require(try files.flatMap { try NIOSSLCertificate.fromPEMFile($0) }.map { Int($0.notValidAfter) }.min())
    }

    @Test("Rotating the authority under load, its servers and clients too, fails no call, and the old one is not trusted afterwards")
    func authority() async throws {
        try await TestCertificates.withCertificates { certificates in
            let new = try await certificates.makeAuthority()
            let both = try certificates.bundle([certificates.authority, new.certificate], name: "both")
            let trust = try certificates.bundle([certificates.authority], name: "trust")
            let client = try await certificates.issue(name: "client", commonName: "first")
            let shown = try certificates.copy(certificates.server, name: "shown")
            let fresh = (server: try await certificates.issue(name: "server", by: new), client: try await certificates.issue(name: "client", by: new))
            var tls = GRPCTLSConfiguration(trustRoots: .file(trust), certificateChainFile: client.certificate, privateKeyFile: client.key)
            tls.reloadInterval = .seconds(1)
            tls.drainDelay = .milliseconds(100)
            try await ScriptedPeer.with(tls: try serverTLS(showing: shown, clientAuthority: both), script: answering) { peer in
                try await withTransport([peer.endpoint.description], tls: tls) { transport in
                    let steps: [() throws -> Void] = [
                        { try TestCertificates.replace(trust, by: both) },
                        {
                            try TestCertificates.replace(shown, by: fresh.server)
                            try TestCertificates.replace(client, by: fresh.client)
                        },
                        { try TestCertificates.replace(trust, by: new.certificate) },
                    ]
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    for (number, step) in steps.enumerated() {
                        let failures = try await withThrowingTaskGroup(of: [GRPCError].self) { group in
                            for _ in 0..<4 { group.addTask { await Self.load(transport) } }
                            try step()
                            // Each step has the connection replaced by one that is made with the new files.
                            try await peer.waitUntilClosed(number)
                            group.cancelAll()
                            return try await group.reduce([], +)
                        }
                        #expect(failures.isEmpty, "step \(number)")
                    }
                    #expect(peer.connectionCount == 4)
                    // What the old authority signed is nothing any more.
                    try TestCertificates.replace(shown, by: certificates.server)
                    let error = await grpcError { () async throws(GRPCError) in
                        _ = try await transport.unary(Self.method, message: [1], lane: .bulk, deadline: .now + .seconds(8))
                    }
                    #expect(error?.message.contains("no authority that is trusted has signed") == true, "\(error?.message ?? "")")
                }
            }
        }
    }

    /// Calls one after another until cancelled. What failed.
    private static func load(_ transport: GRPCTransport) async -> [GRPCError] {
        var failures: [GRPCError] = []
        // A scripted connection holds 512 requests, and four tasks do this.
        for _ in 0..<100 where !Task.isCancelled {
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(method, message: [1], deadline: soon)
            }
            if let error, error.origin != .caller { failures.append(error) }
            do { try await Task.sleep(for: .milliseconds(40)) } catch { break }
        }
        return failures
    }
}
