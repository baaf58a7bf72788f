//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A place in a JSON text, and the moves over it that the parser, the metadata scan and the splice share.
///
/// Never outlives the buffer it was made from. Every move is bounds-checked against ``end``, so malformed text can't lead outside.
struct JSONCursor {
    let base: UnsafePointer<UInt8>
    let end: Int
    var position = 0

    /// A cursor at the first byte. The buffer must not be empty (an empty one has no address).
    init?(_ buffer: UnsafeBufferPointer<UInt8>) {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return nil }
        self.base = base
        end = buffer.count
    }

    /// A part of the text between two offsets.
    @inline(__always)
    func slice(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + start, count: end - start)
    }

    /// The byte at the position, 0 at the end: no JSON token begins with 0, so both fail alike.
    @inline(__always)
    var current: UInt8 { position < end ? base[position] : 0 }

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// What to say about the byte at the position.
    @inline(never)
    func unexpected(_ context: String) -> JSONError {
        guard position < end else { return JSONError(message: "unexpected end of JSON input", offset: end) }
        return JSONError(message: "invalid character \(JSONCursor.quoted(base[position])) \(context)", offset: position)
    }

    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"): return #"'\''"#
        case UInt8(ascii: "\""): return #"'"'"#
        case UInt8(ascii: "\\"): return #"'\\'"#
        case 0x0A: return #"'\n'"#
        case 0x0D: return #"'\r'"#
        case 0x09: return #"'\t'"#
        case 0x20..<0x7F: return "'\(Character(Unicode.Scalar(byte)))'"
        default: return #"'\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16) + "'"
        }
    }
}

// MARK: - Strings

extension JSONCursor {
    /// A string's content between its quotes, as it stands in the text.
    struct RawString {
        var start: Int
        var end: Int
        var hasEscapes: Bool
    }

    /// Moves over a string whose opening quote is at the position, checking escapes, control characters and UTF-8.
    @inline(__always)
    mutating func scanString() throws(JSONError) -> RawString {
        position += 1
        let start = position
        var escaped = false
        while true {
            skipPlainText()
            guard position < end else { throw unexpected("in string literal") }
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                let raw = RawString(start: start, end: position, hasEscapes: escaped)
                position += 1
                return raw
            }
            if byte == UInt8(ascii: "\\") {
                escaped = true
                try scanEscape()
            } else if byte < 0x20 {
                throw unexpected("in string literal")
            } else {
                try scanMultibyte()
            }
        }
    }

    /// Moves over bytes that stand for themselves, eight at a time.
    @inline(__always)
    private mutating func skipPlainText() {
        while position &+ 8 <= end {
            let word = UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self).littleEndian
            let special = JSONCursor.specialBytes(in: word)
            if special != 0 {
                position &+= special.trailingZeroBitCount >> 3
                return
            }
            position &+= 8
        }
        while position < end {
            let byte = base[position]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            position &+= 1
        }
    }

    /// The top bit of every byte that is a quote, a backslash, a control character or not ASCII. Only the lowest set bit is exact: a borrow
    /// may mark bytes above it, which doesn't matter to a search for the first.
    @inline(__always)
    private static func specialBytes(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        return ((quote &- ones) | (backslash &- ones) | (word &- ones &* 0x20) | word) & tops
    }

    private mutating func scanEscape() throws(JSONError) {
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard position < end, JSONCursor.hexValue(base[position]) != nil else { throw unexpected("in \\u hexadecimal character escape") }
                position += 1
            }
        default:
            throw unexpected("in string escape code")
        }
    }

    /// Moves over one character of two to four bytes; throws unless it is well-formed UTF-8 (Unicode, table 3-7).
    private mutating func scanMultibyte() throws(JSONError) {
        let lead = base[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: throw JSONError(message: "invalid UTF-8 in string literal", offset: position)
        }
        guard position + length <= end, second.contains(base[position + 1]) else {
            throw JSONError(message: "invalid UTF-8 in string literal", offset: position)
        }
        for offset in 2..<max(length, 2) where base[position + offset] & 0xC0 != 0x80 {
            throw JSONError(message: "invalid UTF-8 in string literal", offset: position)
        }
        position += length
    }

    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    /// The text of a scanned string.
    @inline(__always)
    func string(_ raw: RawString) -> String {
        raw.hasEscapes ? unescaped(raw) : String(decoding: slice(raw.start, raw.end), as: UTF8.self)
    }

    /// Whether a scanned string says this (ASCII) text.
    @inline(__always)
    func matches(_ raw: RawString, _ text: StaticString) -> Bool {
        if raw.hasEscapes { return unescaped(raw) == text.description }
        let count = text.utf8CodeUnitCount
        guard raw.end - raw.start == count else { return false }
        for index in 0..<count where base[raw.start + index] != text.utf8Start[index] { return false }
        return true
    }

    @inline(never)
    private func unescaped(_ raw: RawString) -> String {
        String(unsafeUninitializedCapacity: raw.end - raw.start) { output in
            // An escape is never shorter than the UTF-8 it stands for, so the raw length is room enough.
            var written = 0
            var index = raw.start
            while index < raw.end {
                let byte = base[index]
                guard byte == UInt8(ascii: "\\") else {
                    output[written] = byte
                    written += 1
                    index += 1
                    continue
                }
                let code = base[index + 1]
                index += 2
                guard code == UInt8(ascii: "u") else {
                    output[written] = JSONCursor.simpleEscape(code)
                    written += 1
                    continue
                }
                let scalar = unicodeEscape(at: &index, before: raw.end)
                for unit in UTF8.encode(scalar).unsafelyUnwrapped {
                    output[written] = unit
                    written += 1
                }
            }
            return written
        }
    }

    private static func simpleEscape(_ code: UInt8) -> UInt8 {
        switch code {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: code
        }
    }

    /// The character of a \u escape whose digits begin at `index`, together with the second half of a pair. A lone half becomes U+FFFD, as in Go.
    private func unicodeEscape(at index: inout Int, before limit: Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        let first = hexQuad(at: index)
        index += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, index + 6 <= limit, base[index] == UInt8(ascii: "\\"), base[index + 1] == UInt8(ascii: "u") else { return replacement }
        let second = hexQuad(at: index + 2)
        guard (0xDC00..<0xE000).contains(second) else { return replacement }
        index += 6
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
    }

    private func hexQuad(at index: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 4 | (JSONCursor.hexValue(base[index + $1]) ?? 0) }
    }
}
