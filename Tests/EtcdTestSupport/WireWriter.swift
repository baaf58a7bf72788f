//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Writes protobuf bytes field by field, right or wrong, for tests of readers.
package struct WireWriter {
    package var bytes: [UInt8] = []

    package init() {}

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    package mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    package mutating func data(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    package mutating func data(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

    package mutating func message(_ field: UInt64, _ fill: (inout WireWriter) -> Void) {
        var inner = WireWriter()
        fill(&inner)
        data(field, inner.bytes)
    }
}
