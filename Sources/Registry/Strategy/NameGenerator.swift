//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Makes names from a base.
///
/// Source of the rule: upstream names.SimpleNameGenerator.
enum NameGenerator {
    /// Longest name that is made.
    static let maximumLength = 63
    /// Random characters at the end.
    static let suffixLength = 5
    // No vowels and no digits that look like letters, so that no words come out.
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

    static func generate(base: String) -> String {
        var name = String(base.prefix(maximumLength - suffixLength))
        for _ in 0..<suffixLength {
            name.append(alphabet[Int.random(in: 0..<alphabet.count)])
        }
        return name
    }
}

/// Makes random UIDs (RFC 9562, version 4).
enum UIDGenerator {
    private static let digits = Array("0123456789abcdef".utf8)

    static func generate() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0x0F)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
