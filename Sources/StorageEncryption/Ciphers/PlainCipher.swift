//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Storage

/// Values that aren't encrypted, beside those that are: upstream's identity provider.
public struct PlainCipher: ValueCipher {
    /// The cipher that isn't one.
    public init() {}

    /// The bytes as they are.
    public func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) { stored.append(contentsOf: bytes) }

    /// The bytes as they are.
    /// - Throws: ``EncryptionError/Code/unreadable`` for an encrypted value, which must not pass for an object.
    public func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) throws(EncryptionError) -> TransformedValue {
        guard !sealed.starts(with: EncryptionPrefix.all.utf8) else {
            throw EncryptionError(.unreadable, "the identity provider can't read an encrypted value")
        }
        return TransformedValue(bytes: Array(sealed))
    }
}
