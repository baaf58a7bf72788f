//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A path into a JSON value, such as `/spec/containers/0/image`.
///
/// Source of the rule: RFC 6901.
struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// The names and indices on the way, unescaped. Empty for the whole value.
    var tokens: [String]

    /// Parses the text form; nil when it is neither empty nor begins with `/`, or has a `~` that escapes nothing.
    init?(parsing text: String) {
        if text.isEmpty {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        tokens = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescape(part) else { return nil }
            tokens.append(token)
        }
    }

    var description: String {
        tokens.map { token in
            var text = "/"
            for character in token.unicodeScalars {
                switch character {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(character)
                }
            }
            return text
        }.joined()
    }

    /// Whether `other` lies below this one.
    func isProperPrefix(of other: JSONPointer) -> Bool {
        tokens.count < other.tokens.count && other.tokens.starts(with: tokens)
    }

    /// An array index: digits without a leading zero, below `limit`. nil for everything else.
    static func index(_ token: String, below limit: Int) -> Int? {
        guard let first = token.utf8.first, token.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            first != UInt8(ascii: "0") || token.utf8.count == 1, let index = Int(token), index < limit
        else { return nil }
        return index
    }

    private static func unescape(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "~")) else { return String(text) }
        var result = ""
        var escaped = false
        for scalar in text.unicodeScalars {
            switch (escaped, scalar) {
            case (false, "~"): escaped = true
            case (false, _): result.unicodeScalars.append(scalar)
            case (true, "0"):
                result.append("~")
                escaped = false
            case (true, "1"):
                result.append("/")
                escaped = false
            default: return nil
            }
        }
        return escaped ? nil : result
    }
}
