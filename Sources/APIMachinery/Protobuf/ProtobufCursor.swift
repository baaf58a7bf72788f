//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Walks over the fields of one protobuf message. Every length is checked against what is there before it is believed.
package struct ProtobufCursor {
    /// The payload of a field, by wire type.
    package enum Payload {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next field; nil at the end.
    package mutating func next() throws(ProtobufError) -> (number: UInt64, payload: Payload)? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        let number = tag >> 3
        guard number > 0, number < 1 << 29 else { throw ProtobufError(message: "\(number) is no field number", path: "") }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try little(8)))
        case 2: return (number, .bytes(try bytes(try varint())))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try little(4))))
        default: throw ProtobufError(message: "field \(number) has the unknown wire type \(tag & 7)", path: "")
        }
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw ProtobufError(message: "the data ends within a number", path: "") }
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw ProtobufError(message: "a number is longer than 64 bits", path: "")
    }

    private mutating func bytes(_ count: UInt64) throws(ProtobufError) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else {
            throw ProtobufError(message: "a field of \(count) bytes is announced where \(rest.count) are left", path: "")
        }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private mutating func little(_ count: Int) throws(ProtobufError) -> UInt64 {
        try bytes(UInt64(count)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
