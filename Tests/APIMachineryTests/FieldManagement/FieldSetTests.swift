//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Sets of fields")
struct FieldSetTests {
    @Test(
        "FieldsV1 is read and written as upstream writes it",
        arguments: [
            #"{}"#,
            #"{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{".":{},"f:replicas":{},"f:title":{}}}"#,
            #"{"f:metadata":{"f:labels":{}},"f:spec":{".":{},"f:replicas":{},"f:title":{}}}"#,
            #"{"f:status":{".":{},"f:replicas":{}}}"#,
            #"{"f:spec":{"f:conversion":{".":{},"f:strategy":{}},"f:group":{},"f:names":{"f:categories":{},"f:kind":{}},"f:versions":{}}}"#,
            #"{"f:a":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{}},"v:\"x\"":{},"v:true":{},"i:0":{}}}"#,
            #"{"f:a":{"v:2":{},"v:10":{},"v:\"10\"":{},"i:2":{},"i:10":{}}}"#,
            #"{"f:\u003c":{},"f:a":{"k:{\"n\":\"\\u003c\"}":{}}}"#,
        ])
    func roundTrip(text: String) throws {
        #expect(try fields(text).text == text)
    }

    @Test("Fields in any order, or twice, are sorted and joined")
    func order() throws {
        let mixed = #"{"i:1":{},"v:1":{},"k:{\"b\":1,\"a\":2}":{"f:y":{}},"f:b":{"f:c":{}},"f:a":{},"k:{\"a\":2,\"b\":1.0}":{"f:x":{}},"f:b":{}}"#
        #expect(
            try fields(mixed.replacing(#","f:b":{}}"#, with: "}")).text
                == #"{"f:a":{},"f:b":{"f:c":{}},"k:{\"a\":2,\"b\":1}":{"f:x":{},"f:y":{}},"v:1":{},"i:1":{}}"#)
    }

    @Test("Sorts of fields that aren't known are left out")
    func unknownElements() throws {
        #expect(try fields(#"{"f:a":{"z:new":{"f:b":{}}},"q:":{}}"#).text == #"{"f:a":{}}"#)
    }

    @Test(
        "What is no field is refused by name",
        arguments: [
            (#"{"a":{}}"#, #""a""#), (#"{"fa":{}}"#, #""fa""#), (#"{"k:[]":{}}"#, "JSON object"), (#"{"v:{":{}}"#, "JSON"),
            (#"{"i:x":{}}"#, "place"), (#"{"f:a":1}"#, "must be an object"), ("[]", "must be an object"),
        ])
    func malformed(text: String, part: String) throws {
        let error = try #require(throws: ManagedFieldsError.self) { try fields(text) }
        #expect(error.message.contains(part))
    }

    @Test("A field is told apart by its bytes, whatever Swift takes for the same text")
    func bytes() {
        let set = FieldSet([.field("e\u{301}")])
        #expect(!set.contains([.field("\u{e9}")]))
        #expect(set.union(FieldSet([.field("\u{e9}")])).text == "{\"f:e\u{301}\":{},\"f:\u{e9}\":{}}")
    }

    static let left = #"{"f:a":{".":{},"f:b":{},"f:c":{}},"f:d":{},"f:e":{"f:f":{}}}"#
    static let right = #"{"f:a":{"f:b":{},"f:x":{}},"f:d":{"f:y":{}},"f:e":{}}"#

    @Test("The operations look at each field for itself, and only subtracting trees takes what is below")
    func algebra() throws {
        let left = try fields(Self.left)
        let right = try fields(Self.right)
        #expect(left.union(right).text == #"{"f:a":{".":{},"f:b":{},"f:c":{},"f:x":{}},"f:d":{".":{},"f:y":{}},"f:e":{".":{},"f:f":{}}}"#)
        #expect(left.union(right) == right.union(left))
        #expect(left.intersection(right).text == #"{"f:a":{"f:b":{}}}"#)
        #expect(left.intersection(right) == right.intersection(left))
        #expect(left.subtracting(right).text == #"{"f:a":{".":{},"f:c":{}},"f:d":{},"f:e":{"f:f":{}}}"#)
        #expect(left.subtractingTrees(right).text == #"{"f:a":{".":{},"f:c":{}},"f:d":{}}"#)
        #expect(left.subtracting(left).isEmpty)
        #expect(left.subtractingTrees(left).isEmpty)
        #expect(left.subtracting(FieldSet()) == left)
        #expect(FieldSet().union(left) == left)
    }

    @Test("A path is in the set when it was inserted, not because something is below it")
    func membership() throws {
        var set = FieldSet()
        #expect(set.isEmpty)
        set.insert(["spec", .key([.init(key: "name", value: "web")]), "image"])
        set.insert([])
        #expect(set.contains(["spec", .key([.init(key: "name", value: "web")]), "image"]))
        #expect(!set.contains(["spec"]))
        #expect(!set.contains([]))
        #expect(!set.contains(["spec", .key([.init(key: "name", value: "api")]), "image"]))
        set.insert(["spec"])
        #expect(set.contains(["spec"]))
        #expect(set == FieldSet(["spec"], ["spec", .key([.init(key: "name", value: "web")]), "image"]))
    }
}

@Suite("The fields of an object")
struct ObjectFieldsTests {
    static let workload = """
        {"metadata":{"name":"w","labels":{"a":"b"},"finalizers":["y","x"],"ownerReferences":[{"uid":"u","name":"o"}]},\
        "spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"T"},"containers":[\
        {"name":"c","args":["1"],"ports":[{"containerPort":443},{"containerPort":80,"protocol":"UDP"}],"resources":{"limits":{"cpu":"1"}}}],\
        "nodeSelector":{"x":"y"},"anything":{"p":[1],"q":{}},"child":{"replicas":2}},"status":{}}
        """

    @Test("With a schema, lists and maps are fields by their types")
    func typed() throws {
        let set = try FieldSet(of: json(Self.workload), schema: Workload.schema)
        #expect(
            set.text == """
                {"f:metadata":{"f:finalizers":{"v:\\"x\\"":{},"v:\\"y\\"":{}},"f:labels":{"f:a":{}},"f:name":{},\
                "f:ownerReferences":{"k:{\\"uid\\":\\"u\\"}":{}}},\
                "f:spec":{"f:anything":{"f:p":{},"f:q":{}},"f:child":{"f:replicas":{}},"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:args":{},\
                "f:name":{},"f:ports":{"k:{\\"containerPort\\":80,\\"protocol\\":\\"UDP\\"}":{".":{},"f:containerPort":{},"f:protocol":{}},\
                "k:{\\"containerPort\\":443,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{}}},\
                "f:resources":{"f:limits":{"f:cpu":{}}}}},"f:nodeSelector":{},"f:replicas":{},"f:selector":{},"f:strategy":{"f:type":{}}},\
                "f:status":{}}
                """)
    }

    @Test("Without a schema, objects are fields with fields below them, and lists are leaves")
    func deduced() throws {
        let set = try FieldSet(of: json(#"{"a":{"b":[{"name":"c"}],"d":null,"e":{}},"f":1.5}"#), schema: nil)
        #expect(set.text == #"{"f:a":{".":{},"f:b":{},"f:d":{},"f:e":{}},"f:f":{}}"#)
    }

    @Test("Elements of equal keys are one field without anything below it")
    func duplicates() throws {
        let set = try FieldSet(
            of: json(#"{"spec":{"containers":[{"name":"c"},{"name":"d"},{"name":"c"}]}}"#), schema: Workload.schema)
        #expect(set.text == #"{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{},"k:{\"name\":\"d\"}":{".":{},"f:name":{}}}}}"#)
    }
}

@Suite("Differences between objects")
struct FieldComparisonTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var old: String
        var new: String
        var added = "{}"
        var modified = "{}"
        var removed = "{}"
    }

    @Test(
        "With a schema",
        arguments: [
            Case(testDescription: "equal", old: #"{"spec":{"replicas":1}}"#, new: #"{"spec":{"replicas":1}}"#),
            Case(
                testDescription: "a map appears with what is in it, an empty one as itself", old: #"{"metadata":{}}"#,
                new: #"{"metadata":{"labels":{"a":"b"},"annotations":{}}}"#,
                added: #"{"f:metadata":{"f:annotations":{},"f:labels":{".":{},"f:a":{}}}}"#),
            Case(
                testDescription: "a map that was there grows and shrinks", old: #"{"metadata":{"labels":{"a":"1","b":"1","c":"1"}}}"#,
                new: #"{"metadata":{"labels":{"a":"1","b":"2","d":"1"}}}"#,
                added: #"{"f:metadata":{"f:labels":{"f:d":{}}}}"#, modified: #"{"f:metadata":{"f:labels":{"f:b":{}}}}"#,
                removed: #"{"f:metadata":{"f:labels":{"f:c":{}}}}"#),
            Case(
                testDescription: "null becomes a value", old: #"{"spec":{"selector":null,"containers":null}}"#,
                new: #"{"spec":{"selector":{"matchLabels":{"a":"b"}},"containers":[{"name":"c"}]}}"#,
                added: #"{"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{}}}}}"#, modified: #"{"f:spec":{"f:selector":{}}}"#),
            Case(
                testDescription: "an element keeps its key in another place",
                old: #"{"spec":{"containers":[{"name":"a","args":["1"]},{"name":"b"}]}}"#,
                new: #"{"spec":{"containers":[{"name":"b"},{"name":"a","args":["1","2"]}]}}"#,
                modified: #"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{"f:args":{}}}}}"#),
            Case(
                testDescription: "elements of a set", old: #"{"metadata":{"finalizers":["a","b"]}}"#, new: #"{"metadata":{"finalizers":["b","c"]}}"#,
                added: #"{"f:metadata":{"f:finalizers":{"v:\"c\"":{}}}}"#, removed: #"{"f:metadata":{"f:finalizers":{"v:\"a\"":{}}}}"#),
            Case(
                testDescription: "atomic maps and objects are one field",
                old: #"{"spec":{"nodeSelector":{"a":"b"},"selector":{"matchLabels":{"a":"b"}}}}"#,
                new: #"{"spec":{"nodeSelector":{"a":"b","c":"d"},"selector":{"matchLabels":{"a":"b"}}}}"#,
                modified: #"{"f:spec":{"f:nodeSelector":{}}}"#),
            Case(
                testDescription: "a key is told twice, then once", old: #"{"spec":{"containers":[{"name":"a"},{"name":"a","args":["1"]}]}}"#,
                new: #"{"spec":{"containers":[{"name":"a"}]}}"#,
                added: #"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{}}}}}"#,
                removed: #"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{}}}}"#),
            Case(
                testDescription: "a key is told twice, both times differently",
                old: #"{"spec":{"containers":[{"name":"a"},{"name":"a","args":["1"]}]}}"#,
                new: #"{"spec":{"containers":[{"name":"a"},{"name":"a","args":["2"]}]}}"#,
                modified: #"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{}}}}"#),
            Case(
                testDescription: "everything goes", old: #"{"spec":{"child":{"replicas":1,"strategy":{}}}}"#, new: #"{"spec":{}}"#,
                removed: #"{"f:spec":{"f:child":{".":{},"f:replicas":{},"f:strategy":{}}}}"#),
        ])
    func typed(example: Case) throws {
        let comparison = try FieldComparison(from: json(example.old), to: json(example.new), schema: Workload.schema)
        #expect(comparison.added.text == example.added)
        #expect(comparison.modified.text == example.modified)
        #expect(comparison.removed.text == example.removed)
        #expect(comparison.isEmpty == (example.added + example.modified + example.removed == "{}{}{}"))
    }

    @Test(
        "Without a schema",
        arguments: [
            Case(testDescription: "numbers of the same size", old: #"{"a":1,"b":null}"#, new: #"{"a":1.0,"b":null}"#),
            Case(
                testDescription: "lists are one field", old: #"{"a":[1,{"b":2}]}"#, new: #"{"a":[1,{"b":3}]}"#, modified: #"{"f:a":{}}"#),
            Case(
                testDescription: "an object becomes text", old: #"{"a":{"b":1}}"#, new: #"{"a":"b"}"#, modified: #"{"f:a":{}}"#,
                removed: #"{"f:a":{"f:b":{}}}"#),
            Case(
                testDescription: "a list becomes an object", old: #"{"a":[]}"#, new: #"{"a":{"b":1}}"#, added: #"{"f:a":{"f:b":{}}}"#,
                modified: #"{"f:a":{}}"#),
            Case(testDescription: "null becomes empty", old: #"{"a":null}"#, new: #"{"a":{}}"#, modified: #"{"f:a":{}}"#),
            Case(
                testDescription: "an object appears, another goes", old: #"{"a":{"b":1}}"#, new: #"{"c":{"d":1}}"#,
                added: #"{"f:c":{".":{},"f:d":{}}}"#, removed: #"{"f:a":{".":{},"f:b":{}}}"#),
            Case(
                testDescription: "members in another order", old: #"{"z":1,"a":2}"#, new: #"{"a":2,"z":3}"#, modified: #"{"f:z":{}}"#),
        ])
    func deduced(example: Case) throws {
        let comparison = try FieldComparison(from: json(example.old), to: json(example.new), schema: nil)
        #expect(comparison.added.text == example.added)
        #expect(comparison.modified.text == example.modified)
        #expect(comparison.removed.text == example.removed)
    }

    @Test("Elements that can't be told apart are an error that says so", arguments: [#"[{"args":[]}]"#, #"["c"]"#, "[null]"])
    func keyless(containers: String) throws {
        let error = try #require(throws: ManagedFieldsError.self) {
            try FieldComparison(from: [:], to: json(#"{"spec":{"containers":\#(containers)}}"#), schema: Workload.schema)
        }
        #expect(error.message.contains("element"))
    }

    @Test("Everything in a new object is added, and everything in the empty one is not")
    func everything() throws {
        let object = try json(ObjectFieldsTests.workload)
        let comparison = try FieldComparison(from: [:], to: object, schema: Workload.schema)
        #expect(try FieldSet(of: object, schema: Workload.schema).subtracting(comparison.added).isEmpty)
        #expect(try FieldComparison(from: object, to: [:], schema: Workload.schema).removed == comparison.added)
    }
}
