//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("JSON patches")
struct JSONPatchTests {
    @Test(
        "An operation changes the document as RFC 6902 says",
        arguments: [
            PatchCase("adds a member", #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#, #"{"foo":"bar","baz":"qux"}"#),
            PatchCase(
                "adds an element before another", #"{"foo":["bar","baz"]}"#, #"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
                #"{"foo":["bar","qux","baz"]}"#),
            PatchCase(
                "adds an element at the index behind the last", #"{"foo":[1]}"#, #"[{"op":"add","path":"/foo/1","value":2}]"#,
                #"{"foo":[1,2]}"#),
            PatchCase("appends with -", #"{"foo":[1]}"#, #"[{"op":"add","path":"/foo/-","value":[2]}]"#, #"{"foo":[1,[2]]}"#),
            PatchCase("add replaces a member that exists", #"{"a":1,"b":2}"#, #"[{"op":"add","path":"/a","value":3}]"#, #"{"a":3,"b":2}"#),
            PatchCase("add replaces the whole document", #"{"a":1}"#, #"[{"op":"add","path":"","value":[1]}]"#, "[1]"),
            PatchCase(
                "adds a nested object", #"{"foo":"bar"}"#, #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
                #"{"foo":"bar","child":{"grandchild":{}}}"#),
            PatchCase("adds null", "{}", #"[{"op":"add","path":"/a","value":null}]"#, #"{"a":null}"#),
            PatchCase("removes a member", #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#, #"{"foo":"bar"}"#),
            PatchCase("removes an element", #"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/1"}]"#, #"{"a":[1,3]}"#),
            PatchCase("replaces a value", #"{"a":{"b":1}}"#, #"[{"op":"replace","path":"/a/b","value":2}]"#, #"{"a":{"b":2}}"#),
            PatchCase("replaces the whole document", #"{"a":1}"#, #"[{"op":"replace","path":"","value":{"b":1}}]"#, #"{"b":1}"#),
            PatchCase(
                "moves a value", #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
                #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
                #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#),
            PatchCase(
                "moves an element", #"{"foo":["all","grass","cows","eat"]}"#, #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
                #"{"foo":["all","cows","eat","grass"]}"#),
            PatchCase("moves onto itself", #"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/a"}]"#, #"{"a":1}"#),
            PatchCase("copies a value", #"{"a":{"b":[1]}}"#, #"[{"op":"copy","from":"/a/b","path":"/c"}]"#, #"{"a":{"b":[1]},"c":[1]}"#),
            PatchCase(
                "a test that holds changes nothing", #"{"baz":"qux","foo":["a",2,"c"]}"#,
                #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
                #"{"baz":"qux","foo":["a",2,"c"]}"#),
            PatchCase(
                "a test ignores the order of members", #"{"a":{"x":1,"y":2}}"#,
                #"[{"op":"test","path":"/a","value":{"y":2,"x":1}}]"#, #"{"a":{"x":1,"y":2}}"#),
            PatchCase("a test compares numbers by value", #"{"a":10}"#, #"[{"op":"test","path":"/a","value":1e1}]"#, #"{"a":10}"#),
            PatchCase(
                "~0 and ~1 are unescaped in that order", #"{"/":9,"~1":10,"a/b":1,"m~n":2}"#,
                #"[{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/m~0n","value":3},{"op":"remove","path":"/~1"}]"#,
                #"{"~1":10,"m~n":3}"#),
            PatchCase("an empty name is a name", #"{"":1}"#, #"[{"op":"replace","path":"/","value":2}]"#, #"{"":2}"#),
            PatchCase("a number names a member of an object", #"{"0":1}"#, #"[{"op":"remove","path":"/0"}]"#, "{}"),
            PatchCase(
                "unknown members of an operation are ignored", #"{"a":1}"#, #"[{"op":"add","path":"/b","value":2,"xyz":123}]"#,
                #"{"a":1,"b":2}"#),
            PatchCase("no operations change nothing", #"{"a":1}"#, "[]", #"{"a":1}"#),
        ])
    func operations(_ example: PatchCase) throws {
        let result = try JSONPatch.apply(json(example.patch), to: json(example.document))
        #expect(result.text == example.result)
    }

    @Test(
        "A patch that can't be carried out fails and says why",
        arguments: [
            FailingPatchCase("not a list", "{}", #"{"op":"add"}"#, .malformed, "an array of operations"),
            FailingPatchCase("not an object", "{}", "[1]", .malformed, "operation 0"),
            FailingPatchCase("no op", "{}", #"[{"path":"/a"}]"#, .malformed, #"no "op""#),
            FailingPatchCase("unknown op", "{}", #"[{"op":"spam","path":"/a"}]"#, .malformed, #"unknown op "spam""#),
            FailingPatchCase("no path", "{}", #"[{"op":"remove"}]"#, .malformed, #"no "path""#),
            FailingPatchCase("no value", "{}", #"[{"op":"add","path":"/a"}]"#, .malformed, #"no "value""#),
            FailingPatchCase("no from", "{}", #"[{"op":"copy","path":"/a"}]"#, .malformed, #"no "from""#),
            FailingPatchCase("path without slash", "{}", #"[{"op":"remove","path":"a"}]"#, .malformed, #"begins with "/""#),
            FailingPatchCase("bad escape", "{}", #"[{"op":"remove","path":"/~2"}]"#, .malformed, "~2"),
            FailingPatchCase("a later malformed operation", #"{"a":1}"#, #"[{"op":"remove","path":"/a"},{}]"#, .malformed, "operation 1"),
            FailingPatchCase(
                "add without a parent", #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, .inapplicable,
                #"nothing at "/baz/bat""#),
            FailingPatchCase("remove of nothing", "{}", #"[{"op":"remove","path":"/a"}]"#, .inapplicable, #"nothing at "/a""#),
            FailingPatchCase("replace of nothing", "{}", #"[{"op":"replace","path":"/a","value":1}]"#, .inapplicable, "nothing at"),
            FailingPatchCase("index behind the end", "[1]", #"[{"op":"add","path":"/2","value":1}]"#, .inapplicable, "no place"),
            FailingPatchCase("index with leading zero", "[1,2]", #"[{"op":"add","path":"/01","value":1}]"#, .inapplicable, "no place"),
            FailingPatchCase("negative index", "[1,2]", #"[{"op":"add","path":"/-1","value":1}]"#, .inapplicable, "no place"),
            FailingPatchCase("index with exponent", "[1,2]", #"[{"op":"replace","path":"/1e0","value":1}]"#, .inapplicable, "nothing at"),
            FailingPatchCase("remove of -", "[1]", #"[{"op":"remove","path":"/-"}]"#, .inapplicable, "nothing at"),
            FailingPatchCase("path through text", #"{"a":"b"}"#, #"[{"op":"add","path":"/a/0","value":1}]"#, .inapplicable, "nothing at"),
            FailingPatchCase(
                "move into itself", #"{"a":{"b":1}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#, .inapplicable, "into itself"),
            FailingPatchCase("failed test", #"{"baz":"qux"}"#, #"[{"op":"test","path":"/baz","value":"bar"}]"#, .inapplicable, "testing"),
            FailingPatchCase("test of text with a number", #"{"a":"10"}"#, #"[{"op":"test","path":"/a","value":10}]"#, .inapplicable, "testing"),
            FailingPatchCase("test of null with nothing", "{}", #"[{"op":"test","path":"/a","value":null}]"#, .inapplicable, "nothing at"),
        ])
    func failures(_ example: FailingPatchCase) throws {
        let (patch, document) = (try json(example.patch), try json(example.document))
        let error = try #require(throws: PatchError.self) { try JSONPatch.apply(patch, to: document) }
        #expect(error.kind == example.kind)
        #expect(error.message.contains(example.message))
    }

    @Test("10 000 operations are carried out and one more is too many")
    func operationLimit() throws {
        let operation: JSONValue = ["op": "add", "path": "/a", "value": 1]
        let most = JSONValue.array(Array(repeating: operation, count: 10_000))
        #expect(try JSONPatch.apply(most, to: [:]) == ["a": 1])
        let tooMany = JSONValue.array(Array(repeating: operation, count: 10_001))
        let error = try #require(throws: PatchError.self) { try JSONPatch.apply(tooMany, to: [:]) }
        #expect(error.kind == .tooLarge)
        #expect(error.message.contains("10001"))
    }

    @Test("Copies that double the document end at the limit")
    func copyLimit() throws {
        let operations = (0..<40).map { index -> JSONValue in ["op": "copy", "from": "", "path": .string("/x\(index)")] }
        let document: JSONValue = ["text": .string(String(repeating: "a", count: 1000))]
        #expect(throws: Never.self) { _ = try JSONPatch.apply(.array(Array(operations.prefix(8))), to: document).isNull }
        let error = try #require(throws: PatchError.self) { _ = try JSONPatch.apply(.array(operations), to: document).isNull }
        #expect(error.kind == .tooLarge)
    }
}
