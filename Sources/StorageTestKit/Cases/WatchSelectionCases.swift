//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let watchSelectionCases = [
        ConformanceCase("B01", "A selector turns changes into comings and goings, and neighbours are silent") { bench in
            for recursive in [false, true] {
                let namespace = recursive ? "many" : "one"
                let key = recursive ? "/pods/\(namespace)" : Bench.key("foo", in: namespace)
                for row in selections {
                    let start = try await bench.create("start", in: "zz").resourceVersion
                    let reader = try await bench.watch(key, after: start, labels: row.labels, fields: row.fields, recursive: recursive)
                    try await follow(row, namespace, reader, bench)
                    try await bench.delete("start", in: "zz")
                }
            }
        },
        ConformanceCase("B02", "A watch of a resource without namespaces tells what is selected") { bench in
            let rows: [(key: String, fields: String, names: [String])] = [
                ("/pods", "", ["a", "b", "c"]), ("/pods", "spec.nodeName=n1", ["a", "c"]), ("/pods", "spec.nodeName!=n1", ["b"]),
                ("/pods", "metadata.name=a", ["a"]), ("/pods", "metadata.name=a,spec.nodeName=n1", ["a"]),
                ("/pods", "metadata.name=a,spec.nodeName!=n1", []),
            ]
            try await selects(rows, bench) { name, node in
                let bytes = Bench.pod(name, in: "", node: node)
                return try await bench.storage.create("/pods/\(name)", bytes: bytes, ttl: 0)
            }
        },
        ConformanceCase("B03", "A watch of a namespace tells what is selected in it") { bench in
            let rows: [(key: String, fields: String, names: [String])] = [
                ("/pods", "", ["a", "b", "c"]), ("/pods/ns", "", ["a", "b", "c"]), ("/pods/other", "", []),
                ("/pods", "metadata.namespace=ns", ["a", "b", "c"]), ("/pods", "metadata.namespace=other", []),
                ("/pods/ns", "metadata.namespace=ns", ["a", "b", "c"]), ("/pods/ns", "metadata.namespace=other", []),
                ("/pods", "metadata.name=a", ["a"]), ("/pods/ns", "metadata.name=a", ["a"]), ("/pods/ns", "metadata.name!=a", ["b", "c"]),
                ("/pods", "spec.nodeName=n1", ["a", "c"]), ("/pods/ns", "spec.nodeName=n1", ["a", "c"]), ("/pods/ns", "spec.nodeName!=n1", ["b"]),
                ("/pods/ns", "metadata.name=b,spec.nodeName=n1", []), ("/pods", "metadata.namespace=ns,spec.nodeName=n1", ["a", "c"]),
                ("/pods", "metadata.name=c,metadata.namespace=ns,spec.nodeName=n1", ["c"]),
            ]
            try await selects(rows, bench) { name, node in try await bench.create(name, node: node) }
        },
    ]

    /// What is done to a pod, and what a watcher with a selector is told.
    private struct Selection: Sendable {
        struct Step: Sendable {
            /// Nil deletes the pod.
            var labels: [String: String]?
            var node = ""
            var told: WatchChange.Kind?
            /// The content told is that of before.
            var isOld = false
        }
        var labels = ""
        var fields = ""
        var steps: [Step]
    }

    private static let selections = [
        Selection(steps: [.init(labels: [:], told: .added)]),
        Selection(labels: "app=x", steps: [.init(labels: [:]), .init(labels: ["app": "x"], told: .added)]),
        Selection(steps: [.init(labels: [:], node: "1", told: .added), .init(labels: [:], node: "2", told: .modified)]),
        Selection(
            fields: "spec.nodeName!=bar",
            steps: [.init(labels: [:], node: "foo", told: .added), .init(labels: [:], node: "bar", told: .deleted, isOld: true)]),
        Selection(
            labels: "app=x",
            steps: [
                .init(labels: ["app": "x"], told: .added), .init(labels: ["app": "y"], told: .deleted, isOld: true),
                .init(labels: ["app": "x"], told: .added), .init(labels: ["app": "x"], node: "n", told: .modified),
                .init(labels: nil, told: .deleted, isOld: true),
            ]),
    ]

    private static func follow(_ row: Selection, _ namespace: String, _ reader: EventReader, _ bench: Bench) async throws {
        var before: StoredObject?
        for (index, step) in row.steps.enumerated() {
            // In a namespace whose name begins the same: nobody is told.
            try await bench.update("foo", in: "\(namespace)-bad", labels: ["app": "x"], n: Int(before?.resourceVersion.value ?? 0))
            let now =
                if let labels = step.labels {
                    try await bench.update("foo", in: namespace, labels: labels, node: step.node, n: index)
                } else {
                    try await bench.delete("foo", in: namespace)
                }
            if let told = step.told {
                let change = try await reader.change()
                try requireEqual(EventReader.line(.change(change)), told.line(now), "event \(index) of \(row.labels)\(row.fields)")
                let content = step.isOld ? before?.bytes : now.bytes
                try requireEqual(change.object.bytes, try required(content, "what was before"), "content of event \(index)")
            }
            before = now
        }
        if row.steps.last?.labels != nil { try await bench.delete("foo", in: namespace) }
        reader.stream.cancel()
    }

    private static func selects(
        _ rows: [(key: String, fields: String, names: [String])], _ bench: Bench,
        create: (_ name: String, _ node: String) async throws -> StoredObject
    ) async throws {
        let start = try await bench.create("start", in: "zz").resourceVersion
        for (name, node) in [("a", "n1"), ("b", "n2"), ("c", "n1")] { _ = try await create(name, node) }
        for row in rows {
            let reader = try await bench.watch(row.key, after: start, fields: row.fields)
            var names: [String] = []
            for _ in row.names { names.append(String(try await reader.change().object.key.split(separator: "/").last ?? "")) }
            try requireEqual(names, row.names, "\(row.key) with \"\(row.fields)\"")
            try await reader.requireSilence("\(row.key) with \"\(row.fields)\"")
        }
    }
}
