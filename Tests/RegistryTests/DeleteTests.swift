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

@Suite("Deleting")
struct DeleteTests {
    @Test("An object that nothing holds goes at once, and the status says which")
    func delete() async throws {
        try await Fixture.run { (fixture) async throws in
            let widget = try await fixture.create(Widget("one"))
            let status = try await fixture.delete("one").status
            #expect(status?.isFailure == false)
            #expect(
                status?.details
                    == Status.Details(name: "one", group: "test.example.com", kind: "widgets", uid: widget.metadata.uid))
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("A store may answer with the deleted object")
    func returnsObject() async throws {
        try await Fixture.run(configure: { $0.returnsDeletedObject = true }) { (fixture) async throws in
            let created = try await fixture.create(Widget("one"))
            let result = try await fixture.delete("one")
            #expect(result.isDeleted)
            let deleted = try fixture.store.decode(try #require(result.object))
            #expect(deleted.metadata.uid == created.metadata.uid)
            #expect(deleted.metadata.resourceVersion != created.metadata.resourceVersion)
        }
    }

    @Test("A missing object gives 404")
    func missing() async throws {
        try await Fixture.run { (fixture) async throws in
            #expect(await failure { try await fixture.delete("one") }?.code == 404)
        }
    }

    @Test("Preconditions that don't hold give 409 and keep the object", arguments: ["uid", "version"])
    func preconditions(of member: String) async throws {
        try await Fixture.run { (fixture) async throws in
            let widget = try await fixture.create(Widget("one"))
            let wrong = member == "uid" ? Preconditions(uid: "other") : Preconditions(resourceVersion: "1")
            #expect(await failure { try await fixture.delete("one", DeleteOptions(preconditions: wrong)) }?.code == 409)
            #expect(try await fixture.find("one") != nil)
            let right = Preconditions(uid: widget.metadata.uid, resourceVersion: widget.metadata.resourceVersion)
            try await fixture.delete("one", DeleteOptions(preconditions: right))
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("Finalizers hold the object, which is marked once")
    func finalizers() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/hold"]))
            let result = try await fixture.delete("one")
            #expect(!result.isDeleted)
            let marked = try await fixture.get("one")
            #expect(marked.metadata.deletionTimestamp != nil)
            #expect(marked.metadata.deletionGracePeriodSeconds == 0)
            #expect(marked.metadata.generation == 2)
            try await fixture.delete("one")
            #expect(try await fixture.get("one") == marked)
        }
    }

    @Test("The garbage collector's finalizers hold the object too")
    func orphan() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/x"]))
            try await fixture.create(Widget("two"))
            try await fixture.create(Widget("three", finalizers: ["orphan"]))
            try await fixture.delete("one", DeleteOptions(propagationPolicy: .orphan))
            #expect(try await fixture.get("one").metadata.finalizers == ["example.com/x", "orphan"])
            try await fixture.delete("two", DeleteOptions(propagationPolicy: .foreground))
            #expect(try await fixture.get("two").metadata.finalizers == ["foregroundDeletion"])
            #expect(try await fixture.get("two").metadata.deletionTimestamp != nil)
            try await fixture.delete("three", DeleteOptions(propagationPolicy: .background))
            #expect(try await fixture.find("three") == nil)
        }
    }

    @Test("Without garbage collection its finalizers are left alone")
    func noCollector() async throws {
        try await Fixture.run(configure: { $0.enablesGarbageCollection = false }) { (fixture) async throws in
            try await fixture.create(Widget("one"))
            #expect(try await fixture.delete("one", DeleteOptions(propagationPolicy: .orphan)).isDeleted)
        }
    }

