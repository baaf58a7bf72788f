//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Testing

@testable import Storage

@Suite struct ContinueTokenTests {
    /// Recorded from an upstream server: {"v":"meta.k8s.io/v1","rv":6,"start":"/one\u0000"}
    static let recorded = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Niwic3RhcnQiOiIvb25lXHUwMDAwIn0"

    @Test("A token's bytes are upstream's")
    func matchesUpstream() throws {
        let prefix = "/registry/samples.example.com/gadgets/demo"
        let token = ContinueToken(revision: 6, after: "\(prefix)/one")
        #expect(try token.encoded(keyPrefix: prefix) == Self.recorded)
    }

    @Test("An upstream server's token is understood")
    func readsUpstream() throws {
        let token = try ContinueToken(parsing: Self.recorded, keyPrefix: "/registry/samples.example.com/gadgets/demo/")
        #expect(token == ContinueToken(revision: 6, startKey: "/registry/samples.example.com/gadgets/demo/one\0"))
    }

    @Test("A token means another key in another list")
    func isRelative() throws {
        let text = try ContinueToken(revision: 3, after: "/registry/pods/ns/a").encoded(keyPrefix: "/registry/pods/")
        #expect(try ContinueToken(parsing: text, keyPrefix: "/registry/pods/ns/").startKey == "/registry/pods/ns/ns/a\0")
    }

    @Test(
        "What was encoded is decoded", arguments: ["a", "ns/a", "ns/ä<&>\"\\", ".a", "a..", String(repeating: "x", count: 1000)], [1, -1, Int64.max])
    func roundTrips(suffix: String, revision: Int64) throws {
        let token = ContinueToken(revision: revision, after: "/registry/pods/\(suffix)")
        let text = try token.encoded(keyPrefix: "/registry/pods/")
        #expect(try ContinueToken(parsing: text, keyPrefix: "/registry/pods/") == token)
        #expect(!text.contains("="))
    }

    @Test("A key outside the list has no token", arguments: ["/registry/podsfoo/a", "/registry/pods/", "", "/other"])
    func refusesForeignKeys(key: String) {
        #expect(code { try ContinueToken(revision: 1, startKey: key).encoded(keyPrefix: "/registry/pods/") } == .internalError)
    }

    @Test(
        "A token that says something impossible is refused",
        arguments: [
            (#"{"v":"meta.k8s.io/v2","rv":1,"start":"a"}"#, "version"), (#"{"rv":1,"start":"a"}"#, "version"),
            (#"{"v":"meta.k8s.io/v1","rv":0,"start":"a"}"#, "no resource version"), (#"{"v":"meta.k8s.io/v1","start":"a"}"#, "no resource version"),
            (#"{"v":"meta.k8s.io/v1","rv":1}"#, "no start key"), (#"{"v":"meta.k8s.io/v1","rv":1,"start":""}"#, "no start key"),
            (#"{"v":"meta.k8s.io/v1","rv":1,"start":"../a"}"#, "part 1"), (#"{"v":"meta.k8s.io/v1","rv":1,"start":"a/../b"}"#, "part 2"),
            (#"{"v":"meta.k8s.io/v1","rv":1,"start":"/./a"}"#, "part 1"), (#"{"v":"meta.k8s.io/v1","rv":1,"start":"a/.."}"#, "part 2"),
            (#"{"v":"meta.k8s.io/v1","rv":1,"start":"a//b"}"#, "part 2"), (#"{"v":"meta.k8s.io/v1","rv":1,"start":"/"}"#, "part 1"),
            ("nonsense", "not encoded JSON"), ("", "not encoded JSON"), ("[]", "version"),
        ])
    func refusesContent(content: String, reason: String) {
        let text = Base64URL.encode(Array(content.utf8))
        let error = #expect(throws: StorageError.self) { try ContinueToken(parsing: text, keyPrefix: "/registry/pods/") }
        #expect(error?.code == .invalidContinueToken)
        #expect(error?.message.contains("invalid continue token") == true)
        #expect(error?.message.contains(reason) == true)
    }

    @Test("Text that isn't base64 of URLs without padding is refused", arguments: ["a", "!!!!", "eyJ9=", "ab+/", "e yJ9"])
    func refusesText(text: String) {
        #expect(code { try ContinueToken(parsing: text, keyPrefix: "/p/") } == .invalidContinueToken)
    }

    @Test("Base64 gives back any bytes")
    func base64() {
        var bytes: [UInt8] = []
        for count in 0..<300 {
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            bytes.append(UInt8(truncatingIfNeeded: count &* 37))
        }
        // The vectors of RFC 4648, without padding.
        for (plain, text) in [("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy")] {
            #expect(Base64URL.encode(Array(plain.utf8)) == text)
        }
    }
}
