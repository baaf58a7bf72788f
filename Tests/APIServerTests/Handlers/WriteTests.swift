//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage
import Testing

@testable import APIServer

@Suite("Writing objects")
struct WriteTests {
    let server = TestServer()
    let json: HTTPHeaders = ["Content-Type": "application/json", "User-Agent": "kubectl/v1"]

    func gadget(_ name: String, _ spec: String = "{}") -> String {
        #"{"apiVersion":"samples.example.com/v1","kind":"Gadget","metadata":{"name":"\#(name)"},"spec":\#(spec)}"#
    }

    @Test("A create is answered with 201 and the object; the registry gets it in shape and with defaults")
    func create() async throws {
        let answer = try await server.send("POST", TestServer.collection, headers: json, body: gadget("one", #"{"title":"first"}"#))
        #expect(answer.status == 201)
        #expect(try answer.json()["metadata"]?["resourceVersion"] == "5")
        let received = try #require(server.gadgets.received.create)
        #expect(received.object["spec"] == ["replicas": 1, "title": "first"])
        #expect(received.options.fieldManager == "kubectl")
        #expect(server.gadgets.received.context?.user.groups == ["system:masters", "system:authenticated"])
    }

    @Test("Kind and version may be left out of a body, but mustn't be others")
    func kinds() async throws {
        #expect(try await server.send("POST", TestServer.collection, headers: json, body: #"{"metadata":{"name":"one"}}"#).status == 201)
        #expect(server.gadgets.received.create?.object["kind"] == "Gadget")
        let version = try await server.send(
            "POST", TestServer.collection, headers: json, body: #"{"apiVersion":"v1","kind":"Gadget","metadata":{"name":"two"}}"#)
        #expect(version.status == 400)
        #expect(
            try version.json()["message"]
                == "the API version in the data (v1) does not match the expected API version (samples.example.com/v1)")
        let kind = try await server.send("POST", TestServer.collection, headers: json, body: #"{"kind":"Widget","metadata":{"name":"two"}}"#)
        #expect(kind.status == 400)
    }

    @Test("System metadata that a client makes up is taken away")
    func systemMetadata() async throws {
        _ = try await server.send(
            "POST", TestServer.collection, headers: json,
            body: #"{"metadata":{"name":"one","uid":"mine","creationTimestamp":"2000-01-01T00:00:00Z","deletionTimestamp":"2000-01-01T00:00:00Z"}}"#)
        #expect(server.gadgets.received.create?.object["metadata"] == ["name": "one"])
    }

    @Test("Unknown fields warn by default, in the words that upstream uses")
    func warn() async throws {
        let answer = try await server.send("POST", TestServer.collection, headers: json, body: gadget("one", #"{"nope":1}"#))
        #expect(answer.status == 201)
        #expect(answer.headers.values(of: "Warning") == [#"299 - "unknown field \"spec.nope\"""#])
        #expect(server.gadgets.received.create?.object["spec"] == ["replicas": 1])
    }

    @Test("Unknown and duplicate fields are an error when the client is strict")
    func strict() async throws {
        let answer = try await server.send(
            "POST", TestServer.collection + "?fieldValidation=Strict", headers: json, body: gadget("one", #"{"nope":1,"title":"a","title":"b"}"#))
        #expect(answer.status == 400)
        let message = try #require(try answer.json()["message"]?.stringValue)
        #expect(message.hasSuffix(#"strict decoding error: unknown field "spec.nope", duplicate field "spec.title""#))
        #expect(server.gadgets.received.create == nil)
    }

    @Test("Unknown fields go silently when the client wants it so")
    func ignore() async throws {
        let answer = try await server.send(
            "POST", TestServer.collection + "?fieldValidation=Ignore", headers: json, body: gadget("one", #"{"nope":1}"#))
        #expect(answer.status == 201)
        #expect(answer.headers["Warning"] == nil)
    }

    @Test(
        "Bodies that can't be read give 400",
        arguments: ["", "{", "[]", "\"x\"", #"{"spec":{"replicas":"many"}}"#, #"{"kind":1}"#])
    func unreadable(_ body: String) async throws {
        #expect(try await server.send("POST", TestServer.collection, headers: json, body: body).status == 400)
    }

    @Test("A type that isn't known gives 415 listing those that are")
    func mediaType() async throws {
        let answer = try await server.send("POST", TestServer.collection, headers: ["Content-Type": "text/plain"], body: "x")
        #expect(answer.status == 415)
        #expect(
            try answer.json()["message"]
                == "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml")
    }

    @Test("A YAML body is as good as a JSON one")
    func yaml() async throws {
        let answer = try await server.send(
            "POST", TestServer.collection, headers: ["Content-Type": "application/yaml"], body: "metadata:\n  name: one\nspec:\n  replicas: 3\n")
        #expect(answer.status == 201)
        #expect(server.gadgets.received.create?.object["spec"]?["replicas"] == 3)
    }

    @Test("More than the limit gives 413")
    func tooLarge() async throws {
        let body = gadget("one", #"{"title":"\#(String(repeating: "x", count: 3 * 1024 * 1024))"}"#)
        let answer = try await server.send("POST", TestServer.collection, headers: json, body: body)
        #expect(answer.status == 413)
        #expect(try answer.json()["reason"] == "RequestEntityTooLarge")
    }

    @Test("A dry run is handed on")
    func dryRun() async throws {
        _ = try await server.send("POST", TestServer.collection + "?dryRun=All", headers: json, body: gadget("one"))
        #expect(server.gadgets.received.create?.options.dryRun == true)
    }

    @Test("An update is answered with 200, or 201 when it created; the UID becomes a precondition")
    func update() async throws {
        let created = try await server.send("PUT", TestServer.collection + "/one", headers: json, body: gadget("one"))
        #expect(created.status == 201)
        let updated = try await server.send(
            "PUT", TestServer.collection + "/one", headers: json, body: #"{"metadata":{"uid":"u"},"spec":{"replicas":2}}"#)
        #expect(updated.status == 200)
        let received = try #require(server.gadgets.received.update)
        #expect(received.preconditions == Preconditions(uid: "u"))
        #expect(received.object["metadata"]?["name"] == "one")
    }

    @Test("Another name in the body than in the URL gives 400")
    func otherName() async throws {
        let answer = try await server.send("PUT", TestServer.collection + "/one", headers: json, body: gadget("two"))
        #expect(answer.status == 400)
        #expect(try answer.json()["message"] == "the name of the object (two) does not match the name on the URL (one)")
    }

    @Test("A delete hands on the options of its body and is answered with a Status")
    func delete() async throws {
        server.gadgets.store("one")
        let answer = try await server.send(
            "DELETE", TestServer.collection + "/one", headers: json, body: #"{"propagationPolicy":"Background"}"#)
        #expect(answer.status == 200)
        #expect(server.gadgets.received.delete?.propagationPolicy == .background)
        let json = try answer.json()
        #expect(json["status"] == "Success")
        #expect(json["details"] == ["name": "one", "group": "samples.example.com", "kind": "gadgets", "uid": "uid-one"])
    }

    @Test("A collection can't be deleted unread, nor can what no storage is behind")
    func unreadable() async throws {
        server.gadgets.store("one")
        let ignore = "?ignoreStoreReadErrorWithClusterBreakingPotential=true"
        #expect(try await server.send("DELETE", TestServer.collection + "/one" + ignore).status == 500)
        let collection = try await server.send("DELETE", TestServer.collection + ignore)
        #expect(collection.status == 422)
        #expect(try collection.json()["message"]?.stringValue?.contains("is not allowed with DELETECOLLECTION") == true)
        #expect(server.gadgets.received.delete == nil)
    }

    @Test("202 is only for those who asked for no orphans and whose object is still there")
    func accepted() async throws {
        server.gadgets.store("one")
        #expect(try await server.send("DELETE", TestServer.collection + "/one?orphanDependents=false").status == 202)
    }

    @Test("A collection that is deleted is answered with what was in it")
    func deleteCollection() async throws {
        server.gadgets.store("one")
        let answer = try await server.send("DELETE", TestServer.collection + "?labelSelector=a")
        #expect(answer.status == 200)
        #expect(try answer.json()["items"]?.arrayValue?.count == 1)
        #expect(server.gadgets.received.list?.labelSelector.isEmpty == false)
    }
}
