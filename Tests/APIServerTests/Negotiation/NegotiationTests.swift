//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@testable import APIServer

@Suite("Choosing a format")
struct NegotiationTests {
    func negotiate(
        _ accept: String?, query: String = "", agent: String = "kubectl/1", transformations: Set<OutputFormat.Transformation> = []
    ) throws(Status) -> OutputFormat {
        var headers: HTTPHeaders = ["User-Agent": agent]
        if let accept { headers["Accept"] = accept }
        return try OutputFormat.negotiate(
            HTTPRequest(method: "GET", path: "/", headers: headers), query: QueryParameters(parsing: query), transformations: transformations)
    }

    @Test(
        "JSON is what most clients get",
        arguments: [nil, "", "*/*", "application/*", "application/json", "application/json;stream=watch", "text/html;q=0.9,*/*;q=0.8"])
    func json(_ accept: String?) throws {
        #expect(try negotiate(accept).encoding == .json)
    }

    @Test("Quality decides, then order")
    func quality() throws {
        #expect(try negotiate("application/json;q=0.5,application/yaml").encoding == .yaml)
        #expect(try negotiate("application/yaml;q=0,application/json").encoding == .json)
        #expect(try negotiate("application/vnd.kubernetes.protobuf,application/json").encoding == .json)
    }

    @Test(
        "Nothing acceptable gives 406",
        arguments: ["application/vnd.kubernetes.protobuf", "text/html", "application/json;as=Table;v=v1;g=meta.k8s.io"])
    func notAcceptable(_ accept: String) throws {
        #expect(try #require(throws: Status.self) { try negotiate(accept) }.code == 406)
    }

    @Test("A clause with a transformation that isn't offered is passed over")
    func fallback() throws {
        let kubectl =
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        #expect(try negotiate(kubectl, transformations: [.table]).transformation == .table)
        #expect(try negotiate(kubectl).transformation == .none)
        let older = "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        #expect(try negotiate(older, transformations: [.table]).transformation == .none)
    }

    @Test(
        "People get indented JSON",
        arguments: [
            ("", "curl/8", true), ("", "Mozilla/5.0 x", true), ("pretty=0", "curl/8", false), ("pretty", "kubectl", true), ("", "kubectl", false),
        ])
    func pretty(_ query: String, _ agent: String, _ expected: Bool) throws {
        #expect(try negotiate(nil, query: query, agent: agent).pretty == expected)
    }

    @Test("Indenting changes nothing but space, whatever the strings hold")
    func indent() throws {
        let compact = #"{"a":[],"b":{},"c":[1,{"d":"x\"{[,:]}\\"}],"e":null}"#
        let expected = """
            {
              "a": [],
              "b": {},
              "c": [
                1,
                {
                  "d": "x\\"{[,:]}\\\\"
                }
              ],
              "e": null
            }
            """
        let pretty = PrettyJSON.indent(Array(compact.utf8))
        #expect(String(decoding: pretty, as: UTF8.self) == expected)
        #expect(try JSONValue(parsing: pretty) == JSONValue(parsing: Array(compact.utf8)))
    }

    @Test("YAML is read as YAML 1.1 resolves it")
    func yaml() throws {
        let text = """
            kind: Gadget
            spec:
              count: 3
              hex: 0x10
              on: yes
              ratio: 1.5
              text: "3"
              nothing: ~
              when: 2026-11-23T07:29:24Z
              list: [a, b]
            """
        let value = try YAML.parse(Array(text.utf8))
        #expect(value["kind"] == "Gadget")
        let spec = try #require(value["spec"])
        #expect(spec["count"] == 3)
        #expect(spec["hex"] == 16)
        #expect(spec["on"] == true)
        #expect(spec["ratio"] == 1.5)
        #expect(spec["text"] == "3")
        #expect(spec["nothing"] == .null)
        #expect(spec["when"] == "2026-11-23T07:29:24Z")
        #expect(spec["list"] == ["a", "b"])
    }

    @Test("YAML that isn't well-formed, or whose aliases grow too large, gives 400")
    func badYAML() throws {
        #expect(try #require(throws: Status.self) { try YAML.parse(Array("a: [1".utf8)) }.code == 400)
        #expect(try #require(throws: Status.self) { try YAML.parse([0x61, 0xFF]) }.code == 400)
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<8 { bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n" }
        #expect(try #require(throws: Status.self) { try YAML.parse(Array(bomb.utf8), maximumNodes: 10_000) }.code == 400)
    }

    @Test("YAML that is written is read back as the same value")
    func yamlRoundTrip() throws {
        let value: JSONValue = [
            "string": "text", "like a number": "12", "like a bool": "true", "empty": "", "null text": "null", "lines": "a\nb\n", "number": 12,
            "flag": false,
            "nothing": .null, "list": [1, "two", [], [:]], "map": ["a": ["b": 1.5]], "colon": "a: b", "hash": "a #b",
        ]
        #expect(try YAML.parse(YAML.serialize(value)) == value)
    }
}