    @Test("Graceful deletion: the default period, a longer one changes nothing, a shorter one does, zero removes")
    func graceful() async throws {
        try await Fixture.run(strategy: WidgetStrategy(deletesGracefully: true)) { (fixture) async throws in
            try await fixture.create(Widget("one"))
            #expect(try await fixture.delete("one").isDeleted == false)
            let marked = try await fixture.get("one")
            #expect(marked.metadata.deletionGracePeriodSeconds == 30)
            #expect(marked.metadata.generation == 2)
            #expect(try await fixture.delete("one", DeleteOptions(gracePeriodSeconds: 60)).isDeleted == false)
            #expect(try await fixture.get("one") == marked)
            try await fixture.delete("one", DeleteOptions(gracePeriodSeconds: 10))
            let shortened = try await fixture.get("one")
            #expect(shortened.metadata.deletionGracePeriodSeconds == 10)
            #expect(shortened.metadata.generation == 2)
            #expect(try #require(shortened.metadata.deletionTimestamp) < (try #require(marked.metadata.deletionTimestamp)))
            #expect(try await fixture.delete("one", DeleteOptions(gracePeriodSeconds: 0)).isDeleted)
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("A version as precondition holds for the object that was seen, not for the mark that the delete itself writes")
    func gracefulWithVersion() async throws {
        try await Fixture.run(strategy: WidgetStrategy(deletesGracefully: true)) { (fixture) async throws in
            let widget = try await fixture.create(Widget("one"))
            let options = DeleteOptions(gracePeriodSeconds: 0, preconditions: Preconditions(resourceVersion: widget.metadata.resourceVersion))
            #expect(try await fixture.delete("one", options).isDeleted)
        }
    }

    @Test("Graceful deletion with finalizers: both have to end")
    func gracefulWithFinalizers() async throws {
        try await Fixture.run(strategy: WidgetStrategy(deletesGracefully: true)) { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/hold"]))
            #expect(try await fixture.delete("one", DeleteOptions(gracePeriodSeconds: 0)).isDeleted == false)
            #expect(try await fixture.get("one").metadata.deletionGracePeriodSeconds == 0)
            try await fixture.update("one") { $0.metadata.finalizers = [] }
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("Admission may deny, and is asked again about a newer object", arguments: [false, true])
    func validation(dryRun: Bool) async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let denying = fixture.reconfigured { $0.admission = [Denial(of: [.delete])] }
            #expect(await failure { try await denying.delete("one", DeleteOptions(dryRun: dryRun)) }?.code == 403)
            #expect(try await fixture.find("one") != nil)
        }
    }

    @Test("A concurrent write makes the validation of a delete run again, on the newer object")
    func validationAgain() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", size: 1))
            let seen = Mutex<[Int]>([])
            let plugin = DeleteObserver { widget in
                let isFirst = seen.withLock { seen in
                    seen.append(widget.spec?.size ?? 0)
                    return seen.count == 1
                }
                if isFirst { _ = try? await fixture.update("one") { $0.spec?.size = 2 } }
            }
            #expect(try await fixture.reconfigured { $0.admission = [plugin] }.delete("one").isDeleted)
            #expect(seen.withLock { $0 } == [1, 2])
        }
    }

    @Test("A finalizer that appears while a delete is under way isn't skipped")
    func lateFinalizer() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let done = Mutex(false)
            let plugin = DeleteObserver { _ in
                let isFirst = done.withLock { done in
                    defer { done = true }
                    return !done
                }
                if isFirst { _ = try? await fixture.update("one") { $0.metadata.finalizers = ["example.com/hold"] } }
            }
            #expect(try await fixture.reconfigured { $0.admission = [plugin] }.delete("one").isDeleted == false)
            #expect(try await fixture.get("one").metadata.deletionTimestamp != nil)
        }
    }
}

/// Runs something whenever a delete is validated.
struct DeleteObserver: AdmissionPlugin {
    let observe: @Sendable (Widget) async -> Void

    func validate(_ request: AdmissionRequest) async throws(Status) {
        if request.operation == .delete, let widget = request.oldObject as? Widget { await observe(widget) }
    }
}
