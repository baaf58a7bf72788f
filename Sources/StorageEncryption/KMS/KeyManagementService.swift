//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A service outside this process that holds a key encryption key and encrypts small data keys with it: KMS v2.
///
/// `KMSPlugin` (the module of that name) is one, behind a Unix socket; anything that can encrypt 32 bytes can be another.
///
/// Source of the rule: upstream kms/apis/v2.
public protocol KeyManagementService: Sendable {
    /// Whether it works, and which key it encrypts with now. Asked at intervals.
    func status() async throws(KeyManagementError) -> KeyManagementStatus

    /// Encrypts a data key.
    /// - Parameter uid: names this request in logs on both sides.
    func encrypt(_ plaintext: [UInt8], uid: String) async throws(KeyManagementError) -> EncryptedDataKey

    /// Decrypts a data key that ``encrypt(_:uid:)`` gave, perhaps long ago and with a key that no longer encrypts.
    func decrypt(_ key: EncryptedDataKey, uid: String) async throws(KeyManagementError) -> [UInt8]

    /// Does what must go on beside the calls, such as keeping a connection, until the task is cancelled.
    func run() async throws
}

extension KeyManagementService {
    /// Nothing goes on beside the calls.
    public func run() async throws {}
}

/// What a key management service says about itself.
public struct KeyManagementStatus: Sendable, Hashable {
    /// The version of the API it speaks: `v2`, or `v2beta1`.
    public var version: String
    /// `ok`, or what is wrong.
    public var healthz: String
    /// The key it encrypts with now.
    public var keyID: String

    /// A status.
    public init(version: String = "v2", healthz: String = "ok", keyID: String) {
        self.version = version
        self.healthz = healthz
        self.keyID = keyID
    }
}

/// A data key as the service encrypted it: kept in clear beside every value.
public struct EncryptedDataKey: Sendable, Hashable {
    /// The encrypted bytes, 1 to 1024.
    public var ciphertext: [UInt8]
    /// The key that encrypted them, 1 to 1024 bytes.
    public var keyID: String
    /// What the service wants to see again; names are domain names, 32 KiB in all.
    public var annotations: [String: [UInt8]]

    /// An encrypted data key.
    public init(ciphertext: [UInt8], keyID: String, annotations: [String: [UInt8]] = [:]) {
        self.ciphertext = ciphertext
        self.keyID = keyID
        self.annotations = annotations
    }
}

/// Why a key management service did not do what it was asked.
public struct KeyManagementError: Error, Sendable, CustomStringConvertible {
    /// It could not be asked, or was too busy: asking again later may help. Otherwise it answered, and refused.
    public var isPassing: Bool
    /// For a person.
    public var message: String
    /// The gRPC status, spelt as in `DeadlineExceeded`, where the service is asked by gRPC: a label of metrics.
    public var statusCode: String?

    /// A failure.
    public init(isPassing: Bool, _ message: String, statusCode: String? = nil) {
        self.isPassing = isPassing
        self.message = message
        self.statusCode = statusCode
    }

    /// The message.
    public var description: String { message }
}
