//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Testing

@testable import APIServer

@Suite("Managed fields of what clients write")
struct ManagedFieldsTests {
    let server = TestServer()
    let one = TestServer.collection + "/one"

    func headers(_ manager: String = "kubectl", type: String = "application/json") -> HTTPHeaders {
        ["Content-Type": type, "User-Agent": "\(manager)/v1 (linux)"]
    }

    /// Manager, subresource and fields of each entry.
    func entries(_ object: JSONValue?) -> [String] {
        (object?["metadata"]?["managedFields"]?.arrayValue ?? []).map { entry in
            let fields = String(decoding: (entry["fieldsV1"] ?? .null).serialized(), as: UTF8.self)
            return [entry["manager"]?.stringValue ?? "", entry["subresource"]?.stringValue ?? "", fields].joined(separator: " ")
        }
    }

    func create() async throws {
        let body =
            #"{"metadata":{"name":"one","namespace":"demo","labels":{"a":"b"},"#
            + #""finalizers":["x"]},"spec":{"title":"first","tags":["t"]},"status":{"replicas":1}}"#
        #expect(try await server.send("POST", TestServer.collection, headers: headers(), body: body).status == 201)
    }

    @Test("A create gives the client what it sent and what was filled in for it")
    func created() async throws {
        try await create()
        #expect(
            entries(server.gadgets.received.create?.object) == [
                #"kubectl  {"f:metadata":{"f:finalizers":{},"f:labels":{".":{},"f:a":{}}},"#
                    + #""f:spec":{".":{},"f:replicas":{},"f:tags":{".":{},"v:\"t\"":{}},"f:title":{}},"f:status":{".":{},"f:replicas":{}}}"#
            ])
        let entry = try #require(server.gadgets.received.create?.object["metadata"]?["managedFields"]?.arrayValue?.first)
        #expect(entry["operation"] == "Update")
        #expect(entry["apiVersion"] == "samples.example.com/v1")
        #expect(entry["fieldsType"] == "FieldsV1")
        #expect(entry["time"]?.stringValue.flatMap { Timestamp(parsing: $0) } != nil)
    }

    @Test("Each writer gets what it changes, by whatever verb, and under the name that the query gives it")
    func writers() async throws {
        try await create()
        let merge = headers("ignored", type: "application/merge-patch+json")
        _ = try await server.send("PATCH", one + "?fieldManager=labeller", headers: merge, body: #"{"metadata":{"labels":{"a":"c"}}}"#)
        _ = try await server.send(
            "PATCH", one, headers: headers("patcher", type: "application/json-patch+json"),
            body: #"[{"op":"replace","path":"/spec/title","value":"second"}]"#)
        var object = try await server.send("GET", one).json()
        object["spec"]?["replicas"] = 7
        let body = String(decoding: object.serialized(), as: UTF8.self)
        _ = try await server.send("PUT", one, headers: headers("putter"), body: body)
        #expect(
            entries(server.gadgets.received.update?.object).sorted() == [
                #"kubectl  {"f:metadata":{"f:finalizers":{},"f:labels":{}},"f:spec":{".":{},"f:tags":{".":{},"v:\"t\"":{}}},"#
                    + #""f:status":{".":{},"f:replicas":{}}}"#,
                #"labeller  {"f:metadata":{"f:labels":{"f:a":{}}}}"#, #"patcher  {"f:spec":{"f:title":{}}}"#,
                #"putter  {"f:spec":{"f:replicas":{}}}"#,
            ])
    }

    @Test("A write of what is there already leaves no trace, even by somebody else and without managed fields in the body")
    func noChange() async throws {
        try await create()
        let object = try await server.send("GET", one).json()
        var stripped = object
        stripped["metadata"]?["managedFields"] = nil
        for body in [object, stripped] {
            _ = try await server.send("PUT", one, headers: headers("other"), body: String(decoding: body.serialized(), as: UTF8.self))
            let received = try #require(server.gadgets.received.update?.object)
            #expect(received["metadata"]?["managedFields"]?.serialized() == object["metadata"]?["managedFields"]?.serialized())
        }
    }

    @Test("An empty list resets, through every verb", arguments: ["[]", "[{}]"])
    func reset(managed: String) async throws {
        server.gadgets.store("one")
        let entry =
            #"[{"manager":"a","operation":"Update","apiVersion":"samples.example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]"#
        for (managed, count) in [(entry, 1), (managed, 0)] {
            let patch = #"{"metadata":{"managedFields":\#(managed)}}"#
            _ = try await server.send("PATCH", one, headers: headers(type: "application/merge-patch+json"), body: patch)
            #expect(entries(server.gadgets.received.update?.object).count == count)
        }
        #expect(server.gadgets.received.update?.object["metadata"]?["managedFields"] == nil)
    }

    @Test("What is written through a subresource is managed apart, and clients don't change the books there")
    func subresources() async throws {
        try await create()
        var object = try await server.send("GET", one).json()
        object["metadata"]?["managedFields"] = []
        object["status"]?["replicas"] = 3
        _ = try await server.send(
            "PUT", one + "/status", headers: headers("controller"), body: String(decoding: object.serialized(), as: UTF8.self))
        #expect(entries(try await server.send("GET", one).json()).contains(#"controller status {"f:status":{"f:replicas":{}}}"#))
    }
}
