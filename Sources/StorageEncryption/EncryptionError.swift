//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a value could not be encrypted or decrypted. Never holds key material or plaintext.
public struct EncryptionError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name.
        public let description: String
        private init(_ description: String) { self.description = description }

        /// The value isn't what the key would have made: another key, changed bytes, a value moved from another key of the store, or cut short.
        public static let unreadable = Code("unreadable value")
        /// No provider that is configured writes such values.
        public static let noProvider = Code("no provider")
        /// The key management service can't be asked now. Trying again later may help.
        public static let keyServiceUnavailable = Code("key management service unavailable")
    }

    /// The kind of failure.
    public var code: Code
    /// For a person.
    public var message: String

    /// A failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The kind and the message.
    public var description: String { "\(code): \(message)" }
}
