//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    @Test(
        "A valid text is read as what it says, and written back in its shortest form",
        arguments: [
            ("null", "null"), ("true", "true"), ("false", "false"), ("0", "0"), ("-0", "0"), ("-1", "-1"), ("123456789", "123456789"),
            ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854776000"), ("-9223372036854775809", "-9223372036854776000"),
            ("123456789012345678901234567890", "1.2345678901234568e+29"),
            ("1.0", "1"), ("-1.5", "-1.5"), ("1e3", "1000"), ("1E+2", "100"), ("1.25e-3", "0.00125"), ("0.1", "0.1"), ("1e-400", "0"),
            ("\"\"", "\"\""), ("\"a\"", "\"a\""), (#""\"\\\/\b\f\n\r\t""#, #""\"\\/\b\f\n\r\t""#), (#""\u0041\u00e9\u4e2d""#, "\"Aé中\""),
            (#""\ud83d\ude00""#, "\"😀\""), (#""\uD83D\uDE00x""#, "\"😀x\""), (#""\ud83d""#, "\"\u{FFFD}\""),
            (#""\ude00\ud83d""#, "\"\u{FFFD}\u{FFFD}\""),
            (#""\ud83dx""#, "\"\u{FFFD}x\""), (#""\ud83d\u0041""#, "\"\u{FFFD}A\""), (#""\u0000\u001f\u007f""#, "\"\\u0000\\u001f\u{7F}\""),
            ("\"é中😀\u{10FFFF}\"", "\"é中😀\u{10FFFF}\""), ("\"<&>\"", #""\u003c\u0026\u003e""#),
            ("\"\u{2028}\u{2029}\u{2027}\"", "\"\\u2028\\u2029\u{2027}\""),
            ("[]", "[]"), ("[ ]", "[]"), ("[1,2 , 3]", "[1,2,3]"), ("[[[]]]", "[[[]]]"), ("{}", "{}"), ("{ }", "{}"),
            (#" { "a" : 1 , "b" : [ true , null ] } "#, #"{"a":1,"b":[true,null]}"#), (#"{"b":1,"a":2}"#, #"{"b":1,"a":2}"#),
            (#"{"":{"":""}}"#, #"{"":{"":""}}"#), ("\t\r\n 1 \t\r\n", "1"), (#"{"é":1,"e\#u{301}":2}"#, #"{"é":1,"e\#u{301}":2}"#),
        ])
    func valid(text: String, written: String) throws {
        let value = try JSONValue(text: text)
        #expect(value.text == written)
        #expect(try JSONValue(text: written).text == written)
    }

    @Test("Numbers without fraction or exponent that fit are integers, others are doubles")
    func numberKinds() throws {
        #expect(try JSONValue(text: "1") == .integer(1))
        #expect(try JSONValue(text: "1.0") == .double(1))
        #expect(try JSONValue(text: "1e0") == .double(1))
        #expect(try JSONValue(text: "-9223372036854775808") == .integer(.min))
        #expect(try JSONValue(text: "9223372036854775808") == .double(9_223_372_036_854_775_808))
    }

    @Test(
        "A text that isn't JSON is refused, with what was found and where",
        arguments: [
            ("", "unexpected end of JSON input", 0), (" ", "unexpected end of JSON input", 1), ("nul", "unexpected end of JSON input", 3),
            ("nulL", "invalid character 'L' in literal null (expecting 'l')", 3), ("True", "invalid character 'T' looking for beginning of value", 0),
            ("NaN", "invalid character 'N' looking for beginning of value", 0), ("-", "unexpected end of JSON input", 1),
            ("-a", "invalid character 'a' in numeric literal", 1), ("+1", "invalid character '+' looking for beginning of value", 0),
            ("01", "invalid character '1' after top-level value", 1), ("1.", "unexpected end of JSON input", 2),
            ("1.a", "invalid character 'a' after decimal point in numeric literal", 2),
            (".5", "invalid character '.' looking for beginning of value", 0),
            ("1e", "unexpected end of JSON input", 2), ("1e+", "unexpected end of JSON input", 3),
            ("1ex", "invalid character 'x' in exponent of numeric literal", 2), ("1 2", "invalid character '2' after top-level value", 2),
            ("1e999", "number 1e999 is beyond the range of a 64-bit float", 0), ("\"", "unexpected end of JSON input", 1),
            ("\"\n\"", #"invalid character '\n' in string literal"#, 1), ("\"\u{1}\"", #"invalid character '\x01' in string literal"#, 1),
            (#""\x""#, "invalid character 'x' in string escape code", 2),
            (#""\u12g4""#, "invalid character 'g' in \\u hexadecimal character escape", 5),
            (#""\u12"#, "unexpected end of JSON input", 5), ("'a'", #"invalid character '\'' looking for beginning of value"#, 0),
            ("[", "unexpected end of JSON input", 1), ("[1", "unexpected end of JSON input", 2), ("[1,", "unexpected end of JSON input", 3),
            ("[1,]", "invalid character ']' looking for beginning of value", 3), ("[,1]", "invalid character ',' looking for beginning of value", 1),
            ("[1 2]", "invalid character '2' after array element", 3), ("[1}", "invalid character '}' after array element", 2),
            ("]", "invalid character ']' looking for beginning of value", 0), ("{", "unexpected end of JSON input", 1),
            ("{1:2}", "invalid character '1' looking for beginning of object key string", 1),
            ("{a:2}", "invalid character 'a' looking for beginning of object key string", 1),
            (#"{"a"}"#, "invalid character '}' after object key", 4), (#"{"a":}"#, "invalid character '}' looking for beginning of value", 5),
            (#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string", 7),
            (#"{"a":1 "b":2}"#, "invalid character '\"' after object key:value pair", 7),
            (#"{"a":1]"#, "invalid character ']' after object key:value pair", 6),
            ("{}x", "invalid character 'x' after top-level value", 2), ("/**/1", "invalid character '/' looking for beginning of value", 0),
            ("\u{FEFF}1", #"invalid character '\xef' looking for beginning of value"#, 0),
            ("1\u{A0}", #"invalid character '\xc2' after top-level value"#, 1),
        ])
    func invalid(text: String, message: String, offset: Int) {
        #expect(throws: JSONError(message: message, offset: offset)) { try JSONValue(text: text) }
        // The scan of metadata checks all of the syntax too, though it builds nothing.
        #expect(throws: JSONError.self) { try StoredObject(key: "/x", bytes: Array("{\"a\":\(text)".utf8), resourceVersion: .zero).metadata() }
    }

    @Test(
        "Strings that aren't UTF-8 are refused",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xE2, 0x28, 0xA1],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x41], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = Array(("\"" + String(repeating: "p", count: padding)).utf8) + bytes + Array("\"".utf8)
            #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(throws: JSONError.self) {
                try StoredObject(key: "/x", bytes: Array("{\"a\":".utf8) + text + Array("}".utf8), resourceVersion: .zero).metadata()
            }
        }
    }

    @Test("Every byte that needs care is found wherever it stands in a string")
    func everyPosition() throws {
        for length in 0..<20 {
            for special in ["\\\"", "\\\\", "é", "\\u0041"] {
                for position in 0...length {
                    let text = "\"" + String(repeating: "x", count: position) + special + String(repeating: "!", count: length - position) + "\""
                    let value = try #require(try JSONValue(text: text).stringValue)
                    #expect(value.unicodeScalars.count == length + 1)
                }
            }
        }
    }

    @Test("Members that appear twice keep their place, take the last value, and are named with their paths")
    func duplicates() throws {
        let text = #"{"a":1,"spec":{"x":1,"x":2,"list":[{"n":1},{"n":1,"n":{"k":1,"k":2}}]},"a":3,"a":4}"#
        let result = try JSONParser.parse(Array(text.utf8))
        #expect(result.value.text == #"{"a":4,"spec":{"x":2,"list":[{"n":1},{"n":{"k":2}}]}}"#)
        #expect(result.duplicateFields == ["spec.x", "spec.list[1].n.k", "spec.list[1].n", "a"])
    }

    @Test("Duplicates are found in large objects too, and the report is bounded")
    func manyDuplicates() throws {
        let members = (0..<500).map { "\"k\($0)\":\($0)" }
        let result = try JSONParser.parse(Array(("{" + (members + members).joined(separator: ",") + "}").utf8))
        #expect(result.value.objectValue?.count == 500)
        #expect(result.duplicateFields.count == 100)
        #expect(result.duplicateFields.first == "k0")
    }

    @Test("Nesting is bounded, by default at 512")
    func depth() throws {
        func nested(_ depth: Int) -> [UInt8] { Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8) }
        _ = try JSONValue(parsing: nested(512))
        #expect(throws: JSONError(message: "exceeded max depth", offset: 512)) { try JSONValue(parsing: nested(513)) }
        #expect(throws: JSONError(message: "exceeded max depth", offset: 2)) { try JSONParser.parse(nested(3), maximumDepth: 2) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
        #expect(throws: JSONError.self) {
            try StoredObject(key: "/x", bytes: Array("{\"a\":".utf8) + nested(1000) + Array("}".utf8), resourceVersion: .zero).metadata()
        }
    }

    @Test("Text may nest 1024 deep where the caller allows it, and never deeper")
    func greatestDepth() throws {
        func nested(_ depth: Int) -> [UInt8] { Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8) }
        let value = try JSONParser.parse(nested(1024), maximumDepth: .max).value
        #expect(value.serialized() == nested(1024))
        #expect(throws: JSONError(message: "exceeded max depth", offset: 1024)) { try JSONParser.parse(nested(1025), maximumDepth: .max) }
    }

    @Test("Metadata is found behind 400 levels of mixed brackets")
    func deepSkip() throws {
        let open = (0..<200).map { $0 % 3 == 0 ? "[" : "{\"k\":[" }.joined()
        let close = (0..<200).reversed().map { $0 % 3 == 0 ? "]" : "]}" }.joined()
        let text = "{\"a\":\(open)1,2\(close),\"metadata\":{\"name\":\"deep\"}}"
        #expect(try StoredObject(key: "/x", bytes: Array(text.utf8), resourceVersion: .zero).metadata().name == "deep")
    }

    @Test("Any collection of bytes can be parsed")
    func collections() throws {
        let bytes = Array(#"xx{"a":[1]}yy"#.utf8)
        let expected: JSONValue = ["a": [1]]
        #expect(try JSONParser.parse(bytes[2..<11]).value == expected)
        #expect(try JSONParser.parse(ContiguousArray(bytes[2..<11])).value == expected)
        #expect(try JSONParser.parse(bytes[2..<11].lazy.map { $0 }).value == expected)
        #expect(throws: JSONError.self) { try JSONParser.parse(EmptyCollection<UInt8>()) }
    }

    @Test("A text cut off anywhere is refused, never misread")
    func cutOff() {
        let text = Array(
            #"{"a":[1,-2.5e3,"x\u00e9é\n",true,false,null,{"b":{}}],"metadata":{"name":"n","labels":{"a":"b"},"finalizers":["f"]}}"#.utf8)
        for length in 0..<text.count {
            let cut = Array(text[..<length])
            #expect(throws: JSONError.self) { try JSONValue(parsing: cut) }
            let object = StoredObject(key: "/x", bytes: cut, resourceVersion: ResourceVersion(7))
            #expect(throws: JSONError.self) { try object.metadata() }
            #expect(throws: JSONError.self) { try object.checkMetadata() }
            #expect(throws: JSONError.self) { try object.value() }
            _ = object.serialized()
        }
    }

    @Test("Damaged texts are either refused by parser and metadata scan alike, or read by both", arguments: [UInt64.random(in: 0 ... .max)])
    func damaged(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<3000 {
            var bytes = Array(random.storedText(withUID: true, sorted: false, spaced: false).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random.generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &random.generator)] = UInt8.random(in: 0...255, using: &random.generator)
            }
            let object = StoredObject(key: "/x", bytes: bytes, resourceVersion: ResourceVersion(7))
            _ = object.serialized()
            let parses = (try? JSONValue(parsing: bytes)) != nil
            let scans = (try? object.metadata()) != nil
            #expect(scans == ((try? object.checkMetadata()) != nil), "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            // Only the scan looks at the types of metadata, so it may refuse more.
            if scans && !parses { Issue.record("seed \(seed): scanned but not parsed: \(String(decoding: bytes, as: UTF8.self))") }
        }
    }
}
