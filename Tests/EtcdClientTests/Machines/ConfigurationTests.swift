//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import GRPCTransport
import LogRecording
import Logging
import TestWaiting
import Testing

@Suite("What a client is told of its cluster")
struct ConfigurationTests {
    @Test("An endpoint without a scheme is https where TLS is configured, and http elsewhere; one that names its scheme keeps it")
    func schemes() throws {
        let texts = ["10.0.0.1:2379", "http://10.0.0.2:2379", "https://10.0.0.3:2379", "unix:///run/etcd.sock"]
        let plain = try EtcdClientConfiguration(endpoints: texts)
        #expect(plain.transport.endpoints.map(\.scheme) == [.http, .http, .https, .unix])
        let encrypted = try EtcdClientConfiguration(endpoints: texts, tls: GRPCTLSConfiguration())
        #expect(encrypted.transport.endpoints.map(\.scheme) == [.https, .http, .https, .unix])
    }

    @Test("A list without an endpoint is refused when it is read, and doesn't wait to end the process")
    func empty() {
        let error = #expect(throws: GRPCEndpointError.self) { try EtcdClientConfiguration(endpoints: [String]()) }
        #expect(error?.reason == "no endpoint is given")
    }

    @Test("A bare address reaches a cluster that speaks nothing but TLS", .timeLimit(.minutes(2)))
    func bareAddress() async throws {
        try await EtcdCluster.withCluster(tls: true) { cluster in
            let addresses = cluster.endpoints.map { $0.replacing("https://", with: "") }
            try await withClient(of: addresses, tls: cluster.tls) { client async throws in
                try await client.put("a", "1")
                // The certificates of tests are made anew each time, for thirty days.
                #expect((client.clientCertificateExpiry ?? 0) > 1_700_000_000 && (client.authorityExpiry ?? 0) > 1_700_000_000)
                #expect(try await client.range(.key("a")).kvs.first?.valueText == "1")
            }
        }
    }

    @Test("A password or a token that would leave this machine unencrypted is warned of, once an endpoint")
    func unencryptedCredentials() async throws {
        // An address that is nobody's: nothing is sent, and that is tried again and again.
        let endpoint = GRPCEndpoint(scheme: .http, host: "192.0.2.1", port: 2379)
        var configuration = EtcdClientConfiguration(endpoints: [endpoint])
        configuration.transport.connectTimeout = .milliseconds(50)
        for credentials in [EtcdCredentials.user("alice", password: "secret"), .token("secret")] {
            configuration.credentials = credentials
            let log = LogRecorder(level: .debug)
            let client = EtcdClient(configuration: configuration, logger: log.logger)
            try await running({ try await client.run() }) {
                let call = Task { try await client.put("a", "1") }
                try await eventually("two attempts") { log.lines.count { $0.message == "Connection failed" } >= 2 }
                call.cancel()
                _ = await call.result
            }
            let warnings = log.lines.filter { $0.level == .warning && $0["endpoint"] == endpoint.description }
            #expect(warnings.map(\.message) == ["Credentials go to this endpoint unencrypted; use https"])
            #expect(!log.lines.contains { "\($0)".contains("secret") })
        }
    }

    @Test("Nobody is warned where there are no credentials, nor of what stays on this machine")
    func unexposed() async throws {
        let script: ScriptedEtcd.Script = { $0.method == "Auth/Authenticate" ? ScriptedEtcd.logIn($0) : ([[]], .ok) }
        try await ScriptedEtcd.with(script: script) { _, other, _ in
            for credentials in [EtcdCredentials.user("alice", password: "secret"), nil] {
                var configuration = other.configuration
                configuration.credentials = credentials
                let log = LogRecorder(level: .notice)
                let client = EtcdClient(configuration: configuration, logger: log.logger)
                try await running({ try await client.run() }) { _ = try await client.put("a", "1") }
                #expect(log.lines.isEmpty, "\(log.lines)")
            }
        }
    }
}
