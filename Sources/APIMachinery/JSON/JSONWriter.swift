//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Appends the text: compact, members in order, escaped and with numbers as Go's encoding/json writes them, so that bytes written here
    /// equal the bytes upstream would have written for the same members.
    ///
    /// Escaped are the quote, the backslash, control characters, `<`, `>`, `&` and the line separators U+2028 and U+2029. A double that
    /// isn't finite, which no text can have given, is written as null. Costs one pass; the buffer grows geometrically.
    public func write(into buffer: inout [UInt8]) {
        switch self {
        case .null: buffer.append(literal: "null")
        case .bool(true): buffer.append(literal: "true")
        case .bool(false): buffer.append(literal: "false")
        case .integer(let integer): buffer.append(decimal: integer)
        case .double(let double): buffer.append(number: double)
        case .string(let string): buffer.append(quoting: string)
        case .array(let elements):
            buffer.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { buffer.append(UInt8(ascii: ",")) }
                first = false
                element.write(into: &buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        case .object(let object):
            buffer.append(UInt8(ascii: "{"))
            var first = true
            for member in object.members {
                if !first { buffer.append(UInt8(ascii: ",")) }
                first = false
                buffer.append(quoting: member.key)
                buffer.append(UInt8(ascii: ":"))
                member.value.write(into: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
        }
    }

    /// The text; see ``write(into:)``.
    public func serialized() -> [UInt8] {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(1024)
        write(into: &buffer)
        return buffer
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func append(literal text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(decimal value: Int64) {
        if value >= 0 && value < 10 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
        } else {
            append(contentsOf: String(value).utf8)
        }
    }

    /// A string in quotes.
    mutating func append(quoting text: String) {
        append(UInt8(ascii: "\""))
        let done: Void? = text.utf8.withContiguousStorageIfAvailable { append(escaping: $0) }
        // Only strings bridged from another runtime aren't contiguous.
        if done == nil { Array(text.utf8).withUnsafeBufferPointer { append(escaping: $0) } }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard escapedBytes[Int(byte)] else {
                index &+= 1
                continue
            }
            // U+2028 and U+2029 are E2 80 A8 and E2 80 A9; whatever else begins with E2 stays.
            if byte == 0xE2 {
                guard index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 else {
                    index &+= 1
                    continue
                }
                append(contentsOf: text[start..<index])
                append(literal: text[index + 2] == 0xA8 ? "\\u2028" : "\\u2029")
                index += 3
            } else {
                append(contentsOf: text[start..<index])
                append(escapeOf: byte)
                index += 1
            }
            start = index
        }
        append(contentsOf: text[start..<text.count])
    }

    @inline(never)
    private mutating func append(escapeOf byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(literal: "\\\"")
        case UInt8(ascii: "\\"): append(literal: "\\\\")
        case 0x08: append(literal: "\\b")
        case 0x0C: append(literal: "\\f")
        case 0x0A: append(literal: "\\n")
        case 0x0D: append(literal: "\\r")
        case 0x09: append(literal: "\\t")
        default:
            append(literal: "\\u00")
            let digits: StaticString = "0123456789abcdef"
            append(digits.utf8Start[Int(byte >> 4)])
            append(digits.utf8Start[Int(byte & 15)])
        }
    }
}

/// Bytes at which escaping has something to look at.
private let escapedBytes: InlineArray<256, Bool> = {
    var table = InlineArray<256, Bool>(repeating: false)
    for byte in 0..<0x20 { table[byte] = true }
    for byte in [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), 0xE2] { table[Int(byte)] = true }
    return table
}()
