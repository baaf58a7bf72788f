//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension KeyedDecodingContainer {
    /// A member, or what stands for it when it is absent or null.
    func value<T: Decodable>(_ key: Key, default absent: @autoclosure () -> T) throws -> T {
        try decodeIfPresent(T.self, forKey: key) ?? absent()
    }
}

extension KeyedEncodingContainer {
    /// Leaves an empty list or map out.
    mutating func encodeUnlessEmpty(_ value: some Encodable & Collection, _ key: Key) throws {
        if !value.isEmpty { try encode(value, forKey: key) }
    }

    /// Leaves a zero out.
    mutating func encodeUnlessZero(_ value: some Encodable & BinaryInteger, _ key: Key) throws {
        if value != 0 { try encode(value, forKey: key) }
    }
}
