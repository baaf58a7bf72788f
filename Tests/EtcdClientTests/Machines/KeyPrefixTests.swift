//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("Ranges of a namespace")
struct KeyPrefixTests {
    @Test(
        "Ends of ranges stay within the namespace",
        arguments: [
            ("a/", .key("k"), "a/k", []), ("a/", .prefix("k"), "a/k", bytes("a/l")), ("a/", .all, "a/\0", bytes("a0")),
            ("a/", .from("k"), "a/k", bytes("a0")), ("a/", .range(from: "k", to: "m"), "a/k", bytes("a/m")),
            ("a/", .prefix(""), "a/\0", bytes("a0")), ("", .all, "\0", [0]), ("", .key("k"), "k", []),
        ] as [(String, KeyRange, String, [UInt8])])
    func text(prefix: String, range: KeyRange, start: String, end: [UInt8]) {
        let mapped = KeyPrefix(bytes(prefix)).adding(to: range)
        #expect(mapped.start == bytes(start) && mapped.end == end)
    }

    @Test("A namespace of the highest bytes has no end")
    func highest() {
        #expect(KeyPrefix([0xff]).adding(to: .all) == KeyRange(start: [0xff, 0], end: [0]))
        #expect(KeyPrefix([0x61, 0xff]).adding(to: .all) == .range(from: [0x61, 0xff, 0], to: [0x62]))
        // The prefix of highest bytes inside a namespace ends where the namespace does.
        #expect(KeyPrefix(bytes("a/")).adding(to: .prefix([0xff, 0xff])) == .range(from: bytes("a/") + [0xff, 0xff], to: bytes("a0")))
    }

    @Test("Keys of the namespace are told from others, and from the prefix itself")
    func contains() {
        let prefix = KeyPrefix(bytes("a/"))
        #expect(prefix.contains(bytes("a/k")) && !prefix.contains(bytes("a/")) && !prefix.contains(bytes("b/k")) && !prefix.contains([]))
        #expect(prefix.removing(from: bytes("a/k")) == bytes("k"))
    }
}
