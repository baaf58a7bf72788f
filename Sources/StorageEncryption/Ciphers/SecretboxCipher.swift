//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#if Secretbox
import CSodium
public import Crypto
public import Storage

/// XSalsa20-Poly1305 from libsodium, with a random nonce: 24 bytes of nonce, 16 of tag, the encrypted bytes.
///
/// Authenticated, but not bound to the value's key in the store. Only with the package trait `Secretbox`.
///
/// Source of the rule: upstream value/encrypt/secretbox.
public struct SecretboxCipher: ValueCipher {
    private static let nonceSize = Int(crypto_secretbox_NONCEBYTES)
    private static let tagSize = Int(crypto_secretbox_MACBYTES)

    private let key: SymmetricKey

    /// A cipher.
    /// - Precondition: the key has 32 bytes.
    public init(key: SymmetricKey) {
        precondition(key.bitCount == 256, "secretbox has keys of 32 bytes")
        precondition(sodium_init() >= 0, "libsodium can't be used on this machine")
        self.key = key
    }

    /// Appends nonce, tag and encrypted bytes.
    public func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) throws(EncryptionError) {
        let start = stored.count
        stored.append(contentsOf: repeatElement(0, count: Self.nonceSize + Self.tagSize + bytes.count))
        let status: Int32 = key.withUnsafeBytes { key in
            bytes.withUnsafeBufferPointer { plain in
                stored.withUnsafeMutableBufferPointer { stored in
                    guard let nonce = stored.baseAddress.map({ $0 + start }), let key = key.bindMemory(to: UInt8.self).baseAddress else { return -1 }
                    randombytes_buf(nonce, Self.nonceSize)
                    return crypto_secretbox_easy(nonce + Self.nonceSize, plain.baseAddress, UInt64(plain.count), nonce, key)
                }
            }
        }
        guard status == 0 else { throw EncryptionError(.unreadable, "secretbox can't seal the value") }
    }

    /// Checks and decrypts.
    public func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) throws(EncryptionError) -> TransformedValue {
        let overhead = Self.nonceSize + Self.tagSize
        guard sealed.count >= overhead else {
            throw EncryptionError(.unreadable, "the value is too short for secretbox: \(sealed.count) bytes instead of \(overhead) or more")
        }
        var status: Int32 = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: sealed.count - overhead) { plain, count in
            status = key.withUnsafeBytes { key in
                sealed.withUnsafeBufferPointer { sealed in
                    guard let nonce = sealed.baseAddress, let key = key.bindMemory(to: UInt8.self).baseAddress else { return -1 }
                    return crypto_secretbox_open_easy(
                        plain.baseAddress, nonce + Self.nonceSize, UInt64(sealed.count - Self.nonceSize), nonce, key)
                }
            }
            // What libsodium refused it did not write.
            count = status == 0 ? sealed.count - overhead : 0
        }
        guard status == 0 else {
            throw EncryptionError(.unreadable, "the value isn't authentic for its key: encrypted with another one, or changed")
        }
        return TransformedValue(bytes: bytes)
    }
}
#endif
