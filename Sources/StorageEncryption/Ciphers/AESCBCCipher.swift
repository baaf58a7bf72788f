//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Crypto
import CryptoExtras
public import Storage

/// AES-CBC with a random initialization vector: 16 bytes of it, then whole blocks, padded as PKCS#7 has it.
///
/// It is here to read and share what kube-apiserver stores. Nothing is authenticated: changed or moved values decrypt to something else, or are
/// noticed by luck. Prefer ``AESGCMCipher``.
///
/// Source of the rule: upstream value/encrypt/aes.
public struct AESCBCCipher: ValueCipher {
    private static let blockSize = 16
    private let key: SymmetricKey

    /// A cipher.
    /// - Precondition: the key has 16, 24 or 32 bytes.
    public init(key: SymmetricKey) {
        precondition([128, 192, 256].contains(key.bitCount), "AES has keys of 16, 24 and 32 bytes")
        self.key = key
    }

    /// Appends the vector and the blocks.
    public func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) throws(EncryptionError) {
        let vector = AES._CBC.IV()
        do {
            let blocks = try AES._CBC.encrypt(bytes, using: key, iv: vector)
            stored.append(contentsOf: vector)
            stored.append(contentsOf: blocks)
        } catch {
            throw EncryptionError(.unreadable, "AES-CBC can't encrypt the value: \(error)")
        }
    }

    /// Decrypts, and checks the padding, which is all that can be checked.
    public func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) throws(EncryptionError) -> TransformedValue {
        guard sealed.count >= 2 * Self.blockSize, sealed.count % Self.blockSize == 0 else {
            throw EncryptionError(.unreadable, "the value isn't made of AES-CBC blocks: it has \(sealed.count) bytes")
        }
        do {
            let vector = try AES._CBC.IV(ivBytes: sealed.prefix(Self.blockSize))
            return TransformedValue(bytes: Array(try AES._CBC.decrypt(sealed.dropFirst(Self.blockSize), using: key, iv: vector)))
        } catch {
            throw EncryptionError(.unreadable, "the value's padding is wrong: it was encrypted with another key, or changed")
        }
    }
}
