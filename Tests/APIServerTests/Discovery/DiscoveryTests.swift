//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@testable import APIServer

@Suite("Discovery")
struct DiscoveryTests {
    let server = TestServer()
    static let aggregated =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
        + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
    static let allVerbs: JSONValue = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    @Test("The core group's versions")
    func core() async throws {
        let json = try await server.send("GET", "/api", headers: ["Host": "127.0.0.1:6443"]).json()
        #expect(
            json == [
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"]],
            ])
    }

    @Test("The groups, and one of them")
    func groups() async throws {
        let version: JSONValue = ["groupVersion": "samples.example.com/v1", "version": "v1"]
        #expect(
            try await server.send("GET", "/apis").json() == [
                "kind": "APIGroupList", "apiVersion": "v1",
                "groups": [["name": "samples.example.com", "versions": [version], "preferredVersion": version]],
            ])
        #expect(
            try await server.send("GET", "/apis/samples.example.com").text
                == #"{"kind":"APIGroup","apiVersion":"v1","name":"samples.example.com","#
                + #""versions":[{"groupVersion":"samples.example.com/v1","version":"v1"}],"#
                + #""preferredVersion":{"groupVersion":"samples.example.com/v1","version":"v1"}}"# + "\n")
    }

    @Test("The resources of a group version, with their subresources")
    func resources() async throws {
        #expect(
            try await server.send("GET", "/apis/samples.example.com/v1").json() == [
                "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "samples.example.com/v1",
                "resources": [
                    [
                        "name": "gadgets", "singularName": "gadget", "namespaced": true, "kind": "Gadget", "verbs": Self.allVerbs,
                        "shortNames": ["gd"], "categories": ["all"], "storageVersionHash": "zC0d7T3vEzo=",
                    ],
                    [
                        "name": "gadgets/status", "singularName": "", "namespaced": true, "kind": "Gadget", "verbs": ["get", "patch", "update"],
                    ],
                    [
                        "name": "gadgets/scale", "singularName": "", "namespaced": true, "group": "autoscaling", "version": "v1", "kind": "Scale",
                        "verbs": ["get", "patch", "update"],
                    ],
                ],
            ])
    }

    @Test("Everything at once, when the client knows of it")
    func aggregated() async throws {
        let answer = try await server.send("GET", "/apis", headers: ["Accept": Self.aggregated])
        #expect(answer.headers["Content-Type"] == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
        #expect(answer.headers["Vary"] == "Accept")
        #expect(answer.headers["Cache-Control"] == "public")
        func kind(_ group: JSONValue, _ kind: JSONValue) -> JSONValue { ["group": group, "version": "v1", "kind": kind] }
        let writable: JSONValue = ["get", "patch", "update"]
        let gadgets = kind("samples.example.com", "Gadget")
        #expect(
            try answer.json() == [
                "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
                "items": [
                    [
                        "metadata": ["name": "samples.example.com"],
                        "versions": [
                            [
                                "version": "v1",
                                "resources": [
                                    [
                                        "resource": "gadgets", "responseKind": gadgets, "scope": "Namespaced", "singularResource": "gadget",
                                        "verbs": Self.allVerbs, "shortNames": ["gd"], "categories": ["all"],
                                        "subresources": [
                                            ["subresource": "status", "responseKind": gadgets, "verbs": writable],
                                            ["subresource": "scale", "responseKind": kind("autoscaling", "Scale"), "verbs": writable],
                                        ],
                                    ]
                                ],
                                "freshness": "Current",
                            ]
                        ],
                    ]
                ],
            ])
    }

    @Test("The core group has its own document of everything")
    func aggregatedCore() async throws {
        let json = try await server.send("GET", "/api", headers: ["Accept": Self.aggregated]).json()
        let versions = json["items"]?.arrayValue?.first?["versions"]?.arrayValue
        #expect(versions?.first?["resources"]?.arrayValue?.first?["resource"] == "planets")
        #expect(versions?.first?["resources"]?.arrayValue?.first?["scope"] == "Cluster")
    }

    @Test("A client that has the document already gets 304")
    func entityTag() async throws {
        let first = try await server.send("GET", "/apis", headers: ["Accept": Self.aggregated])
        let tag = try #require(first.headers["ETag"])
        #expect(tag.count == 130 && tag.hasPrefix("\"") && tag == tag.uppercased())
        let second = try await server.send("GET", "/apis", headers: ["Accept": Self.aggregated, "If-None-Match": tag])
        #expect(second.status == 304)
        #expect(second.bytes.isEmpty)
        #expect(second.headers["ETag"] == tag)
    }

    @Test("A client that wants the plain document first gets it")
    func plainFirst() async throws {
        let answer = try await server.send(
            "GET", "/apis", headers: ["Accept": "application/json,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"])
        #expect(try answer.json()["kind"] == "APIGroupList")
    }

    @Test("The storage version hash is upstream's")
    func storageVersionHash() {
        #expect(StorageVersionHash.of(GroupVersionKind(group: "samples.example.com", version: "v1", kind: "Gadget")) == "zC0d7T3vEzo=")
    }

    @Test("Base 64 pads what isn't a multiple of three", arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func base64(_ text: String, _ expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
    }

    @Test("The version is what was configured, in the form that clients parse")
    func version() async throws {
        let json = try await server.send("GET", "/version").json()
        #expect(json["major"] == "1")
        #expect(json["minor"] == "34")
        #expect(json["gitVersion"] == "v1.34.0+keelson")
    }

    @Test("A method that discovery doesn't have gives 405")
    func methodNotAllowed() async throws {
        #expect(try await server.send("POST", "/apis").status == 405)
    }
}

@Suite("Dates in headers")
struct HTTPDateTests {
    @Test(
        "A date is written as HTTP wants it",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
            (1_795_418_961, "Mon, 23 Nov 2026 07:29:21 GMT"), (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
        ])
    func text(_ second: Int64, _ expected: String) {
        #expect(HTTPDate.text(ofSecond: second) == expected)
    }
}
