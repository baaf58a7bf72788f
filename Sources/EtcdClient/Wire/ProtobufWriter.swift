//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A message is longer than may be sent.
struct MessageTooLong: Error, Hashable {}

/// Writes protobuf fields one after another: once to count their bytes, once more into memory of just that size.
///
/// As proto3 wants it, fields that are zero or empty are left out, and those of a `oneof` never are.
struct ProtobufWriter {
    /// The longest message. An etcd request is at most a few megabytes.
    static let limit = 64 << 20

    private static let small = 512

    /// nil while bytes are only counted.
    private let start: UnsafeMutablePointer<UInt8>?
    private var count = 0

    private init(_ start: UnsafeMutablePointer<UInt8>?) { self.start = start }

    /// The message of some fields, which are asked for twice and must be the same both times.
    static func message(_ fields: (inout ProtobufWriter) -> Void) throws(MessageTooLong) -> [UInt8] {
        var counter = ProtobufWriter(nil)
        fields(&counter)
        guard counter.count <= limit else { throw MessageTooLong() }
        let count = counter.count
        guard count <= small else {
            return [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
                var writer = ProtobufWriter(memory.baseAddress)
                fields(&writer)
                initialized = writer.count
            }
        }
        // An array that isn't initialized costs more to get than one that is copied from the stack.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { memory in
            var writer = ProtobufWriter(memory.baseAddress)
            if count > 0 { fields(&writer) }
            return [UInt8](UnsafeBufferPointer(memory))
        }
    }

    mutating func int64(_ field: UInt64, _ value: Int64) { if value != 0 { oneof(field, value) } }

    mutating func bool(_ field: UInt64, _ value: Bool) { if value { oneof(field, 1) } }

    mutating func bytes(_ field: UInt64, _ value: [UInt8]) { if !value.isEmpty { oneof(field, value) } }

    /// A number that is the one of several fields that is set.
    mutating func oneof(_ field: UInt64, _ value: Int64) {
        varint(field << 3)
        varint(UInt64(bitPattern: value))
    }

    /// Bytes that are the one of several fields that is set.
    mutating func oneof(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        if let start {
            value.withUnsafeBufferPointer { bytes in
                if let first = bytes.baseAddress { (start + count).update(from: first, count: bytes.count) }
            }
        }
        count += value.count
    }

    /// A message within this one. Its length stands before it, so that it is counted once for each message around it: they are few.
    mutating func message(_ field: UInt64, _ fields: (inout ProtobufWriter) -> Void) {
        var counter = ProtobufWriter(nil)
        fields(&counter)
        varint(field << 3 | 2)
        varint(UInt64(counter.count))
        if start == nil { count += counter.count } else { fields(&self) }
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(rest))
    }

    @inline(__always)
    private mutating func byte(_ byte: UInt8) {
        if let start { start[count] = byte }
        count += 1
    }
}
