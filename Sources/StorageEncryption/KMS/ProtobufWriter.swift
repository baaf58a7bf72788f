//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Writes the few protobuf fields that key management needs, in the order of the calls.
package struct ProtobufWriter {
    /// What was written.
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init() {}

    /// A number, left out when it is zero.
    package mutating func field(_ number: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        bytes.append(number << 3)
        varint(value)
    }

    /// Bytes, left out when there are none.
    package mutating func field(_ number: UInt8, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        header(number, count: value.count)
        bytes.append(contentsOf: value)
    }

    /// Text, left out when it is empty.
    package mutating func field(_ number: UInt8, _ value: String) { field(number, Array(value.utf8)) }

    /// A map, by its keys' order, so that equal maps give equal bytes.
    package mutating func field(_ number: UInt8, _ map: [String: [UInt8]]) {
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            var entry = ProtobufWriter()
            entry.field(1, key)
            entry.field(2, value)
            header(number, count: entry.bytes.count)
            bytes.append(contentsOf: entry.bytes)
        }
    }

    private mutating func header(_ number: UInt8, count: Int) { Self.appendHeader(number, count: count, to: &bytes) }

    private mutating func varint(_ value: UInt64) { Self.appendVarint(value, to: &bytes) }

    /// Appends the beginning of a field of `count` bytes, which the caller appends.
    package static func appendHeader(_ number: UInt8, count: Int, to bytes: inout [UInt8]) {
        bytes.append(number << 3 | 2)
        appendVarint(UInt64(count), to: &bytes)
    }

    private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
