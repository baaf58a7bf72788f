//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Codable over trees")
struct CodableTests {
    struct Everything: Codable, Equatable {
        enum Mode: String, Codable { case fast = "Fast", slow = "Slow" }
        struct Part: Codable, Equatable {
            var name: String
            var weights: [Double]
        }

        var text = "é"
        var flag = true
        var int = 1
        var int8 = Int8(-8)
        var int16 = Int16(16)
        var int32 = Int32(-32)
        var int64 = Int64.min
        var uint = UInt(1)
        var uint8 = UInt8(255)
        var uint16 = UInt16(16)
        var uint32 = UInt32.max
        var uint64 = UInt64(Int64.max)
        var double = 1.5
        var float = Float(0.1)
        var absent: String?
        var mode = Mode.slow
        var map = ["b": "1", "a": "2"]
        var numbers = ["z": 1, "y": 2]
        var list = ["x", "y"]
        var parts = [Part(name: "p", weights: [1, 2.5])]
        var optionals: [Int?] = [1, nil]
        var any: JSONValue = ["z": 1, "a": [nil, 1.5]]
        var time = Timestamp(secondsSinceEpoch: 0)
    }

    @Test("Members are written in the type's order, maps sorted, nil left out")
    func encodes() throws {
        let tree = try JSONValueEncoder().encode(Everything())
        #expect(
            tree.text
                == #"{"text":"é","flag":true,"int":1,"int8":-8,"int16":16,"int32":-32,"int64":-9223372036854775808,"uint":1,"uint8":255,"uint16":16,"#
                + #""uint32":4294967295,"uint64":9223372036854775807,"double":1.5,"float":0.1,"mode":"Slow","map":{"a":"2","b":"1"},"#
                + #""numbers":{"y":2,"z":1},"list":["x","y"],"parts":[{"name":"p","weights":[1,2.5]}],"optionals":[1,null],"#
                + #""any":{"z":1,"a":[null,1.5]},"time":"1970-01-01T00:00:00Z"}"#)
        #expect(try JSONValueDecoder().decode(Everything.self, from: tree) == Everything())
    }

    @Test(
        "What doesn't fit is named with its path",
        arguments: [
            ("text", "1", "text: expected a string, found the integer 1"), ("flag", "\"true\"", "flag: expected a boolean, found a string"),
            ("int", "1.5", "int: expected an integer, found the number 1.5"),
            ("int8", "128", "int8: expected an integer from -128 to 127, found the integer 128"),
            ("uint", "-1", "uint: expected an integer from 0 to 18446744073709551615, found the integer -1"),
            ("double", "null", "double: expected a number, found null"), ("mode", "\"Medium\"", "mode: "),
            ("map", "{\"k\":1}", "map.k: expected a string, found the integer 1"),
            ("numbers", "{\"k\":\"1\"}", "numbers.k: expected an integer, found a string"),
            ("list", "[\"a\",{}]", "list[1]: expected a string, found an object"),
            ("parts", "[{\"name\":\"p\",\"weights\":[1,\"2\"]}]", "parts[0].weights[1]: expected a number, found a string"),
            ("parts", "[{\"name\":\"p\"}]", "parts[0].weights: is required"), ("parts", "{}", "parts: expected an array, found an object"),
            ("parts", "[1]", "parts[0]: expected an object, found the integer 1"),
            ("time", "\"now\"", "time: \"now\" is not a time in RFC 3339 form"),
        ])
    func failures(key: String, value: String, message: String) throws {
        var tree = try JSONValueEncoder().encode(Everything())
        tree[key] = try JSONValue(text: value)
        let failure = #expect(throws: JSONDecodingFailure.self) { try JSONValueDecoder().decode(Everything.self, from: tree) }
        #expect(failure?.description.hasPrefix(message) == true, "\(failure?.description ?? "")")
    }

    @Test("Null counts as absent for an optional, and unknown members are ignored")
    func lenience() throws {
        struct Small: Codable, Equatable { var a: Int? }
        #expect(try JSONValueDecoder().decode(Small.self, from: ["a": .null, "b": 1]) == Small(a: nil))
        #expect(try JSONValueDecoder().decode(Small.self, from: [:]) == Small(a: nil))
    }

    @Test("What JSON has no form for is refused with its path")
    func encodingFailures() {
        struct Bad: Encodable {
            var list: [Double]
        }
        #expect(throws: JSONEncodingFailure(path: "list[1]", message: "nan has no form in JSON")) {
            try JSONValueEncoder().encode(Bad(list: [1, .nan]))
        }
        #expect(throws: JSONEncodingFailure(path: "k", message: "18446744073709551615 doesn't fit 64 bits with a sign")) {
            try JSONValueEncoder().encode(["k": UInt64.max])
        }
    }

    class Base: Codable {
        var base = 1
    }

    final class Derived: Base {
        var derived = 2
        enum CodingKeys: String, CodingKey { case derived, nested, list, `super` }
        enum NestedKeys: String, CodingKey { case deep }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let nested = try container.nestedContainer(keyedBy: NestedKeys.self, forKey: .nested)
            derived = try nested.decode(Int.self, forKey: .deep)
            var list = try container.nestedUnkeyedContainer(forKey: .list)
            var inner = try list.nestedUnkeyedContainer()
            derived += try inner.decode(Int.self)
            let isNull = try list.decodeNil()
            #expect(isNull)
            #expect(list.isAtEnd)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            var nested = container.nestedContainer(keyedBy: NestedKeys.self, forKey: .nested)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            var inner = list.nestedUnkeyedContainer()
            try inner.encode(derived)
            try list.encodeNil()
            // Containers made earlier may be written to later.
            try nested.encode(derived, forKey: .deep)
            try super.encode(to: container.superEncoder())
        }
    }

    @Test("Nested containers and superclasses work in any order")
    func nesting() throws {
        let object = Derived()
        object.base = 7
        let tree = try JSONValueEncoder().encode(object)
        #expect(tree.text == #"{"nested":{"deep":2},"list":[[2],null],"super":{"base":7}}"#)
        let decoded = try JSONValueDecoder().decode(Derived.self, from: tree)
        #expect(decoded.derived == 4)
        #expect(decoded.base == 7)
    }

    @Test("Large maps are decoded whole")
    func largeMap() throws {
        let map = Dictionary(uniqueKeysWithValues: (0..<2000).map { ("key-\($0)", $0) })
        let tree = try JSONValueEncoder().encode(map)
        #expect(tree.objectValue?.keys == map.keys.sorted())
        #expect(try JSONValueDecoder().decode([String: Int].self, from: tree) == map)
    }

    @Test("Basic values stand alone too")
    func fragments() throws {
        #expect(try JSONValueEncoder().encode("x") == "x")
        #expect(try JSONValueEncoder().encode(Int?.none) == .null)
        #expect(try JSONValueEncoder().encode([Int]()) == [])
        #expect(try JSONValueEncoder().encode([String: Int]()) == [:])
        #expect(try JSONValueDecoder().decode(Int?.self, from: .null) == nil)
        #expect(try JSONValueDecoder().decode([[Int]].self, from: [[1], []]) == [[1], []])
        #expect(throws: JSONDecodingFailure(path: "", message: "expected a string, found null")) {
            try JSONValueDecoder().decode(String.self, from: .null)
        }
    }
}
