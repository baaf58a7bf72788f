//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Crypto
public import Storage

/// AES-GCM with a random nonce: 12 bytes of nonce, the encrypted bytes, 16 bytes of tag.
///
/// The value's key in the store is authenticated, so a value moved to another key isn't readable. One key should not write more than some
/// billion values: nonces are random.
///
/// Source of the rule: upstream value/encrypt/aes.
public struct AESGCMCipher: ValueCipher {
    private let key: SymmetricKey

    /// A cipher.
    /// - Precondition: the key has 16, 24 or 32 bytes.
    public init(key: SymmetricKey) {
        precondition([128, 192, 256].contains(key.bitCount), "AES has keys of 16, 24 and 32 bytes")
        self.key = key
    }

    /// Appends nonce, encrypted bytes and tag.
    public func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) throws(EncryptionError) {
        try Self.seal(bytes, using: key, authenticatedData: authenticatedData, into: &stored)
    }

    /// Checks and decrypts.
    public func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) throws(EncryptionError) -> TransformedValue {
        TransformedValue(bytes: try Self.open(sealed, using: key, authenticatedData: authenticatedData))
    }

    /// How much longer a sealed value is.
    static let overhead = 12 + 16

    static func seal(
        _ bytes: [UInt8], using key: SymmetricKey, authenticatedData: [UInt8], into stored: inout [UInt8]
    ) throws(EncryptionError) {
        do {
            guard let combined = try AES.GCM.seal(bytes, using: key, authenticating: authenticatedData).combined else {
                throw EncryptionError(.unreadable, "AES-GCM gave a nonce of another size")
            }
            stored.append(contentsOf: combined)
        } catch {
            throw EncryptionError(.unreadable, "AES-GCM can't seal the value: \(error)")
        }
    }

    static func open(_ sealed: ArraySlice<UInt8>, using key: SymmetricKey, authenticatedData: [UInt8]) throws(EncryptionError) -> [UInt8] {
        guard sealed.count >= overhead else {
            throw EncryptionError(.unreadable, "the value is too short for AES-GCM: \(sealed.count) bytes instead of \(overhead) or more")
        }
        do {
            return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: authenticatedData))
        } catch {
            throw EncryptionError(.unreadable, "the value isn't authentic for its key: encrypted with another one, changed, or moved")
        }
    }
}
