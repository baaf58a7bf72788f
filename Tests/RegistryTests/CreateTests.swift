//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import Registry
import Storage
import Synchronization
import Testing

@Suite("Creating")
struct CreateTests {
    @Test("What is stored has sorted members, its type, no version and one line feed")
    func storedBytes() async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one", size: 3, labels: ["b": "2", "a": "1"]))
            let time = try #require(created.metadata.creationTimestamp)
            #expect(
                try await fixture.stored("/widgets/demo/one")
                    == #"{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"creationTimestamp":"\#(time)","generation":1,"#
                    + #""labels":{"a":"1","b":"2"},"name":"one","namespace":"demo","uid":"\#(created.metadata.uid)"},"spec":{"size":3}}"# + "\n")
        }
    }

    @Test("Identity and times are the server's, whatever the client says")
    func systemMetadata() async throws {
        try await Fixture.run { (fixture) async throws in
            var widget = Widget("one")
            widget.metadata.uid = "mine"
            widget.metadata.creationTimestamp = Timestamp(secondsSinceEpoch: 1)
            widget.metadata.deletionTimestamp = Timestamp(secondsSinceEpoch: 2)
            widget.metadata.deletionGracePeriodSeconds = 3
            widget.status = "mine"
            let created = try await fixture.create(widget)
            #expect(created.metadata.uid.count == 36)
            #expect(created.metadata.creationTimestamp.map { $0.secondsSinceEpoch > 1_000_000 } == true)
            #expect(created.metadata.deletionTimestamp == nil)
            #expect(created.metadata.deletionGracePeriodSeconds == nil)
            #expect(created.status == nil)
            #expect(!created.metadata.resourceVersion.isEmpty)
        }
    }

    @Test("A taken name gives 409 AlreadyExists and changes nothing")
    func alreadyExists() async throws {
        try await Fixture.run { (fixture) async throws in
            let first = try await fixture.create(Widget("one", size: 1))
            let status = await failure { try await fixture.create(Widget("one", size: 2)) }
            #expect(status?.code == 409)
            #expect(status?.reason == .alreadyExists)
            #expect(status?.message == #"widgets.test.example.com "one" already exists"#)
            #expect(try await fixture.get("one") == first)
        }
    }

    @Test("A name whose owner is being deleted says so")
    func beingDeleted() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/hold"]))
            try await fixture.delete("one")
            let status = await failure { try await fixture.create(Widget("one")) }
            #expect(status?.reason == .alreadyExists)
            #expect(status?.message.hasPrefix("object is being deleted: ") == true)
        }
    }

    @Test("The request's namespace is filled in, another one gives 400")
    func namespaces() async throws {
        try await Fixture.run { (fixture) async throws in
            #expect(try await fixture.create(Widget("one")).metadata.namespace == "demo")
            var widget = Widget("two")
            widget.metadata.namespace = "other"
            let status = await failure { [widget] in try await fixture.create(widget) }
            #expect(status?.code == 400)
            #expect(status?.message == "the namespace of the provided object does not match the namespace sent on the request")
        }
    }

    @Test("A cluster-scoped resource ignores the request's namespace")
    func clusterScope() async throws {
        try await Fixture.run(resource: .clusterWidgets) { (fixture) async throws in
            #expect(try await fixture.create(Widget("one")).metadata.namespace == "")
            #expect(try await fixture.stored("/widgets/one") != nil)
            #expect(try await fixture.inNamespace("other").find("one") != nil)
        }
    }

    @Test("Invalid objects give 422 with every cause, and nothing is stored", arguments: [-1, 1])
    func invalid(size: Int) async throws {
        try await Fixture.run { (fixture) async throws in
            let status = await failure { try await fixture.create(Widget("Not_A_Name", size: size)) }
            #expect(status?.code == 422)
            #expect(status?.reason == .invalid)
            // The metadata is looked at only when the kind's own rules find nothing.
            #expect(status?.details?.causes.map(\.field) == [size < 0 ? "spec.size" : "metadata.name"])
            #expect(try await fixture.names().isEmpty)
        }
    }

    @Test("An object without a name is invalid")
    func nameless() async throws {
        try await Fixture.run { (fixture) async throws in
            let status = await failure { try await fixture.create(Widget()) }
            #expect(status?.code == 422)
        }
    }

    @Test("A version on a new object is refused")
    func versionOnCreate() async throws {
        try await Fixture.run { (fixture) async throws in
            var widget = Widget("one")
            widget.metadata.resourceVersion = "7"
            let status = await failure { [widget] in try await fixture.create(widget) }
            #expect(status?.message == "resourceVersion should not be set on objects to be created")
        }
    }

    @Test("Warnings reach the client")
    func warnings() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", size: 13))
            #expect(fixture.context.warnings.warnings == ["spec.size: 13 is said to bring bad luck"])
        }
    }

    @Test("Eight names are tried before a generated name is given up")
    func generatedNames() async throws {
        let counter = Mutex(0)
        let strategy = WidgetStrategy(nextName: { base in
            counter.withLock { count in
                defer { count += 1 }
                return base + String(count)
            }
        })
        try await Fixture.run(strategy: strategy) { (fixture) async throws in
            var widget = Widget()
            widget.metadata.generateName = "prefix-"
            for attempt in 0..<8 {
                counter.withLock { $0 = 0 }
                #expect(try await fixture.create(widget).metadata.name == "prefix-\(attempt)")
            }
            counter.withLock { $0 = 0 }
            let status = await failure { [widget] in try await fixture.create(widget) }
            #expect(counter.withLock { $0 } == 8)
            #expect(status?.reason == .alreadyExists)
            #expect(status?.details?.retryAfterSeconds == 1)
            #expect(status?.message.hasSuffix("the server was not able to generate a unique name for the object") == true)
        }
    }

    @Test("A given name wins over generateName and isn't tried again")
    func givenName() async throws {
        let counter = Mutex(0)
        let strategy = WidgetStrategy(nextName: { base in
            counter.withLock { $0 += 1 }
            return base
        })
        try await Fixture.run(strategy: strategy) { (fixture) async throws in
            var widget = Widget("one")
            widget.metadata.generateName = "prefix-"
            #expect(try await fixture.create(widget).metadata.name == "one")
            _ = await failure { [widget] in try await fixture.create(widget) }
            #expect(counter.withLock { $0 } == 0)
        }
    }

    @Test("Of several creates of one name one wins")
    func concurrent() async throws {
        try await Fixture.run { (fixture) async throws in
            let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                for size in 0..<8 {
                    group.addTask {
                        do throws(Status) {
                            _ = try await fixture.store.create(Widget("one", size: size).json(), options: CreateOptions(), context: fixture.context)
                            return true
                        } catch  where error.reason == .alreadyExists {
                            return false
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wins == 1)
        }
    }

    @Test("An object that doesn't decode gives 400 naming the field")
    func undecodable() async throws {
        try await Fixture.run { (fixture) async throws in
            let json: JSONValue = ["metadata": ["name": "one"], "spec": ["size": "big"]]
            let status = await failure { _ = try await fixture.store.create(json, options: CreateOptions(), context: fixture.context) }
            #expect(status?.code == 400)
            #expect(status?.message.contains("spec.size") == true)
        }
    }
}
