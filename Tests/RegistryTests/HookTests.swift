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

@Suite("Hooks")
struct HookTests {
    /// Hooks that note that they ran and leave a mark on the object.
    static func hooks(_ recorder: Recorder, beginFails: Bool = false) -> RegistryHooks<Widget> {
        @Sendable func finish(_ name: String) -> RegistryHooks<Widget>.Finish { { succeeded in recorder.note("\(name)(\(succeeded))") } }
        @Sendable func begin(_ name: String, _ widget: inout Widget) throws(Status) -> RegistryHooks<Widget>.Finish {
            recorder.note("Begin\(name)")
            if beginFails { throw Status.internalError("begin") }
            widget.metadata.annotations["begin"] = "x"
            return finish("Finish\(name)")
        }
        var hooks = RegistryHooks<Widget>()
        hooks.beginCreate = { (widget, _, _) async throws(Status) in try begin("Create", &widget) }
        hooks.beginUpdate = { (widget, _, _, _) async throws(Status) in try begin("Update", &widget) }
        hooks.afterCreate = { widget, _ in
            recorder.note("AfterCreate")
            widget.metadata.annotations["after"] = "x"
        }
        hooks.afterUpdate = { widget, _ in
            recorder.note("AfterUpdate")
            widget.metadata.annotations["after"] = "x"
        }
        hooks.afterDelete = { _, _ in recorder.note("AfterDelete") }
        hooks.decorate = { widget in
            recorder.note("Decorate")
            widget.metadata.annotations["decorated"] = "x"
        }
        return hooks
    }

    @Test("A create runs Begin, Finish, After and the decorator, and all leave their mark")
    func create() async throws {
        let recorder = Recorder()
        try await Fixture.run(configure: { $0.hooks = Self.hooks(recorder) }) { (fixture) async throws in
            let created = try await fixture.create(Widget("one"))
            #expect(recorder.take() == ["BeginCreate", "FinishCreate(true)", "AfterCreate", "Decorate"])
            #expect(created.metadata.annotations.keys.sorted() == ["after", "begin", "decorated"])
            let stored = try #require(try await fixture.stored("/widgets/demo/one"))
            #expect(stored.contains("begin"))
            #expect(!stored.contains("after") && !stored.contains("decorated"))
        }
    }

    @Test("A failing create finishes with false, once", arguments: ["ttl", "validation", "conflict"])
    func failingCreate(reason: String) async throws {
        let recorder = Recorder()
        try await Fixture.run { (plain) async throws in
            if reason == "conflict" { try await plain.create(Widget("one")) }
            let fixture = plain.reconfigured { configuration in
                configuration.hooks = Self.hooks(recorder)
                if reason == "ttl" { configuration.timeToLive = { (_, _, _) throws(Status) in throw Status.internalError("ttl") } }
            }
            _ = await failure { try await fixture.create(Widget("one", size: reason == "validation" ? -1 : 1)) }
            #expect(recorder.take() == ["BeginCreate", "FinishCreate(false)"])
            #expect(try await plain.names() == (reason == "conflict" ? ["one"] : []))
        }
    }

    @Test("A Begin hook that throws is the last that runs")
    func failingBegin() async throws {
        let recorder = Recorder()
        try await Fixture.run { (plain) async throws in
            try await plain.create(Widget("two"))
            let fixture = plain.reconfigured { $0.hooks = Self.hooks(recorder, beginFails: true) }
            _ = await failure { try await fixture.create(Widget("one")) }
            #expect(recorder.take() == ["BeginCreate"])
            _ = await failure { try await fixture.update("two") { $0.spec?.size = 9 } }
            #expect(recorder.take() == ["BeginUpdate"])
        }
    }

    @Test("An update runs Begin, Finish, After and the decorator")
    func update() async throws {
        let recorder = Recorder()
        try await Fixture.run { (plain) async throws in
            try await plain.create(Widget("one"))
            let fixture = plain.reconfigured { $0.hooks = Self.hooks(recorder) }
            let updated = try await fixture.update("one") { $0.spec?.size = 2 }
            #expect(recorder.take() == ["BeginUpdate", "FinishUpdate(true)", "AfterUpdate", "Decorate"])
            #expect(updated.metadata.annotations.keys.sorted() == ["after", "begin", "decorated"])
        }
    }

    @Test("Create on update runs the hooks of creation")
    func createOnUpdate() async throws {
        let recorder = Recorder()
        let strategy = WidgetStrategy(allowsCreateOnUpdate: true)
        try await Fixture.run(strategy: strategy, configure: { $0.hooks = Self.hooks(recorder) }) { (fixture) async throws in
            try await fixture.update("one") { _ in }
            #expect(recorder.take() == ["BeginCreate", "FinishCreate(true)", "AfterCreate", "Decorate"])
        }
    }

