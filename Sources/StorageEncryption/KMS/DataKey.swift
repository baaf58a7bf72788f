//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Synchronization

/// A key that encrypts values, itself encrypted by a key management service.
enum DataKey: Sendable {
    /// An AES key, as upstream's first versions of KMS v2 used.
    case key(SymmetricKey)
    /// A seed: every value has an AES key of its own, derived from the seed and 32 random bytes that are stored before it. No limit on how many.
    case seed(Seed)

    /// A secret that keys are derived from. Known by its identity, so that what was derived from it is found fast.
    final class Seed: Sendable {
        let secret: SymmetricKey
        init(_ secret: SymmetricKey) { self.secret = secret }
    }

    /// What was derived, for all data keys of an envelope.
    final class DerivedKeys: Sendable {
        let cache = Mutex(DerivedKeyCache())
    }

    /// The type as it is stored.
    enum Kind: UInt64, Sendable, Hashable {
        case key = 0
        case seed = 1
    }

    static let seedSize = 32
    /// The random bytes before a value.
    static let infoSize = 32

    /// A new random seed.
    static func randomSeed() -> DataKey { .seed(Seed(SymmetricKey(size: .bits256))) }

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
            self = .seed(Seed(SymmetricKey(data: bytes)))
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
        case .key(let key): key.withUnsafeBytes { Array($0) }
        case .seed(let seed): seed.secret.withUnsafeBytes { Array($0) }
        }
    }

    /// How much longer a sealed value is.
    var overhead: Int {
        switch self {
        case .key: AESGCMCipher.overhead
        case .seed: Self.infoSize + AESGCMCipher.overhead
        }
    }

    func seal(
        _ bytes: [UInt8], authenticatedData: [UInt8], derived: DerivedKeys, at now: ContinuousClock.Instant, into stored: inout [UInt8]
    ) throws(EncryptionError) {
        switch self {
        case .key(let key): try AESGCMCipher.seal(bytes, using: key, authenticatedData: authenticatedData, into: &stored)
        case .seed(let seed):
            let info = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
            stored.append(contentsOf: info)
            let key = Self.derive(seed, info[...])
            // A key that writes is never used again, but what it wrote is about to be read: the watch of the store brings it.
            derived.cache.withLock { $0.insert(key, seed, info[...], of: authenticatedData, at: now) }
            try AESGCMCipher.seal(bytes, using: key, authenticatedData: authenticatedData, into: &stored)
        }
    }

    func open(
        _ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8], derived: DerivedKeys, at now: ContinuousClock.Instant
    ) throws(EncryptionError) -> [UInt8] {
        switch self {
        case .key(let key): return try AESGCMCipher.open(sealed, using: key, authenticatedData: authenticatedData)
        case .seed(let seed):
            guard sealed.count >= Self.infoSize else {
                throw EncryptionError(.unreadable, "the value is too short to be encrypted with a derived key: \(sealed.count) bytes")
            }
            let info = sealed.prefix(Self.infoSize)
            let rest = sealed.dropFirst(Self.infoSize)
            if let key = derived.cache.withLock({ $0.key(seed, info, of: authenticatedData, at: now) }) {
                return try AESGCMCipher.open(rest, using: key, authenticatedData: authenticatedData)
            }
            let key = Self.derive(seed, info)
            let bytes = try AESGCMCipher.open(rest, using: key, authenticatedData: authenticatedData)
            derived.cache.withLock { $0.insert(key, seed, info, of: authenticatedData, at: now) }
            return bytes
        }
    }

    // HKDF's second half alone: the seed is random already.
    private static func derive(_ seed: Seed, _ info: ArraySlice<UInt8>) -> SymmetricKey {
        HKDF<SHA256>.expand(pseudoRandomKey: seed.secret, info: info, outputByteCount: 32)
    }
}
