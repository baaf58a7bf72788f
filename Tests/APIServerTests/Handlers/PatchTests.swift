//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@testable import APIServer

@Suite("Patching objects")
struct PatchTests {
    let server = TestServer()

    func patch(_ type: String, _ body: String, query: String = "", name: String = "one") async throws -> Answer {
        try await server.send("PATCH", TestServer.collection + "/\(name)\(query)", headers: ["Content-Type": type], body: body)
    }

    @Test(
        "Each kind of patch changes the object as it is at that moment",
        arguments: [
            ("application/merge-patch+json", #"{"spec":{"replicas":3,"title":null}}"#),
            ("application/json-patch+json", #"[{"op":"replace","path":"/spec/replicas","value":3},{"op":"remove","path":"/spec/title"}]"#),
            ("application/strategic-merge-patch+json", #"{"spec":{"replicas":3,"title":null}}"#),
        ])
    func patches(_ type: String, _ body: String) async throws {
        server.gadgets.store("one", spec: #"{"replicas":1,"title":"x"}"#)
        let answer = try await patch(type, body)
        #expect(answer.status == 200)
        #expect(try answer.json()["spec"] == ["replicas": 3])
        #expect(server.gadgets.received.update?.object["metadata"]?["resourceVersion"] == "5", "the version that was patched must be known")
    }

    @Test("A missing object gives 404")
    func missing() async throws {
        #expect(try await patch("application/merge-patch+json", "{}", name: "zzz").status == 404)
    }

    @Test("Other types give 415 listing those that are taken", arguments: ["application/json", "application/apply-patch+yaml", ""])
    func mediaType(_ type: String) async throws {
        server.gadgets.store("one")
        let answer = try await patch(type, "{}")
        #expect(answer.status == 415)
        #expect(
            try answer.json()["message"]?.stringValue?.hasSuffix(
                "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json") == true)
    }

    @Test(
        "A patch that is no patch gives 400, one that can't be applied 422",
        arguments: [
            ("application/json-patch+json", "{", 400), ("application/json-patch+json", #"{"op":"add"}"#, 400),
            ("application/json-patch+json", #"[{"op":"test","path":"/spec/replicas","value":7}]"#, 422),
            ("application/json-patch+json", #"[{"op":"remove","path":"/spec/missing"}]"#, 422),
            ("application/merge-patch+json", "[]", 400), ("application/merge-patch+json", #"{"spec":{"replicas":"many"}}"#, 422),
            ("application/merge-patch+json", #"{"metadata":{"name":"other"}}"#, 400),
        ])
    func failures(_ type: String, _ body: String, _ code: Int) async throws {
        server.gadgets.store("one")
        let answer = try await patch(type, body)
        #expect(answer.status == code)
        #expect(try answer.json()["kind"] == "Status")
        #expect(server.gadgets.received.update == nil)
    }

    @Test("Unknown fields warn, or stop a strict client with 422")
    func fieldValidation() async throws {
        server.gadgets.store("one")
        let warned = try await patch("application/merge-patch+json", #"{"spec":{"nope":1}}"#)
        #expect(warned.headers.values(of: "Warning") == [#"299 - "unknown field \"spec.nope\"""#])
        let strict = try await patch("application/merge-patch+json", #"{"spec":{"nope":1}}"#, query: "?fieldValidation=Strict")
        #expect(strict.status == 422)
        #expect(try strict.json()["message"]?.stringValue?.contains(#"strict decoding error: unknown field "spec.nope""#) == true)
    }
}
