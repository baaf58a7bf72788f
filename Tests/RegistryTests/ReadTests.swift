//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import Registry
import Storage
import Testing

@Suite("Reading")
struct ReadTests {
    @Test("Keys follow scope, namespace and name")
    func keys() async throws {
        try await Fixture.run { (fixture) async throws in
            let key = try fixture.store.key(name: "one", context: fixture.context)
            #expect(key == "/widgets/demo/one")
            #expect(fixture.store.listKey(namespace: nil) == "/widgets")
            #expect(fixture.store.listKey(namespace: "demo") == "/widgets/demo")
        }
        try await Fixture.run(resource: .clusterWidgets) { (fixture) async throws in
            let key = try fixture.store.key(name: "one", context: fixture.context)
            #expect(key == "/widgets/one")
            #expect(fixture.store.listKey(namespace: "demo") == "/widgets")
        }
    }

    @Test("Names that can't be a key give 400", arguments: ["", ".", "..", "a/b", "a%b"])
    func badNames(_ name: String) async throws {
        try await Fixture.run { (fixture) async throws in
            #expect(await failure { _ = try await fixture.get(name) }?.code == 400)
            #expect(await failure { try await fixture.delete(name) }?.code == 400)
            #expect(await failure { try await fixture.update(name) { _ in } }?.code == 400)
        }
    }

    @Test("A namespaced object needs a namespace")
    func noNamespace() async throws {
        try await Fixture.run { (fixture) async throws in
            #expect(await failure { _ = try await fixture.inNamespace(nil).get("one") }?.code == 400)
        }
    }

    @Test("The same name in two namespaces is two objects")
    func namespaces() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", size: 1))
            try await fixture.inNamespace("other").create(Widget("one", size: 2))
            #expect(try await fixture.get("one").spec?.size == 1)
            #expect(try await fixture.inNamespace("other").get("one").spec?.size == 2)
            #expect(await failure { _ = try await fixture.inNamespace("third").get("one") }?.code == 404)
        }
    }

    @Test(
        "Lists take what namespace and selectors ask for",
        arguments: [
            (namespace: String?("demo"), labels: "", fields: "", expected: ["demo/one", "demo/two"]),
            (namespace: nil, labels: "", fields: "", expected: ["demo/one", "demo/two", "other/one"]),
            (namespace: "demo", labels: "a=1", fields: "", expected: ["demo/one"]),
            (namespace: "demo", labels: "", fields: "metadata.name=two", expected: ["demo/two"]),
            (namespace: "demo", labels: "a=1", fields: "metadata.name=two", expected: []),
            (namespace: nil, labels: "", fields: "metadata.name=one", expected: ["demo/one", "other/one"]),
            (namespace: nil, labels: "", fields: "metadata.namespace=other", expected: ["other/one"]),
            (namespace: nil, labels: "", fields: "metadata.namespace=other,metadata.name=one", expected: ["other/one"]),
            (namespace: "demo", labels: "", fields: "metadata.namespace=other", expected: []),
            (namespace: "demo", labels: "", fields: "metadata.name=a%b", expected: []),
            (namespace: "none", labels: "", fields: "", expected: []),
        ])
    func list(namespace: String?, labels: String, fields: String, expected: [String]) async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", labels: ["a": "1"]))
            try await fixture.create(Widget("two", labels: ["a": "2"]))
            try await fixture.inNamespace("other").create(Widget("one", labels: ["a": "3"]))
            var options = ResourceListOptions()
            options.labelSelector = try LabelSelector(parsing: labels)
            options.fieldSelector = try FieldSelector(parsing: fields)
            let list = try await fixture.store.list(options: options, context: fixture.inNamespace(namespace).context)
            #expect(
                try list.items.map { object in
                    let metadata = try object.metadata()
                    return "\(metadata.namespace)/\(metadata.name)"
                } == expected)
            #expect(list.resourceVersion > .zero)
        }
    }

    @Test("A watch reports what namespace and selectors ask for")
    func watch() async throws {
        try await Fixture.run { (fixture) async throws in
            var options = ResourceListOptions()
            options.resourceVersion = try await fixture.storage.currentResourceVersion()
            options.fieldSelector = try FieldSelector(parsing: "metadata.name=one")
            let watch = try await fixture.store.watch(options: options, context: fixture.context)
            try await fixture.create(Widget("two"))
            try await fixture.inNamespace("other").create(Widget("one"))
            try await fixture.create(Widget("one"))
            try await fixture.delete("one")
            var seen: [String] = []
            for await event in watch {
                guard case .change(let change) = event else { continue }
                seen.append("\(change.kind.rawValue) \(change.object.key)")
                if seen.count == 2 { break }
            }
            #expect(seen == ["ADDED /widgets/demo/one", "DELETED /widgets/demo/one"])
        }
    }

    @Test("Pages go on where they ended")
    func pages() async throws {
        try await Fixture.run { (fixture) async throws in
            for index in 0..<5 { try await fixture.create(Widget("w\(index)")) }
            var options = ResourceListOptions()
            options.limit = 2
            var names: [String] = []
            var versions: Set<ResourceVersion> = []
            repeat {
                let page = try await fixture.store.list(options: options, context: fixture.context)
                names += try page.items.map { try $0.metadata().name }
                versions.insert(page.resourceVersion)
                options.continueToken = page.continueToken
            } while options.continueToken != nil
            #expect(names == ["w0", "w1", "w2", "w3", "w4"])
            #expect(versions.count == 1)
        }
    }

    @Test("A version from the future gives 504 with the cause that clients look for")
    func future() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure {
                _ = try await fixture.store.get(
                    "one", options: GetOptions(resourceVersion: ResourceVersion(999_999_999)), context: fixture.context)
            }
            #expect(status?.code == 504)
            #expect(status?.details?.causes.first?.type == "ResourceVersionTooLarge")
            #expect(status?.message.contains("999999999") == true)
        }
    }

    @Test("The default table has the name and the time of creation")
    func table() async throws {
        try await Fixture.run { (fixture) async throws in
            let widget = try await fixture.create(Widget("one"))
            let object = try await fixture.store.get("one", options: GetOptions(), context: fixture.context)
            #expect(fixture.store.tableColumns.map(\.name) == ["Name", "Created At"])
            #expect(
                try fixture.store.tableCells(for: object)
                    == ["one", .string(try #require(widget.metadata.creationTimestamp).description)])
        }
    }

    @Test("Bytes that aren't an object give 500 naming the key, and stay as they are")
    func corrupt() async throws {
        try await Fixture.run(configure: { $0.hooks.decorate = { _ in } }) { (fixture) async throws in
            _ = try await fixture.storage.create("/widgets/demo/bad", bytes: Array("nonsense".utf8), ttl: 0)
            let status = await failure { _ = try await fixture.get("bad") }
            #expect(status?.code == 500)
            #expect(status?.message.contains("/widgets/demo/bad") == true)
            #expect(await failure { try await fixture.update("bad") { _ in } }?.code == 500)
            #expect(await failure { try await fixture.delete("bad") }?.code == 500)
        }
    }
}
