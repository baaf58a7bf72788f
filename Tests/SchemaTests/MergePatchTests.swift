//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Merge patches")
struct MergePatchTests {
    @Test(
        "A merge patch does what RFC 7386 lists",
        arguments: [
            PatchCase("replaces", #"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            PatchCase("adds", #"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            PatchCase("null removes", #"{"a":"b"}"#, #"{"a":null}"#, "{}"),
            PatchCase("null removes one of two", #"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            PatchCase("a list gives way to text", #"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            PatchCase("text gives way to a list", #"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            PatchCase("objects are merged", #"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            PatchCase("lists of objects are replaced", #"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
            PatchCase("a list replaces a list", #"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
            PatchCase("a list replaces an object", #"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
            PatchCase("null replaces the document", #"{"a":"foo"}"#, "null", "null"),
            PatchCase("text replaces the document", #"{"a":"foo"}"#, #""bar""#, #""bar""#),
            PatchCase("an existing null stays", #"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
            PatchCase("an object replaces a list", "[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            PatchCase("nulls of new objects are not written", "{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
            PatchCase("nulls inside lists stay", "{}", #"{"a":[null,{"b":null}]}"#, #"{"a":[null,{"b":null}]}"#),
            PatchCase("members keep their places", #"{"a":1,"b":2,"c":3}"#, #"{"c":4,"d":5,"a":6}"#, #"{"a":6,"b":2,"c":4,"d":5}"#),
        ])
    func merges(_ example: PatchCase) throws {
        let result = MergePatch.apply(try json(example.patch), to: try json(example.document))
        #expect(result.text == example.result)
    }
}
