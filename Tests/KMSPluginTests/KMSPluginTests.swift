//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import GRPCTransport
import KMSPlugin
import Logging
import Storage
import StorageEncryption
import TestWaiting
import Testing

@Suite("A KMS plugin over a Unix socket")
struct KMSPluginTests {
    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Runs `body` with a client of the plugin.
    static func with(
        timeout: Duration = .seconds(60), _ body: (KMSPlugin, PluginServer) async throws -> Void
    ) async throws {
        try await PluginServer.with { server in
            let plugin = KMSPlugin(endpoint: server.endpoint, timeout: timeout, logger: logger)
            try await running(plugin.run) { try await body(plugin, server) }
        }
    }

    @Test("Status, Encrypt and Decrypt are called as the API has them")
    func calls() async throws {
        try await Self.with { plugin, server in
            #expect(try await plugin.status() == KeyManagementStatus(version: "v2", healthz: "ok", keyID: "key-1"))
            let secret = [UInt8](0..<32)
            let encrypted = try await plugin.encrypt(secret, uid: "one")
            #expect(encrypted.keyID == "key-1")
            #expect(encrypted.annotations == ["fake.example.com": Array("1".utf8), "other.example.com": []])
            #expect(encrypted.ciphertext.count == 60)
            #expect(try await plugin.decrypt(encrypted, uid: "two") == secret)
            #expect(
                server.plugin.calls == [
                    "/v2.KeyManagementService/Status", "/v2.KeyManagementService/Encrypt", "/v2.KeyManagementService/Decrypt",
                ])
        }
    }

    static let refusals: [(GRPCStatusCode, Bool, String)] = [
        (.unavailable, true, "Unavailable"), (.deadlineExceeded, true, "DeadlineExceeded"), (.resourceExhausted, true, "ResourceExhausted"),
        (.cancelled, true, "Canceled"), (.aborted, true, "Aborted"), (.notFound, false, "NotFound"), (.invalidArgument, false, "InvalidArgument"),
        (.unknown, false, "Unknown"), (.failedPrecondition, false, "FailedPrecondition"), (.permissionDenied, false, "PermissionDenied"),
    ]

    @Test("What the plugin can't do now is told apart from what it refuses", arguments: refusals)
    func tellsApart(code: GRPCStatusCode, isPassing: Bool, name: String) async throws {
        try await Self.with { plugin, server in
            server.plugin.answerAll(.status(code, "told so"))
            let error = try await failure { try await plugin.decrypt(.init(ciphertext: [1], keyID: "key-1"), uid: "u") }
            #expect(error.isPassing == isPassing)
            #expect(error.message.contains("told so"))
            #expect(error.statusCode == name)
        }
    }

    @Test("A plugin that doesn't answer costs no more than the timeout, and isn't taken for one that refuses")
    func timesOut() async throws {
        try await Self.with(timeout: .milliseconds(200)) { plugin, server in
            server.plugin.answerAll(.silence)
            let error = try await failure { try await plugin.status() }
            #expect(error.isPassing)
        }
    }

    @Test("An answer that isn't the message it should be is an error", arguments: [[0xff], [0x0a, 5, 1], [0x08, 1], [0x1a, 1, 0xff]] as [[UInt8]])
    func refusesGarbage(bytes: [UInt8]) async throws {
        try await Self.with { plugin, server in
            server.plugin.answerAll(.message(bytes))
            for error in [
                try await failure { try await plugin.status() }, try await failure { try await plugin.encrypt([1], uid: "u") },
            ] {
                #expect(!error.isPassing)
            }
        }
    }

    @Test("A plugin that isn't there is a passing failure, and is found when it comes")
    func waitsForThePlugin() async throws {
        try await Self.with(timeout: .milliseconds(300)) { plugin, server in
            _ = try await plugin.status()
            try await server.stop()
            let error = try await failure { try await plugin.status() }
            #expect(error.isPassing)
            try await server.start()
            try await eventually("an answer") {
                do {
                    _ = try await plugin.status()
                    return true
                } catch {
                    return false
                }
            }
        }
    }

    @Test("The factory takes the endpoint and the timeout of the configuration")
    func factory() async throws {
        try await PluginServer.with { server in
            let kms = EncryptionConfiguration.KMS(name: "p", endpoint: "unix://\(server.path)", timeout: .seconds(60))
            let service = try KMSPlugin.make(kms, Self.logger)
            try await running({ try await service.run() }) {
                let status = try await service.status()
                #expect(status.keyID == "key-1")
            }
        }
        #expect(throws: GRPCEndpointError.self) { try KMSPlugin.make(.init(name: "p", endpoint: "unix://relative"), Self.logger) }
    }
}

/// The failure of a call.
func failure(sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any) async throws -> KeyManagementError {
    do {
        let value = try await body()
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
        return KeyManagementError(isPassing: false, "")
    } catch let error as KeyManagementError {
        return error
    }
}
