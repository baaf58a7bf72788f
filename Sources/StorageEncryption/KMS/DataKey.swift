//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto

/// A key that encrypts values, itself encrypted by a key management service.
enum DataKey: Sendable {
    /// An AES key, as upstream's first versions of KMS v2 used.
    case key(SymmetricKey)
    /// A seed: every value has an AES key of its own, derived from the seed and 32 random bytes that are stored before it. No limit on how many.
    case seed(SymmetricKey)

    /// The type as it is stored.
    enum Kind: UInt64, Sendable, Hashable {
        case key = 0
        case seed = 1
    }

    static let seedSize = 32
    /// The random bytes before a value.
    static let infoSize = 32

    /// A new random seed.
    static func randomSeed() -> DataKey { .seed(SymmetricKey(size: .bits256)) }

    init(_ kind: Kind, bytes: [UInt8]) throws(EncryptionError) {
        switch kind {
        case .key:
            guard [16, 24, 32].contains(bytes.count) else {
                throw EncryptionError(.unreadable, "the key management service decrypted a data key of \(bytes.count) bytes, which is none of AES")
            }
            self = .key(SymmetricKey(data: bytes))
        case .seed:
            guard bytes.count >= Self.seedSize else {
                throw EncryptionError(
                    .unreadable, "the key management service decrypted a seed of \(bytes.count) bytes instead of \(Self.seedSize) or more")
            }
            self = .seed(SymmetricKey(data: bytes))
        }
    }

    var kind: Kind {
        switch self {
        case .key: .key
        case .seed: .seed
        }
    }

    /// The secret, to have it encrypted.
    var bytes: [UInt8] {
        switch self {
        case .key(let key), .seed(let key): key.withUnsafeBytes { Array($0) }
        }
    }

    /// How much longer a sealed value is.
    var overhead: Int {
        switch self {
        case .key: AESGCMCipher.overhead
        case .seed: Self.infoSize + AESGCMCipher.overhead
        }
    }

    func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) throws(EncryptionError) {
        switch self {
        case .key(let key): try AESGCMCipher.seal(bytes, using: key, authenticatedData: authenticatedData, into: &stored)
        case .seed(let seed):
            let info = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
            stored.append(contentsOf: info)
            try AESGCMCipher.seal(bytes, using: Self.derive(seed, info[...]), authenticatedData: authenticatedData, into: &stored)
        }
    }

    func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) throws(EncryptionError) -> [UInt8] {
        switch self {
        case .key(let key): return try AESGCMCipher.open(sealed, using: key, authenticatedData: authenticatedData)
        case .seed(let seed):
            guard sealed.count >= Self.infoSize else {
                throw EncryptionError(.unreadable, "the value is too short to be encrypted with a derived key: \(sealed.count) bytes")
            }
            let key = Self.derive(seed, sealed.prefix(Self.infoSize))
            return try AESGCMCipher.open(sealed.dropFirst(Self.infoSize), using: key, authenticatedData: authenticatedData)
        }
    }

    // HKDF's second half alone: the seed is random already.
    private static func derive(_ seed: SymmetricKey, _ info: ArraySlice<UInt8>) -> SymmetricKey {
        HKDF<SHA256>.expand(pseudoRandomKey: seed, info: info, outputByteCount: 32)
    }
}
