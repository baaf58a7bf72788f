//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import Registry
import Storage
import Testing

@Suite("Dry run")
struct DryRunTests {
    @Test("A create answers as the real one would, without a version, and stores nothing")
    func create() async throws {
        try await Fixture.run { (fixture) async throws in
            let version = try await fixture.storage.currentResourceVersion()
            let widget = try await fixture.create(Widget("one", size: 3), dryRun: true)
            #expect(widget.spec?.size == 3)
            #expect(widget.metadata.uid.count == 36)
            #expect(widget.metadata.resourceVersion == "")
            #expect(try await fixture.stored("/widgets/demo/one") == nil)
            #expect(try await fixture.storage.currentResourceVersion() >= version)
        }
    }

    @Test("A create of a taken name gives 409, an invalid one 422")
    func createFails() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            #expect(await failure { try await fixture.create(Widget("one"), dryRun: true) }?.reason == .alreadyExists)
            #expect(await failure { try await fixture.create(Widget("two", size: -1), dryRun: true) }?.code == 422)
        }
    }

    @Test("A name is taken by what can't be read too", arguments: [false, true])
    func createOverUnreadable(dryRun: Bool) async throws {
        try await Fixture.run { (fixture) async throws in
            _ = try await fixture.storage.create("/widgets/demo/one", bytes: [0xff], ttl: 0)
            #expect(await failure { try await fixture.create(Widget("one"), dryRun: dryRun) }?.reason == .alreadyExists)
        }
    }

    @Test("An update answers with the change and keeps version and object")
    func update() async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one", size: 1))
            let updated = try await fixture.update("one", options: UpdateOptions(dryRun: true)) { $0.spec?.size = 2 }
            #expect(updated.spec?.size == 2)
            #expect(updated.metadata.generation == 2)
            #expect(updated.metadata.resourceVersion == created.metadata.resourceVersion)
            #expect(try await fixture.get("one") == created)
        }
    }

    @Test("An update of what is missing, and one whose precondition fails, fail")
    func updateFails() async throws {
        try await Fixture.run { (fixture) async throws in
            let options = UpdateOptions(dryRun: true)
            #expect(await failure { try await fixture.update("one", options: options) { _ in } }?.code == 404)
            try await fixture.create(Widget("one"))
            #expect(
                await failure { try await fixture.update("one", preconditions: Preconditions(uid: "x"), options: options) { _ in } }?.code == 409)
        }
    }

    @Test("Create on update stores nothing")
    func createOnUpdate() async throws {
        try await Fixture.run(strategy: WidgetStrategy(allowsCreateOnUpdate: true)) { (fixture) async throws in
            let widget = try await fixture.update("one", options: UpdateOptions(dryRun: true)) { _ in }
            #expect(widget.metadata.resourceVersion == "")
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("What is missing has no UID that could be asked for", arguments: [false, true])
    func createOnUpdateWithPrecondition(dryRun: Bool) async throws {
        try await Fixture.run(strategy: WidgetStrategy(allowsCreateOnUpdate: true)) { (fixture) async throws in
            let options = UpdateOptions(dryRun: dryRun)
            #expect(
                await failure { try await fixture.update("one", preconditions: Preconditions(uid: "x"), options: options) { _ in } }?.code == 409)
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("A delete removes nothing, marks nothing, and checks what the real one would", arguments: [[], ["example.com/hold"]])
    func delete(finalizers: [String]) async throws {
        try await Fixture.run { (fixture) async throws in
            let options = DeleteOptions(dryRun: true)
            #expect(await failure { try await fixture.delete("one", options) }?.code == 404)
            let created = try await fixture.create(Widget("one", finalizers: finalizers))
            #expect(try await fixture.delete("one", options).isDeleted == finalizers.isEmpty)
            #expect(try await fixture.get("one") == created)
            let wrong = DeleteOptions(preconditions: Preconditions(uid: "x"), dryRun: true)
            #expect(await failure { try await fixture.delete("one", wrong) }?.code == 409)
        }
    }

    @Test("Taking the last finalizer off in a rehearsal keeps the object")
    func lastFinalizer() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a"]))
            try await fixture.delete("one")
            try await fixture.update("one", options: UpdateOptions(dryRun: true)) { $0.metadata.finalizers = [] }
            #expect(try await fixture.get("one").metadata.finalizers == ["example.com/a"])
        }
    }

    @Test("Watchers hear nothing of a rehearsal")
    func noEvents() async throws {
        try await Fixture.run { (fixture) async throws in
            var options = ResourceListOptions()
            options.resourceVersion = try await fixture.storage.currentResourceVersion()
            let watch = try await fixture.store.watch(options: options, context: fixture.context)
            try await fixture.create(Widget("rehearsed"), dryRun: true)
            try await fixture.create(Widget("real"))
            var iterator = watch.makeAsyncIterator()
            guard case .change(let change) = await iterator.next() else {
                Issue.record("expected a change")
                return
            }
            #expect(try change.object.metadata().name == "real")
        }
    }
}
