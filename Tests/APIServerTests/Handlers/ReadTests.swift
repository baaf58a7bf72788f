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

@Suite("Reading objects")
struct ReadTests {
    let server = TestServer()
    let tableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    @Test("An object leaves with its stored bytes and the version in its place")
    func get() async throws {
        let stored = server.gadgets.store("one")
        let answer = try await server.send("GET", TestServer.collection + "/one")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(answer.headers["Cache-Control"] == "no-cache, private")
        #expect(
            answer.text
                == #"{"kind":"Gadget","apiVersion":"samples.example.com/v1","metadata":{"name":"one","namespace":"demo","uid":"uid-one","#
                + #""resourceVersion":"\#(stored.resourceVersion)","creationTimestamp":"2026-11-23T07:29:24Z"},"spec":{"replicas":1}}"# + "\n")
        #expect(server.gadgets.received.context?.namespace == "demo")
    }

    @Test("A resourceVersion is handed on; an unreadable one gives 400")
    func getVersion() async throws {
        server.gadgets.store("one")
        _ = try await server.send("GET", TestServer.collection + "/one?resourceVersion=0")
        #expect(server.gadgets.received.get?.resourceVersion == .zero)
        #expect(try await server.send("GET", TestServer.collection + "/one?resourceVersion=x").status == 400)
    }

    @Test("A missing object gives the Status that upstream gives")
    func missing() async throws {
        let answer = try await server.send("GET", TestServer.collection + "/zzz")
        #expect(answer.status == 404)
        #expect(
            answer.text
                == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#
                + #""message":"gadgets.samples.example.com \"zzz\" not found","reason":"NotFound","#
                + #""details":{"name":"zzz","group":"samples.example.com","kind":"gadgets"},"code":404}"# + "\n")
    }

    @Test("A list joins the stored bytes behind its own metadata")
    func list() async throws {
        server.gadgets.store("one")
        server.gadgets.store("two")
        let answer = try await server.send("GET", TestServer.collection)
        #expect(answer.text.hasPrefix(#"{"kind":"GadgetList","apiVersion":"samples.example.com/v1","metadata":{"resourceVersion":"6"},"items":[{"#))
        let json = try answer.json()
        #expect(json["items"]?.arrayValue?.compactMap { $0["metadata"]?["name"]?.stringValue } == ["one", "two"])
        #expect(json["items"]?.arrayValue?.compactMap { $0["metadata"]?["resourceVersion"]?.stringValue } == ["5", "6"])
    }

    @Test("An empty list has an empty array")
    func emptyList() async throws {
        let answer = try await server.send("GET", "/api/v1/planets")
        #expect(answer.text == #"{"kind":"PlanetList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[]}"# + "\n")
    }

