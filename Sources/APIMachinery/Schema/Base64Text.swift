//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Standard base64 with padding, as Go's `encoding/base64` reads and writes bytes in JSON.
package enum Base64Text {
    /// The one spelling of the bytes that a text stands for: without line breaks, unused bits zero. nil when it isn't base64.
    static func canonical(_ text: String) -> String? {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        var padding = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): continue
            case UInt8(ascii: "="): padding += 1
            default:
                guard padding == 0, value(byte) != nil else { return nil }
            }
            output.append(byte)
        }
        guard output.count % 4 == 0, padding <= 2 else { return nil }
        if padding > 0 {
            let last = output.count - padding - 1
            guard let bits = value(output[last]) else { return nil }
            output[last] = alphabet[Int(bits & (padding == 1 ? 0b11_1100 : 0b11_0000))]
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes that a text stands for; nil when it isn't base64.
    package static func decode(_ text: String) -> [UInt8]? {
        guard let canonical = canonical(text) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(canonical.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for digit in canonical.utf8.lazy.compactMap({ value($0) }) {
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// Bytes as text, padded.
    static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = Array(rest.prefix(3))
            rest = rest.dropFirst(3)
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for position in 0..<4 {
                output.append(position > group.count ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * UInt32(position)) & 0x3f)])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
