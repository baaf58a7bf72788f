//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Synchronization

/// Stores values as they are, and reads them as a test says.
final class SwitchableTransformer: ValueTransformer {
    typealias Read = @Sendable (_ stored: [UInt8], _ key: String) async throws -> TransformedValue

    /// A value that a test made unreadable.
    struct Unreadable: Error {}

    private let read = Mutex<Read>({ stored, _ in TransformedValue(bytes: stored) })

    func set(_ read: @escaping Read) {
        self.read.withLock { $0 = read }
    }

    /// Everything is read as it is; stale or not.
    func pass(stale: Bool = false) {
        set { stored, _ in TransformedValue(bytes: stored, isStale: stale) }
    }

    /// Values under these keys (by how they end) can't be read.
    func fail(_ keys: String..., error: any Error = Unreadable()) {
        set { stored, key in
            if keys.contains(where: { key.hasSuffix($0) }) { throw error }
            return TransformedValue(bytes: stored)
        }
    }

    func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) async throws -> TransformedValue {
        try await read.withLock { $0 }(stored, String(decoding: authenticatedData, as: UTF8.self))
    }

    func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) async throws -> [UInt8] { bytes }
}