    @Test("A large list is the same list, written in pieces")
    func largeList() async throws {
        let filler = String(repeating: "x", count: 10_000)
        for number in 0..<100 { server.gadgets.store("g\(number)", spec: #"{"replicas":\#(number),"title":"\#(filler)"}"#) }
        let answer = try await server.send("GET", TestServer.collection)
        #expect(answer.bytes.count > 1_000_000)
        #expect(try answer.json()["items"]?.arrayValue?.count == 100)
        let plain = try await server.send("GET", TestServer.collection + "?pretty=1")
        #expect(try plain.json() == answer.json())
    }

    @Test("All namespaces are listed without one in the context")
    func allNamespaces() async throws {
        _ = try await server.send("GET", "/apis/samples.example.com/v1/gadgets?labelSelector=a%3Db&limit=3")
        #expect(server.gadgets.received.context?.namespace == nil)
        #expect(server.gadgets.received.list?.limit == 3)
    }

    @Test("One object as a table has one row, with its metadata")
    func table() async throws {
        server.gadgets.store("one")
        let json = try await server.send("GET", TestServer.collection + "/one", headers: ["Accept": tableAccept]).json()
        #expect(
            json == [
                "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": ["resourceVersion": "5"],
                "columnDefinitions": [
                    ["name": "Name", "type": "string", "format": "name", "description": "The name.", "priority": 0],
                    ["name": "Replicas", "type": "integer", "format": "", "description": "How many.", "priority": 0],
                ],
                "rows": [
                    [
                        "cells": ["one", 1],
                        "object": [
                            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                            "metadata": [
                                "name": "one", "namespace": "demo", "uid": "uid-one", "resourceVersion": "5",
                                "creationTimestamp": "2026-11-23T07:29:24Z",
                            ],
                        ],
                    ]
                ],
            ])
    }

    @Test("A table goes without objects, or with whole ones, when asked to")
    func includeObject() async throws {
        server.gadgets.store("one")
        func row(_ include: String) async throws -> JSONValue? {
            try await server.send("GET", TestServer.collection + "?includeObject=\(include)", headers: ["Accept": tableAccept])
                .json()["rows"]?.arrayValue?.first?["object"]
        }
        #expect(try await row("None") == .null)
        #expect(try await row("Object")?["kind"] == "Gadget")
        let wrong = try await server.send("GET", TestServer.collection + "?includeObject=Half", headers: ["Accept": tableAccept])
        #expect(wrong.status == 400)
    }

    @Test("Metadata alone, of one and of many")
    func partial() async throws {
        server.gadgets.store("one")
        let one = try await server.send(
            "GET", TestServer.collection + "/one", headers: ["Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"])
        #expect(try one.json()["kind"] == "PartialObjectMetadata")
        #expect(try one.json()["spec"] == nil)
        let many = try await server.send(
            "GET", TestServer.collection, headers: ["Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"])
        let json = try many.json()
        #expect(json["kind"] == "PartialObjectMetadataList")
        #expect(json["apiVersion"] == "meta.k8s.io/v1")
        #expect(json["items"]?.arrayValue?.first?["metadata"]?["resourceVersion"] == "5")
        #expect(json["items"]?.arrayValue?.first?["spec"] == nil)
    }

    @Test("A list in YAML is the same list")
    func yaml() async throws {
        server.gadgets.store("one")
        let answer = try await server.send("GET", TestServer.collection, headers: ["Accept": "application/yaml"])
        #expect(answer.headers["Content-Type"] == "application/yaml")
        let json = try await server.send("GET", TestServer.collection).json()
        #expect(try YAML.parse(answer.bytes) == json)
    }

    @Test("What can't be had in a format that the client takes gives 406")
    func notAcceptable() async throws {
        let answer = try await server.send("GET", TestServer.collection, headers: ["Accept": "application/vnd.kubernetes.protobuf"])
        #expect(answer.status == 406)
        #expect(try answer.json()["reason"] == "NotAcceptable")
    }
}

@Suite("Cutting metadata out of bytes")
struct PartialObjectMetadataTests {
    @Test(
        "The member is found wherever it is",
        arguments: [
            (#"{"metadata":{"name":"a"}}"#, #"{"name":"a"}"#), (#"{"a":[1,{"metadata":2}],"metadata":{"b":"}\"{"},"c":1}"#, #"{"b":"}\"{"}"#),
            (#"{"x":"\"metadata\":1","metadata":[]}"#, "[]"),
        ])
    func found(_ text: String, _ expected: String) throws {
        let bytes = Array(text.utf8)
        let range = try #require(JSONMembers.range(of: "metadata", in: bytes))
        #expect(String(decoding: bytes[range], as: UTF8.self) == expected)
    }

    @Test(
        "Broken text gives nothing, and never a place outside",
        arguments: ["", "{", "[]", #"{"a"#, #"{"a":"#, #"{"metadata":"#, #"{"metadata":"x\"#, "\u{0}k8s"])
    func broken(_ text: String) {
        #expect(JSONMembers.range(of: "metadata", in: Array(text.utf8)) == nil)
    }
}
