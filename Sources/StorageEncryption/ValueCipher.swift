//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Storage

/// How one key of one provider encrypts values: what stands behind a prefix in the store.
///
/// Called from many tasks at once. Implement it to add a provider, and give it to ``PrefixTransformers``.
public protocol ValueCipher: Sendable {
    /// Appends the sealed value to `stored`, which ends with the cipher's prefix.
    /// - Parameter authenticatedData: the value's key in the store.
    /// - Throws: when nothing can be sealed now; `stored` is then of no use.
    func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) async throws(EncryptionError)

    /// Reads what ``seal(_:authenticatedData:into:)`` appended.
    func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) async throws(EncryptionError) -> TransformedValue
}
