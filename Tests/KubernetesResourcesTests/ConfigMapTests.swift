//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import KubernetesResources
import Logging
import Registry
import Storage
import Testing

@Suite("Config maps")
struct ConfigMapTests {
    static func named(_ name: String, data: [String: String] = [:], binaryData: [String: String] = [:]) -> ConfigMap {
        var configMap = ConfigMap(data: data, binaryData: binaryData)
        configMap.metadata.name = name
        return configMap
    }

    @Test("The stored bytes are those of an upstream server")
    func golden() async throws {
        try await Cluster.run { (cluster) async throws in
            var configMap = Self.named("settings", data: ["z": "1", "a": "<x>"], binaryData: ["b": "AAEC"])
            configMap.metadata.labels = ["b": "2", "a": "1"]
            let created = try await cluster.create(configMap)
            let time = try #require(created.metadata.creationTimestamp)
            #expect(
                try await cluster.stored("/configmaps", "/demo/settings")
                    == #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings","namespace":"demo","uid":"\#(created.metadata.uid)","#
                    + #""creationTimestamp":"\#(time)","labels":{"a":"1","b":"2"}},"data":{"a":"\u003cx\u003e","z":"1"},"binaryData":{"b":"AAEC"}}"#
                    + "\n")
        }
    }

    struct Row: Sendable {
        var configMap: ConfigMap
        var field: String?
    }

    static let rows: [Row] = [
        Row(configMap: named("a", data: ["key.name": "x", "KEY_NAME": "x", "key-name": "x", ".hidden": "x"])),
        Row(configMap: named("a", data: ["a/b": "x"]), field: "data[a/b]"),
        Row(configMap: named("a", data: ["": "x"]), field: "data[]"),
        Row(configMap: named("a", data: [".": "x"]), field: "data[.]"),
        Row(configMap: named("a", data: ["..": "x"]), field: "data[..]"),
        Row(configMap: named("a", data: ["..a": "x"]), field: "data[..a]"),
        Row(configMap: named("a", binaryData: ["a b": "AA=="]), field: "binaryData[a b]"),
        Row(configMap: named("a", data: ["k": "x"], binaryData: ["k": "AA=="]), field: "data[k]"),
        Row(configMap: named("a", data: [String(repeating: "k", count: 254): "x"]), field: "data[\(String(repeating: "k", count: 254))]"),
        Row(configMap: named("a", data: ["k": String(repeating: "x", count: 1024 * 1024)])),
        Row(configMap: named("a", data: ["k": String(repeating: "x", count: 1024 * 1024 + 1)]), field: ""),
        Row(configMap: named("a", data: ["k": String(repeating: "x", count: 1024 * 1024)], binaryData: ["l": "AA=="]), field: ""),
    ]

    @Test("Keys name files, no key is in both maps, and all values fit a megabyte", arguments: rows)
    func validation(_ row: Row) {
        let errors = ConfigMapStrategy().validate(row.configMap, context: RequestContext(namespace: "demo", logger: Logger(label: "test")))
        #expect(errors.map(\.field) == (row.field.map { [$0] } ?? []))
    }

    @Test("An immutable config map keeps its data and its immutability, not its labels")
    func immutable() async throws {
        try await Cluster.run { (cluster) async throws in
            var configMap = Self.named("fixed", data: ["a": "1"])
            configMap.immutable = true
            try await cluster.create(configMap)
            let store = cluster.resources.configMaps
            let context = cluster.context("demo")
            let status = await failure {
                try await store.change("fixed", context: context) { value in
                    value["data"]?["a"] = "2"
                    value["binaryData"] = ["b": "AA=="]
                    value["immutable"] = nil
                }
            }
            #expect(status?.code == 422)
            #expect(status?.details?.causes.map(\.field) == ["immutable", "data", "binaryData"])
            try await store.change("fixed", context: context) { $0["metadata"]?["labels"] = ["x": "y"] }
        }
    }

    @Test("The table shows how many keys there are")
    func table() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(Self.named("settings", data: ["a": "1", "b": "2"], binaryData: ["c": "AA=="]))
            let store = cluster.resources.configMaps
            let object = try await store.get("settings", options: GetOptions(), context: cluster.context("demo"))
            #expect(store.tableColumns.map(\.name) == ["Name", "Data", "Age"])
            let cells = try store.tableCells(for: object)
            #expect(cells.prefix(2) == ["settings", 3])
            #expect(cells.last?.stringValue?.hasSuffix("s") == true)
        }
    }
}
