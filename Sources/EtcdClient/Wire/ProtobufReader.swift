//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Bytes that aren't the message they should be.
struct MalformedMessage: Error, Hashable {
    var reason: String
}

/// Reads protobuf fields one after another from bytes that somebody else keeps alive.
///
/// Trusts nothing: every length is checked against what is there before it is used.
struct ProtobufReader {
    private var next: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    struct Tag {
        var field: UInt32
        var type: WireType
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; any will do for what is never read.
        next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(bitPattern: 1)!
        end = next + bytes.count
    }

    private init(next: UnsafePointer<UInt8>, count: Int) {
        self.next = next
        end = next + count
    }

    /// Bytes not read yet.
    var remaining: Int { end - next }

    /// The next field, nil at the end.
    @inline(__always)
    mutating func tag() throws(MalformedMessage) -> Tag? {
        if next == end { return nil }
        let start = next
        let raw = try varint()
        // Zeros may fill a number up to ten bytes, but a tag has five at most.
        guard raw <= UInt64(UInt32.max), raw >> 3 != 0, next - start <= 5 else { throw MalformedMessage(reason: "field number out of range") }
        guard let type = WireType(rawValue: UInt8(raw & 7)) else { throw MalformedMessage(reason: "wire type \(raw & 7)") }
        return Tag(field: UInt32(raw >> 3), type: type)
    }

    @inline(__always)
    mutating func varint() throws(MalformedMessage) -> UInt64 {
        guard next != end else { throw MalformedMessage(reason: "truncated number") }
        let first = next.pointee
        next += 1
        if first < 0x80 { return UInt64(first) }
        return try longVarint(UInt64(first & 0x7f))
    }

    private mutating func longVarint(_ first: UInt64) throws(MalformedMessage) -> UInt64 {
        var value = first
        var shift: UInt64 = 7
        while shift < 70 {
            guard next != end else { throw MalformedMessage(reason: "truncated number") }
            let byte = next.pointee
            next += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw MalformedMessage(reason: "number longer than ten bytes")
    }

    @inline(__always)
    private mutating func length() throws(MalformedMessage) -> Int {
        let length = try varint()
        guard length <= UInt64(remaining) else { throw MalformedMessage(reason: "length beyond the end") }
        return Int(length)
    }

    // The functions below read the value of a field whose tag was read, and refuse a type that isn't the field's.

    @inline(__always)
    mutating func int64(_ tag: Tag) throws(MalformedMessage) -> Int64 { Int64(bitPattern: try uint64(tag)) }

    @inline(__always)
    mutating func uint64(_ tag: Tag) throws(MalformedMessage) -> UInt64 {
        guard tag.type == .varint else { throw MalformedMessage(reason: "field \(tag.field) isn't a number") }
        return try varint()
    }

    mutating func bool(_ tag: Tag) throws(MalformedMessage) -> Bool {
        guard tag.type == .varint else { throw MalformedMessage(reason: "field \(tag.field) isn't a truth value") }
        return try varint() != 0
    }

    @inline(__always)
    mutating func bytes(_ tag: Tag) throws(MalformedMessage) -> [UInt8] {
        guard tag.type == .lengthDelimited else { throw MalformedMessage(reason: "field \(tag.field) isn't bytes") }
        let count = try length()
        defer { next += count }
        return [UInt8](UnsafeBufferPointer(start: next, count: count))
    }

    mutating func string(_ tag: Tag) throws(MalformedMessage) -> String { String(decoding: try bytes(tag), as: UTF8.self) }

    @inline(__always)
    mutating func message(_ tag: Tag) throws(MalformedMessage) -> ProtobufReader {
        guard tag.type == .lengthDelimited else { throw MalformedMessage(reason: "field \(tag.field) isn't a message") }
        let count = try length()
        defer { next += count }
        return ProtobufReader(next: next, count: count)
    }

    /// Passes over a field that isn't known.
    mutating func skip(_ tag: Tag) throws(MalformedMessage) {
        switch tag.type {
        case .varint: _ = try varint()
        case .fixed64: try advance(8)
        case .lengthDelimited: next += try length()
        case .fixed32: try advance(4)
        }
    }

    /// How many bytes the next field takes, some of which may not be here yet; nil when there are too few to tell. It stays the next.
    func lengthOfField() throws(MalformedMessage) -> Int? {
        var reader = self
        guard reader.hasWholeNumber, let tag = try reader.tag() else { return nil }
        if tag.type == .fixed32 || tag.type == .fixed64 { return (reader.next - next) + (tag.type == .fixed32 ? 4 : 8) }
        guard reader.hasWholeNumber else { return nil }
        let value = try reader.varint()
        let head = reader.next - next
        guard tag.type == .lengthDelimited else { return head }
        // No message is longer than its four bytes of length can say.
        guard value <= UInt64(UInt32.max) else { throw MalformedMessage(reason: "length beyond the end") }
        return head + Int(value)
    }

    /// Whether a number can be read, or be found too long, without bytes that are still to come.
    private var hasWholeNumber: Bool { remaining >= 10 || UnsafeBufferPointer(start: next, count: remaining).contains { $0 < 0x80 } }

    /// Leaves bytes unread that are here.
    mutating func passOver(_ count: Int) { next += count }

    private mutating func advance(_ count: Int) throws(MalformedMessage) {
        guard count <= remaining else { throw MalformedMessage(reason: "truncated value") }
        next += count
    }
}
