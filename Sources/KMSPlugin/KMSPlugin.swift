//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import GRPCTransport
public import Logging
import NIOCore
public import ServiceLifecycle
public import StorageEncryption

/// A KMS v2 plugin: a gRPC server behind a Unix socket that holds the key encryption key.
///
/// ``run()`` keeps the connection. Calls wait for one until their timeout.
///
/// Source of the rule: upstream kms/apis/v2, package `v2`, service `KeyManagementService`.
public final class KMSPlugin: KeyManagementService, Service {
    /// More is no answer of a key management service.
    private static let maximumAnswerSize = 1024 * 1024

    private let transport: GRPCTransport
    private let timeout: Duration

    /// A client of the plugin at an endpoint.
    /// - Parameter timeout: how long a call may take.
    public init(endpoint: GRPCEndpoint, timeout: Duration = .seconds(3), logger: Logger) {
        var configuration = GRPCTransportConfiguration(endpoints: [endpoint])
        configuration.connectTimeout = timeout
        configuration.maximumMessageSize = Self.maximumAnswerSize
        transport = GRPCTransport(configuration: configuration, logger: logger)
        self.timeout = timeout
    }

    /// Makes the client for a `kms` provider: what `EncryptionTransformers` and `EncryptionConfigurationReloader` take as their key management.
    /// - Throws: `GRPCEndpointError` when the endpoint isn't one.
    public static let make: EncryptionTransformers.KeyManagementFactory = { kms, logger in
        KMSPlugin(endpoint: try GRPCEndpoint(parsing: kms.endpoint), timeout: kms.timeout, logger: logger)
    }

    /// Keeps a connection until the task is cancelled or shut down gracefully.
    public func run() async throws { try await transport.run() }

    /// Calls `Status`.
    public func status() async throws(KeyManagementError) -> KeyManagementStatus {
        try KMSMessages.status(try await call("/v2.KeyManagementService/Status", []))
    }

    /// Calls `Encrypt`.
    public func encrypt(_ plaintext: [UInt8], uid: String) async throws(KeyManagementError) -> EncryptedDataKey {
        try KMSMessages.encrypted(try await call("/v2.KeyManagementService/Encrypt", KMSMessages.encryptRequest(plaintext, uid: uid)))
    }

    /// Calls `Decrypt`.
    public func decrypt(_ key: EncryptedDataKey, uid: String) async throws(KeyManagementError) -> [UInt8] {
        try KMSMessages.decrypted(try await call("/v2.KeyManagementService/Decrypt", KMSMessages.decryptRequest(key, uid: uid)))
    }

    private func call(_ method: GRPCMethod, _ message: [UInt8]) async throws(KeyManagementError) -> [UInt8] {
        do {
            let response = try await transport.unary(method, message: message, deadline: .now + timeout)
            return Array(response.message.readableBytesView)
        } catch {
            throw KeyManagementError(isPassing: Self.isPassing(error), "\(method): \(error)", statusCode: Self.name(of: error.code))
        }
    }

    /// The status as Go spells it, which metrics carry.
    static func name(of code: GRPCStatusCode) -> String {
        switch code {
        case .ok: "OK"
        case .cancelled: "Canceled"
        default: code.description.split(separator: "_").map { $0.prefix(1) + $0.dropFirst().lowercased() }.joined()
        }
    }

    private static func isPassing(_ error: GRPCError) -> Bool {
        guard error.origin == .server else { return true }
        return switch error.code {
        case .unavailable, .deadlineExceeded, .cancelled, .resourceExhausted, .aborted: true
        default: false
        }
    }
}
