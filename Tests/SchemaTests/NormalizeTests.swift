//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

/// Has a member of every shape and presence, and contains itself.
private enum Sample {
    typealias Field = ObjectSchema.Field

    static let inner = ObjectSchema(
        "test.Inner", fields: [Field("name", .string(), .always, required: true), Field("size", .int32), Field("flag", .boolean, .omitAbsent)])

    static let outer: ObjectSchema = ObjectSchema(
        "test.Outer",
        fields: [
            Field("text", .string()), Field("small", .int32), Field("pointer", .int32, .omitAbsent), Field("large", .int64), Field("ratio", .double),
            Field("on", .boolean), Field("port", .intOrString), Field("amount", .quantity), Field("at", .timestamp), Field("blob", .bytes),
            Field("raw", .any), Field("labels", .map(.string())), Field("names", .array(.string())), Field("inner", .object(inner)),
            Field("value", .object(inner), .always), Field("items", .array(.object(inner))), Field("byKey", .map(.object(inner))),
            Field("children", .array(.deferred { outer })), Field("list", .array(.string()), .always), Field("link", .object(inner), .alwaysNullable),
        ])

    /// What an empty object is written as.
    static let always = #""value":{"name":""},"list":null,"link":null"#
}

@Suite("Normalizing by a schema")
struct NormalizeTests {
    @Test(
        "A value is written as Go would write the type",
        arguments: [
            ("always-written members appear", "{}", ""),
            ("members get the type's order", #"{"on":true,"small":2,"text":"a"}"#, #""text":"a","small":2,"on":true,"#),
            ("empty members go", #"{"text":"","small":0,"large":0,"ratio":0,"on":false,"labels":{},"names":[],"items":[]}"#, ""),
            ("nulls go", #"{"text":null,"pointer":null,"inner":null,"labels":null,"items":null,"raw":null}"#, ""),
            ("pointers keep their zero", #"{"pointer":0,"inner":{"name":"a","flag":false}}"#, #""pointer":0,"inner":{"name":"a","flag":false},"#),
            ("an empty pointed-to object stays", #"{"inner":{}}"#, #""inner":{"name":""},"#),
            ("maps are sorted by bytes", #"{"labels":{"b":"1","a":"2","B":"3","é":"4"}}"#, #""labels":{"B":"3","a":"2","b":"1","é":"4"},"#),
            ("null in a map is the zero", #"{"labels":{"a":null},"byKey":{"k":null}}"#, #""labels":{"a":""},"#),
            ("null in a list is the zero", #"{"names":["a",null]}"#, #""names":["a",""],"#),
            ("int-or-string takes both", #"{"port":"http"}"#, #""port":"http","#),
            ("int-or-string takes a number", #"{"port":8080}"#, #""port":8080,"#),
            ("quantities are canonical", #"{"amount":"0.5"}"#, #""amount":"500m","#),
            ("quantities may be numbers", #"{"amount":2}"#, #""amount":"2","#),
            ("times are in UTC", #"{"at":"2026-01-31T14:00:00+02:00"}"#, #""at":"2026-01-31T12:00:00Z","#),
            ("base64 is canonical", #"{"blob":"YW\nI="}"#, #""blob":"YWI=","#),
            ("a whole number is a number", #"{"ratio":3}"#, #""ratio":3,"#),
            ("any JSON stays as it is", #"{"raw":{"z":null,"a":[1.5,{}]}}"#, #""raw":{"z":null,"a":[1.5,{}]},"#),
        ])
    func written(name: String, input: String, members: String) throws {
        let normalized = try Sample.outer.normalize(json(input))
        let byKey = input.contains("byKey") ? #""byKey":{"k":{"name":""}},"# : ""
        let expected = "{" + splice(members, byKey) + "}"
        #expect(normalized.value.text == expected, Comment(rawValue: name))
        #expect(normalized.unknownFields.isEmpty)
        let again = try Sample.outer.normalize(normalized.value)
        #expect(again.value.text == expected, "normalizing twice changes nothing")
    }

    /// The always-written member `value` comes before `byKey` in the type's order.
    private func splice(_ members: String, _ byKey: String) -> String {
        members + #""value":{"name":""},"# + byKey + #""list":null,"link":null"#
    }

    @Test("Unknown members are dropped and reported by path")
    func unknown() throws {
        let input =
            #"{"foo":1,"inner":{"name":"a","bar":2},"items":[{"name":"x"},{"name":"y","baz":{}}],"byKey":{"k":{"q":null}},"labels":{"x":"1"}}"#
        let normalized = try Sample.outer.normalize(json(input))
        #expect(normalized.unknownFields == ["foo", "inner.bar", "items[1].baz", "byKey.k.q"])
        #expect(!normalized.value.text.contains("ba"))
        #expect(normalized.value["items"]?.arrayValue?.count == 2)
    }

    @Test("A type may contain itself")
    func recursive() throws {
        let normalized = try Sample.outer.normalize(json(#"{"children":[{"children":[{"text":"deep","nope":1}]}]}"#))
        #expect(normalized.unknownFields == ["children[0].children[0].nope"])
        let deep = normalized.value["children"]?.arrayValue?.first?["children"]?.arrayValue?.first
        #expect(deep?["text"] == "deep")
    }

    @Test(
        "A value of the wrong type is named with its path",
        arguments: [
            (#"{"text":1}"#, "text", "expected a string, found number 1"),
            (#"{"small":"3"}"#, "small", #"expected a 32-bit integer, found string "3""#),
            (#"{"small":2147483648}"#, "small", "found number 2147483648"),
            (#"{"small":1.5}"#, "small", "found number 1.5"),
            (#"{"large":true}"#, "large", "found boolean true"),
            (#"{"ratio":"1"}"#, "ratio", "expected a number"),
            (#"{"on":"true"}"#, "on", "expected true or false"),
            (#"{"port":1.5}"#, "port", "32-bit integer or a string"),
            (#"{"amount":"1 GiB"}"#, "amount", "expected a quantity"),
            (#"{"at":"yesterday"}"#, "at", "RFC 3339"),
            (#"{"blob":"*"}"#, "blob", "base64"),
            (#"{"blob":"YQ"}"#, "blob", "base64"),
            (#"{"labels":["a"]}"#, "labels", "expected an object, found an array"),
            (#"{"labels":{"a":1}}"#, "labels.a", "expected a string"),
            (#"{"names":"a"}"#, "names", "expected an array"),
            (#"{"items":[{"name":"a"},{"name":{}}]}"#, "items[1].name", "found an object"),
            (#"{"byKey":{"k":{"size":"x"}}}"#, "byKey.k.size", "32-bit integer"),
            ("[]", "", "expected an object, found an array"),
        ])
    func mismatches(input: String, path: String, message: String) throws {
        let value = try json(input)
        let failure = try #require(throws: JSONDecodingFailure.self) { try Sample.outer.normalize(value) }
        #expect(failure.path == path)
        #expect(failure.message.contains(message))
    }
}

@Suite("Static defaults")
struct StaticDefaultsTests {
    typealias Field = ObjectSchema.Field

    private static let leaf = ObjectSchema(
        "test.Leaf", fields: [Field("first", .int32), Field("mode", .string(), default: "on"), Field("count", .int32, .omitAbsent, default: 3)])
    private static let root = ObjectSchema(
        "test.Root",
        fields: [
            Field("a", .string()), Field("given", .object(leaf)), Field("brought", .object(leaf), default: [:]),
            Field("always", .object(leaf), .always),
            Field("list", .array(.object(leaf))), Field("map", .map(.object(leaf))), Field("z", .string(), default: "z"),
        ])

    @Test(
        "Absent members get their defaults in the type's order",
        arguments: [
            ("{}", #"{"brought":{"mode":"on","count":3},"always":{"mode":"on","count":3},"z":"z"}"#),
            (
                #"{"a":"1","brought":{"mode":"off","count":0},"always":{"first":1,"mode":""},"z":"y"}"#,
                #"{"a":"1","brought":{"mode":"off","count":0},"always":{"first":1,"mode":"on","count":3},"z":"y"}"#
            ),
            (
                #"{"given":{"count":null},"list":[{},{"count":1}],"map":{"k":{"first":2}},"z":"z"}"#,
                #"{"given":{"mode":"on","count":3},"brought":{"mode":"on","count":3},"always":{"mode":"on","count":3},"#
                    + #""list":[{"mode":"on","count":3},{"mode":"on","count":1}],"map":{"k":{"first":2,"mode":"on","count":3}},"z":"z"}"#
            ),
            (
                #"{"list":"wrong","given":1,"unknown":true}"#,
                #"{"given":1,"brought":{"mode":"on","count":3},"always":{"mode":"on","count":3},"list":"wrong","z":"z","unknown":true}"#
            ),
        ])
    func defaults(input: String, expected: String) throws {
        var value = try json(input)
        Self.root.applyDefaults(&value)
        #expect(value.text == expected)
        Self.root.applyDefaults(&value)
        #expect(value.text == expected, "defaulting twice changes nothing")
    }
}
