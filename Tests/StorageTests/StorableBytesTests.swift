//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@Suite struct StorableBytesTests {
    static let kept = [
        #"{"metadata":{"name":"a"}}"#, "", "{", "[]", #"{"spec":{"resourceVersion":"1","selfLink":"x"}}"#, #"{"metadata":"resourceVersion"}"#,
        "{\"metadata\":{\"labels\":{\"resourceVersion\":\"1\"}}} \n", #""resourceVersion"#,
    ]

    @Test("What holds nothing but what is stored stays to the byte", arguments: kept)
    func keeps(text: String) throws {
        #expect(try StorableBytes.creating(Array(text.utf8), key: "/a") == Array(text.utf8))
        #expect(StorableBytes.updating(Array(text.utf8)) == Array(text.utf8))
    }

    static let stripped = [
        (#"{"metadata":{"name":"a","selfLink":"/a"},"spec":{}}"#, #"{"metadata":{"name":"a"},"spec":{}}"#),
        ("{\"metadata\":{\"resourceVersion\":\"\",\"name\":\"a\"}}\n", "{\"metadata\":{\"name\":\"a\"}}\n"),
        (#"{"metadata":{"resourceVersion":"0"}}"#, #"{"metadata":{}}"#),
        (#"{"metadata":{"resourceVersion":null}}"#, #"{"metadata":{}}"#),
    ]

    @Test("A self link and an empty version aren't stored", arguments: stripped)
    func strips(before: String, after: String) throws {
        #expect(String(decoding: try StorableBytes.creating(Array(before.utf8), key: "/a"), as: UTF8.self) == after)
        #expect(String(decoding: StorableBytes.updating(Array(before.utf8)), as: UTF8.self) == after)
    }

    @Test("A new object with a version is refused, a changed one loses it", arguments: ["1", "17", "abc"])
    func versions(version: String) {
        let bytes = Array("{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"\(version)\"}}".utf8)
        let error = #expect(throws: StorageError.self) { try StorableBytes.creating(bytes, key: "/pods/a") }
        #expect(error?.code == .resourceVersionSet)
        #expect(error?.message.contains(version) == true)
        #expect(String(decoding: StorableBytes.updating(bytes), as: UTF8.self) == #"{"metadata":{"name":"a"}}"#)
    }
}
