//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import StorageTestKit
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test(
        "Doubles are written as Go writes them",
        arguments: [
            (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (100.0, "100"), (123456.789, "123456.789"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"), (1.5e21, "1.5e+21"), (-1e22, "-1e+22"), (1e100, "1e+100"), (0.000001, "0.000001"), (0.0000015, "0.0000015"),
            (0.0000001, "1e-7"), (1.5e-7, "1.5e-7"), (Double.leastNonzeroMagnitude, "5e-324"),
            (Double.greatestFiniteMagnitude, "1.7976931348623157e+308"),
            (9007199254740993.0, "9007199254740992"), (1.0 / 3, "0.3333333333333333"), (123456789.5, "123456789.5"), (.infinity, "null"),
            (.nan, "null"),
        ])
    func doubles(value: Double, text: String) {
        #expect(JSONValue.double(value).text == text)
    }

    @Test("Doubles of any size read back the same", arguments: [UInt64.random(in: 0 ... .max)])
    func doublesRoundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let text = JSONValue.double(value).text
            if Double(text) != value { Issue.record("seed \(seed): \(value) was written as \(text)") }
        }
    }

    @Test("Whatever is written reads back the same", arguments: [UInt64.random(in: 0 ... .max)])
    func roundTrip(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<2000 {
            let value = random.value()
            let bytes = value.serialized()
            let parsed = try JSONParser.parse(bytes)
            if parsed.value != value || parsed.value.serialized() != bytes || !parsed.duplicateFields.isEmpty {
                Issue.record("seed \(seed): \(value.text) came back as \(parsed.value.text)")
            }
        }
    }

    @Test("Writing appends")
    func appends() {
        var buffer = Array("x".utf8)
        (["a": [1, true, nil]] as JSONValue).write(into: &buffer)
        #expect(String(decoding: buffer, as: UTF8.self) == #"x{"a":[1,true,null]}"#)
    }

    @Test("Keys are escaped like other strings")
    func keys() {
        #expect((["a\"<\n": 1] as JSONValue).text == #"{"a\"\u003c\n":1}"#)
    }
}

@Suite("JSON values")
struct JSONValueTests {
    @Test("Order of members doesn't matter to equality, but is kept")
    func order() {
        let one: JSONValue = ["a": 1, "b": 2]
        let other: JSONValue = ["b": 2, "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(other.text == #"{"b":2,"a":1}"#)
    }

    @Test("Members are told apart by their bytes, not by how they look")
    func canonicalEquivalence() {
        var object = JSONObject()
        object["é"] = 1
        object["e\u{301}"] = 2
        #expect(object.count == 2)
        #expect(object["é"] == 1)
    }

    @Test("Sorting orders the members of every object by the bytes of their keys")
    func sorting() throws {
        let value = try JSONValue(text: #"{"b":{"z":1,"a":2},"a":[{"y":1,"x":2}],"B":1,"é":1,"z":1}"#)
        #expect(value.sortingKeys().text == #"{"B":1,"a":[{"x":2,"y":1}],"b":{"a":2,"z":1},"z":1,"é":1}"#)
    }
}
