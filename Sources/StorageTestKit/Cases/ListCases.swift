//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let listCases = [
        ConformanceCase("A18", "A list at no version is of the newest, each time", alone: true) { bench in
            try await bench.create("foo")
            for _ in 0..<3 {
                let newest = try await bench.subject.increaseRevision()
                let atZero = try await bench.list(at: .zero)
                try require(atZero.resourceVersion <= newest, "a list at zero is of \(atZero.resourceVersion), beyond \(newest)")
                if bench.has(.newestAtZero) { try requireEqual(atZero.resourceVersion, newest, "version of a list at zero") }
                try requireEqual(try await bench.list().resourceVersion, newest, "version of a list at no version")
            }
            let newest = try await bench.subject.increaseRevision()
            try await bench.create("goo")
            let page = try await bench.list(limit: 1)
            try require(page.resourceVersion > newest, "version of a page")
            let last = try await bench.subject.increaseRevision()
            let rest = try await bench.list(limit: 1, continuing: try bench.tokenAtNewest(after: "ns/foo", of: page))
            try requireEqual(rest.resourceVersion, last, "version of a page that goes on at the newest")
            try requireEqual(rest.items.names, ["ns/goo"], "what goes on")
        },
        ConformanceCase("A19", "A list of one key has that object or none, at the version that was asked for") { bench in
            let first = try await bench.create("foo", n: 1)
            let second = try await bench.update("foo", n: 2)
            let other = try await bench.create("other")
            let key = Bench.key("foo")
            func list(_ version: ResourceVersion?, _ match: ResourceVersionMatch? = nil, fields: String = "") async throws -> [StoredObject] {
                let list = try await bench.list(key, at: version, match, fields: fields, recursive: false)
                try require(!list.resourceVersion.isZero, "a list has no version")
                return list.items
            }
            try requireEqual(try await list(nil).map(\.bytes), [second.bytes], "no version")
            let atZero = try await list(.zero).map(\.bytes)
            let isOld = atZero == [] || atZero == [first.bytes]
            try require(atZero == [second.bytes] || isOld && !bench.has(.newestAtZero), "version zero gave \(atZero.count) items")
            try requireEqual(try await list(other.resourceVersion).map(\.bytes), [second.bytes], "version of the newest write")
            let notOlder = try await list(first.resourceVersion, .notOlderThan).map(\.bytes)
            try require(notOlder == [first.bytes] || notOlder == [second.bytes], "not older than the first write gave \(notOlder.count) items")
            try requireEqual(try await list(second.resourceVersion, .exact).map(\.bytes), [second.bytes], "exactly the second write")
            try requireEqual(try await list(first.resourceVersion, .exact).map(\.bytes), [first.bytes], "exactly the first write")
            try await requireError(.resourceVersionTooLarge, of: "far future") { try await list(.farFuture) }
            try requireEqual(try await bench.list(Bench.key("missing"), recursive: false).items.count, 0, "items of a missing key")
            try requireEqual(try await list(nil, fields: "metadata.name!=foo").count, 0, "items that aren't selected")
        },
        ConformanceCase("A20", "A list goes by whole parts of keys, not by how they begin") { bench in
            try await bench.create("foo", in: "test-ns")
            try await bench.create("foobar", in: "test-ns")
            let last = try await bench.create("baz", in: "test-ns2")
            let rows: [(key: String, recursive: Bool, names: [String])] = [
                ("/pods/", false, []), ("/pods/test-ns/", false, []), ("/pods/", true, ["test-ns/foo", "test-ns/foobar", "test-ns2/baz"]),
                ("/pods/test-ns/", true, ["test-ns/foo", "test-ns/foobar"]), ("/pods/test-ns", true, ["test-ns/foo", "test-ns/foobar"]),
                ("/pods/test-ns/foo", false, ["test-ns/foo"]), ("/pods/test-ns/foo", true, []),
            ]
            let versions: [(ResourceVersion?, ResourceVersionMatch?)] = [(last.resourceVersion, .exact), (nil, nil), (.zero, .notOlderThan)]
            for row in rows {
                for (version, match) in versions {
                    let names = try await bench.list(row.key, at: version, match, recursive: row.recursive).items.names
                    if version == .zero, !bench.has(.newestAtZero), Set(names).isSubset(of: row.names) { continue }
                    try requireEqual(names, row.names, "\(row.key), recursive \(row.recursive), version \(version as Any)")
                }
            }
        },
        ConformanceCase("A36", "A list of a namespace obeys the namespace and every selector") { bench in
            try await bench.create("foo", in: "ns1", node: "node1")
            try await bench.create("bar", in: "ns1", node: "node2")
            try await bench.create("foo", in: "ns2", node: "node1")
            for row in namespaceRows {
                try requireEqual(try await bench.list(row.key, fields: row.fields).items.names, row.names, "\(row.key) with \"\(row.fields)\"")
            }
        },
        ConformanceCase("A27", "The same selection at the same version gives the same list, whatever is written meanwhile", needs: [.transformer]) {
            bench in
            for index in 0..<8 { try await bench.create("pod-\(index)", labels: ["even": index.isMultiple(of: 2) ? "true" : "false"]) }
            let made = Locked(0)
            try bench.transformer.set { stored, _ in
                // Every value that is read has another pod made behind it.
                let index = made.increment()
                if index <= 8 {
                    _ = try await bench.storage.guaranteedUpdate(
                        Bench.key("extra-\(index)"), ignoreNotFound: true, preconditions: nil, suggestion: nil
                    ) { UpdateProposal(bytes: Bench.pod("extra-\(index)", labels: ["even": "true"], n: ($0?.bytes.count ?? 0) % 7)) }
                }
                return TransformedValue(bytes: stored)
            }
            for version: ResourceVersion? in [nil, ResourceVersion(1)] {
                made.change { $0 -= min($0, 4) }
                let first = try await bench.list(at: version, version.map { _ in ResourceVersionMatch.notOlderThan }, labels: "even=true", limit: 4)
                made.change { $0 += 100 }
                let again = try await bench.list(at: first.resourceVersion, .exact, labels: "even=true", limit: 4)
                made.change { $0 -= 100 }
                try requireEqual(again.items.names, first.items.names, "the same list at its version")
                try requireEqual(again.continueToken, first.continueToken, "the same list's token")
            }
        },
    ]

    private static let namespaceRows: [(key: String, fields: String, names: [String])] = [
        ("/pods/", "", ["ns1/bar", "ns1/foo", "ns2/foo"]), ("/pods/ns1", "", ["ns1/bar", "ns1/foo"]), ("/pods/ns3", "", []),
        ("/pods/", "metadata.namespace=ns1", ["ns1/bar", "ns1/foo"]), ("/pods/", "metadata.namespace=ns3", []),
        ("/pods/ns1", "metadata.namespace=ns1", ["ns1/bar", "ns1/foo"]), ("/pods/ns1", "metadata.namespace=ns2", []),
        ("/pods/", "metadata.name=foo", ["ns1/foo", "ns2/foo"]), ("/pods/ns1", "metadata.name=foo", ["ns1/foo"]),
        ("/pods/", "spec.nodeName=node1", ["ns1/foo", "ns2/foo"]), ("/pods/ns1", "spec.nodeName=node1", ["ns1/foo"]),
        ("/pods/", "spec.nodeName!=node1", ["ns1/bar"]), ("/pods/ns1", "spec.nodeName!=node1", ["ns1/bar"]),
        ("/pods/ns2", "spec.nodeName!=node1", []), ("/pods/", "metadata.name=foo,spec.nodeName=node1", ["ns1/foo", "ns2/foo"]),
        ("/pods/ns1", "metadata.name=foo,spec.nodeName=node2", []), ("/pods/ns1", "metadata.namespace=ns1,spec.nodeName=node2", ["ns1/bar"]),
    ]
}

extension Bench {
    /// A token that goes on at the newest version after a pod. Made out of another's, since only the storage knows what tokens are relative to.
    func tokenAtNewest(after name: String, of page: StorageList) throws -> String {
        let text = try required(page.continueToken, "the token of a page")
        // Any prefix does for reading, as long as the same one is used for writing.
        let token = try ContinueToken(parsing: text, keyPrefix: "/")
        try requireEqual(token.startKey, "/\(name)\0", "where a page goes on")
        return try ContinueToken(revision: ContinueToken.latest, startKey: token.startKey).encoded(keyPrefix: "/")
    }
}