    @Test("Begin and Finish stay in balance when an update has to be made again", arguments: [true, false])
    func retry(secondSucceeds: Bool) async throws {
        let recorder = Recorder()
        try await Fixture.run { (plain) async throws in
            let attempts = Mutex(0)
            try await plain.create(Widget("one"))
            let fixture = plain.reconfigured { configuration in
                configuration.hooks = Self.hooks(recorder)
                configuration.timeToLive = { (_, _, _) throws(Status) -> Int in
                    recorder.note("TTL")
                    if attempts.withLock({ $0 }) > 1, !secondSucceeds { throw Status.internalError("ttl") }
                    return 0
                }
            }
            let object = UpdatedObject { (existing) async throws(Status) -> JSONValue in
                let attempt = attempts.withLock { attempts in
                    attempts += 1
                    return attempts
                }
                var value = existing ?? .null
                if attempt == 1 {
                    // Somebody else writes between this attempt's read and its write.
                    let interloper = UpdatedObject { (existing) async throws(Status) -> JSONValue in
                        var value = existing ?? .null
                        value["spec"]?["note"] = "first"
                        return value
                    }
                    _ = try await plain.store.update("one", object: interloper, options: UpdateOptions(), context: plain.context)
                }
                value["spec"]?["size"] = 5
                return value
            }
            if secondSucceeds {
                let result = try await fixture.store.update("one", object: object, options: UpdateOptions(), context: fixture.context)
                let widget = try fixture.store.decode(result.object)
                #expect(widget.spec == Widget.Spec(size: 5, note: "first"))
                #expect(
                    recorder.take() == [
                        "BeginUpdate", "TTL", "FinishUpdate(true)", "BeginUpdate", "TTL", "FinishUpdate(true)", "AfterUpdate", "Decorate",
                    ])
            } else {
                _ = await failure {
                    _ = try await fixture.store.update("one", object: object, options: UpdateOptions(), context: fixture.context)
                }
                #expect(
                    recorder.take() == ["BeginUpdate", "TTL", "FinishUpdate(true)", "BeginUpdate", "TTL", "FinishUpdate(false)"])
            }
        }
    }

    @Test("After hooks run once for a delete, and not when something holds the object")
    func afterDelete() async throws {
        let recorder = Recorder()
        try await Fixture.run { (plain) async throws in
            try await plain.create(Widget("held", finalizers: ["example.com/hold"]))
            try await plain.create(Widget("free"))
            let fixture = plain.reconfigured { $0.hooks.afterDelete = { _, _ in recorder.note("AfterDelete") } }
            try await fixture.delete("held")
            #expect(recorder.take() == [])
            try await fixture.delete("free")
            #expect(recorder.take() == ["AfterDelete"])
            try await fixture.update("held") { $0.metadata.finalizers = [] }
            #expect(recorder.take() == ["AfterDelete"])
        }
    }

    @Test("The decorator changes what is read, listed and watched, not what is stored")
    func decorator() async throws {
        try await Fixture.run { (plain) async throws in
            try await plain.create(Widget("one"))
            let fixture = plain.reconfigured { $0.hooks.decorate = { $0.metadata.annotations["decorated"] = "x" } }
            #expect(try await fixture.get("one").metadata.annotations["decorated"] == "x")
            let list = try await fixture.store.list(options: ResourceListOptions(), context: fixture.context)
            #expect(try list.items.map { try fixture.store.decode($0).metadata.annotations["decorated"] } == ["x"])
            var options = ResourceListOptions()
            options.resourceVersion = list.resourceVersion
            let watch = try await fixture.store.watch(options: options, context: fixture.context)
            try await plain.create(Widget("two"))
            var iterator = watch.makeAsyncIterator()
            guard case .change(let change) = await iterator.next() else {
                Issue.record("expected a change")
                return
            }
            #expect(try fixture.store.decode(change.object).metadata.annotations["decorated"] == "x")
            #expect(try await plain.stored("/widgets/demo/two")?.contains("decorated") == false)
        }
    }

    @Test("A decorated watch passes bookmarks and failures through")
    func decoratedWatch() async {
        let mailbox = WatchMailbox()
        let bookmark = WatchEvent.bookmark(ResourceVersion(7), endsInitialEvents: true)
        #expect(mailbox.offer([bookmark]) == .accepted)
        mailbox.finish(failing: StorageError(.expired))
        let watch = DecoratedWatch(WatchStream(source: mailbox)) { (object) throws(StorageError) in object }
        var events: [WatchEvent] = []
        while case let batch = await watch.nextBatch(), !batch.isEmpty { events += batch }
        #expect(events.count == 2)
        #expect(events.first?.resourceVersion == ResourceVersion(7))
        guard case .failure(let error) = events.last else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.code == .expired)
    }
}
