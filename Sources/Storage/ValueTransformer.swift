//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Turns object bytes into what the store keeps, and back: encryption at rest.
///
/// Both directions may wait for a key service. They are called from many tasks at once.
///
/// Source of the rule: upstream value.Transformer.
public protocol ValueTransformer: Sendable {
    /// Reads a stored value.
    /// - Parameter authenticatedData: the value's full key in the store; a value moved to another key must not be readable.
    /// - Throws: a ``StorageError`` of another code than `corruptObject` (`unreachable`: the key service doesn't answer) when nothing can be told of
    ///   the value now; anything else when the value isn't readable. The caller leaves it as it is.
    func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) async throws -> TransformedValue

    /// Makes the value to store.
    /// - Throws: nothing is written then.
    func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) async throws -> [UInt8]
}

/// A value as it was before it was stored.
public struct TransformedValue: Sendable, Hashable {
    /// The object's bytes.
    public var bytes: [UInt8]
    /// It should be written anew, because it wouldn't be written so today (another key, another provider).
    public var isStale: Bool

    /// A value.
    public init(bytes: [UInt8], isStale: Bool = false) {
        self.bytes = bytes
        self.isStale = isStale
    }
}

/// Stores bytes as they are. Costs nothing.
public struct IdentityTransformer: ValueTransformer {
    /// A value that starts so is encrypted.
    static let encryptedPrefix = Array("k8s:enc:".utf8)

    /// The transformer.
    public init() {}

    /// The bytes as they are.
    /// - Throws: `corruptObject` for an encrypted value, which must not leave as an object, nor be overwritten.
    public func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) throws -> TransformedValue {
        TransformedValue(bytes: try check(stored, authenticatedData: authenticatedData))
    }

    /// The bytes as they are.
    public func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) -> [UInt8] { bytes }

    /// The same as ``transformFromStorage(_:authenticatedData:)``, for those who know that nothing need be waited for.
    public func check(_ stored: [UInt8], authenticatedData: [UInt8]) throws(StorageError) -> [UInt8] {
        if stored.first == IdentityTransformer.encryptedPrefix[0], stored.starts(with: IdentityTransformer.encryptedPrefix) {
            // The provider and its version, not what follows: "k8s:enc:aescbc:v1".
            let parts = stored.prefix(64).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).prefix(4)
            let provider = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ":")
            throw StorageError(
                .corruptObject, key: String(decoding: authenticatedData, as: UTF8.self),
                message: "the value is encrypted (\(provider)) and no encryption is configured that could read it")
        }
        return stored
    }
}
