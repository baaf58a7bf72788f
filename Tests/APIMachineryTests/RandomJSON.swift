//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import StorageTestKit

/// Makes trees and texts at random.
struct RandomJSON {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func value(depth: Int = 4) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: .null
        case 1: .bool(Bool.random(using: &generator))
        case 2: .integer(Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<63, using: &generator))
        case 3: double()
        case 4, 5: .string(text())
        case 6: .array((0..<Int.random(in: 0..<5, using: &generator)).map { _ in value(depth: depth - 1) })
        default: .object(object(depth: depth - 1))
        }
    }

    mutating func object(depth: Int) -> JSONObject {
        JSONObject((0..<Int.random(in: 0..<6, using: &generator)).map { _ in .init(key: text(), value: value(depth: depth)) })
    }

    /// Not a whole number, which would come back as an integer.
    private mutating func double() -> JSONValue {
        while true {
            let double = Double(bitPattern: generator.next())
            if double.isFinite && double != double.rounded() { return .double(double) }
        }
    }

    mutating func text() -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "Z", "0", " ", "\"", "\\", "/", "<", ">", "&", "\n", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "\u{2028}", "\u{2029}", "\u{2027}",
            "中", "😀", "\u{FFFF}", "\u{301}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<20, using: &generator) { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]) }
        return String(text)
    }

    /// An object as a storage holds it: metadata anywhere, members in the typed order or sorted, perhaps with spaces and escaped keys.
    mutating func storedText(withUID: Bool, sorted: Bool, spaced: Bool) -> String {
        var metadata: [(String, String)] = [("name", quoted("n")), ("generation", "2")]
        if Bool.random(using: &generator) { metadata.append(("labels", #"{"uid":"x","metadata":{},"a":"}{"}"#)) }
        if withUID { metadata.append(("uid", quoted("u-1"))) }
        for _ in 0..<Int.random(in: 0..<3, using: &generator) { metadata.append((text() + "z", written(value(depth: 2)))) }
        metadata.shuffle(using: &generator)
        if sorted { metadata.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) } }
        var members: [(String, String)] = [("metadata", object(of: metadata, spaced: spaced))]
        for _ in 0..<Int.random(in: 0..<4, using: &generator) { members.append(("m" + text(), written(value(depth: 3)))) }
        members.shuffle(using: &generator)
        return object(of: members, spaced: spaced)
    }

    private mutating func object(of members: [(String, String)], spaced: Bool) -> String {
        var seen = Set<[UInt8]>()
        let unique = members.filter { seen.insert(Array($0.0.utf8)).inserted }
        let space = spaced ? " \n\t" : ""
        return "{" + space + unique.map { quoted($0.0) + space + ":" + space + $0.1 + space }.joined(separator: "," + space) + "}"
    }

    /// Writes a text, now and then with an escape that isn't needed.
    private mutating func quoted(_ text: String) -> String {
        let plain = written(.string(text))
        guard let first = text.unicodeScalars.first, first.isASCII, first.properties.isAlphabetic, Int.random(in: 0..<4, using: &generator) == 0
        else {
            return plain
        }
        return "\"\\u00" + String(first.value, radix: 16) + String(plain.unicodeScalars.dropFirst(2))
    }

    private func written(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}

extension JSONValue {
    /// The text, for comparisons that say what differs.
    var text: String { String(decoding: serialized(), as: UTF8.self) }

    /// Parses a text.
    init(text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}
