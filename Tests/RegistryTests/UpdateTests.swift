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

@Suite("Updating")
struct UpdateTests {
    @Test("An update changes the object and its version, and keeps its identity")
    func update() async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one"))
            let updated = try await fixture.update("one") { widget in
                widget.spec?.size = 2
                widget.metadata.creationTimestamp = Timestamp(secondsSinceEpoch: 1)
                widget.metadata.uid = ""
                widget.metadata.generation = 99
            }
            #expect(updated.spec?.size == 2)
            #expect(updated.metadata.uid == created.metadata.uid)
            #expect(updated.metadata.creationTimestamp == created.metadata.creationTimestamp)
            #expect(updated.metadata.generation == 2)
            #expect(updated.metadata.resourceVersion != created.metadata.resourceVersion)
            #expect(try await fixture.get("one") == updated)
        }
    }

    @Test("Labels don't raise the generation")
    func labels() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            #expect(try await fixture.update("one") { $0.metadata.labels["a"] = "b" }.metadata.generation == 1)
        }
    }

    @Test("A missing object gives 404, before admission is asked")
    func missing() async throws {
        try await Fixture.run(configure: { $0.admission = [Denial(of: [.create, .update])] }) { (fixture) async throws in
            let status = await failure { try await fixture.update("one") { _ in } }
            #expect(status?.code == 404)
            #expect(status?.message == #"widgets.test.example.com "one" not found"#)
        }
    }

    @Test("A missing object is created where the strategy or the options allow it", arguments: [true, false])
    func createOnUpdate(byStrategy: Bool) async throws {
        try await Fixture.run(strategy: WidgetStrategy(allowsCreateOnUpdate: byStrategy)) { (fixture) async throws in
            let object = UpdatedObject { (existing) async throws(Status) -> JSONValue in
                #expect(existing == nil)
                return Widget("one").json()
            }
            let result = try await fixture.store.update(
                "one", object: object, options: UpdateOptions(forceAllowCreate: !byStrategy), context: fixture.context)
            #expect(result.created)
            let widget = try await fixture.get("one")
            #expect(widget.metadata.uid.count == 36)
            #expect(widget.metadata.generation == 1)
        }
    }

    @Test("The status endpoint never creates, whatever the options say")
    func statusNeverCreates() async throws {
        try await Fixture.run { (fixture) async throws in
            let rest = StatusREST(store: fixture.store, strategy: WidgetStatusStrategy())
            let object = UpdatedObject { (_) async throws(Status) in Widget("one").json() }
            let status = await failure {
                _ = try await rest.update("one", object: object, options: UpdateOptions(forceAllowCreate: true), context: fixture.context)
            }
            #expect(status?.code == 404)
        }
    }

    @Test("Status and specification each change through their own endpoint only")
    func statusSplit() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", size: 1))
            let rest = StatusREST(store: fixture.store, strategy: WidgetStatusStrategy())
            let object = UpdatedObject { (existing) async throws(Status) -> JSONValue in
                var value = existing ?? .null
                value["status"] = "done"
                value["spec"]?["size"] = 7
                value["metadata"]?["labels"] = ["a": "b"]
                return value
            }
            let result = try await rest.update("one", object: object, options: UpdateOptions(), context: fixture.context)
            let widget = try fixture.store.decode(result.object)
            #expect(widget.status == "done")
            #expect(widget.spec?.size == 1)
            #expect(widget.metadata.labels.isEmpty)
            #expect(widget.metadata.generation == 1)
            let updated = try await fixture.update("one") { widget in
                widget.status = "undone"
                widget.spec?.size = 3
            }
            #expect(updated.status == "done")
            #expect(updated.metadata.generation == 2)
        }
    }

    @Test("An outdated version gives 409 Conflict, whether the strategy asks for versions or not", arguments: [true, false])
    func outdated(unconditional: Bool) async throws {
        try await Fixture.run(strategy: WidgetStrategy(allowsUnconditionalUpdate: unconditional)) { (fixture) async throws in
            let old = try await fixture.create(Widget("one")).metadata.resourceVersion
            try await fixture.update("one") { $0.spec?.size = 2 }
            let status = await failure {
                try await fixture.update("one") { widget in
                    widget.metadata.resourceVersion = old
                    widget.spec?.size = 3
                }
            }
            #expect(status?.code == 409)
            #expect(status?.reason == .conflict)
            #expect(
                status?.message == #"Operation cannot be fulfilled on widgets.test.example.com "one": the object has been modified; "#
                    + "please apply your changes to the latest version and try again")
        }
    }

    @Test("Without a version an update is invalid unless the strategy allows it")
    func withoutVersion() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure { try await fixture.update("one") { $0.metadata.resourceVersion = "" } }
            #expect(status?.code == 422)
            #expect(status?.details?.causes.map(\.field) == ["metadata.resourceVersion"])
        }
    }

    @Test("Unconditional updates never conflict, and none is lost")
    func unconditional() async throws {
        try await Fixture.run(strategy: WidgetStrategy(allowsUnconditionalUpdate: true)) { (fixture) async throws in
            try await fixture.create(Widget("one", size: 0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<10 {
                    group.addTask {
                        try await fixture.update("one") { widget in
                            widget.metadata.resourceVersion = ""
                            widget.metadata.labels["l\(index)"] = "x"
                            widget.spec?.size += 1
                        }
                    }
                }
                try await group.waitForAll()
            }
            let widget = try await fixture.get("one")
            #expect(widget.spec?.size == 10)
            #expect(widget.metadata.labels.count == 10)
            #expect(widget.metadata.generation == 11)
        }
    }

    @Test("A version that is none gives 400")
    func malformedVersion() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure { try await fixture.update("one") { $0.metadata.resourceVersion = "abc" } }
            #expect(status?.code == 400)
            #expect(status?.message.contains("abc") == true)
        }
    }

    @Test("An update without a difference writes nothing")
    func noOp() async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one", labels: ["a": "b"]))
            let updated = try await fixture.update("one") { _ in }
            #expect(updated == created)
            #expect(try await fixture.get("one").metadata.resourceVersion == created.metadata.resourceVersion)
        }
    }

    @Test("A difference in nothing but the times of managed fields writes nothing")
    func managedFieldTimes() async throws {
        @Sendable func entry(_ time: String, _ manager: String) -> JSONValue {
            [
                "manager": .string(manager), "operation": "Update", "apiVersion": "v1", "time": .string(time), "fieldsType": "FieldsV1",
                "fieldsV1": [:],
            ]
        }
        try await Fixture.run { (fixture) async throws in
            var widget = Widget("one")
            widget.metadata.managedFields = [entry("2026-01-01T00:00:00Z", "a")]
            let created = try await fixture.create(widget)
            let same = try await fixture.update("one") { $0.metadata.managedFields = [entry("2026-01-02T00:00:00Z", "a")] }
            #expect(same == created)
            let changed = try await fixture.update("one") { $0.metadata.managedFields = [entry("2026-01-02T00:00:00Z", "b")] }
            #expect(changed.metadata.resourceVersion != created.metadata.resourceVersion)
        }
    }

    @Test("Preconditions that don't hold give 409", arguments: [Preconditions(uid: "other"), Preconditions(resourceVersion: "1")])
    func preconditions(_ preconditions: Preconditions) async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one"))
            let status = await failure { try await fixture.update("one", preconditions: preconditions) { $0.spec?.size = 2 } }
            #expect(status?.code == 409)
            #expect(status?.message.contains("Precondition failed") == true)
            let good = Preconditions(uid: created.metadata.uid, resourceVersion: created.metadata.resourceVersion)
            try await fixture.update("one", preconditions: good) { $0.spec?.size = 2 }
        }
    }

    @Test("A wrong UID in the object is refused")
    func wrongUID() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure { try await fixture.update("one") { $0.metadata.uid = "other" } }
            #expect(status?.code == 422)
            #expect(status?.details?.causes.contains { $0.field == "metadata.uid" } == true)
        }
    }

    @Test("An update can't mark an object as deleted")
    func deletionTimestamp() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure {
                try await fixture.update("one") { $0.metadata.deletionTimestamp = Timestamp(secondsSinceEpoch: 1) }
            }
            #expect(status?.details?.causes.map(\.field) == ["metadata.deletionTimestamp"])
        }
    }

    @Test("What the change throws is what the client gets")
    func changeThrows() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure {
                try await fixture.update("one") { (_) throws(Status) in throw Status(code: 418, reason: .unknown, message: "no coffee") }
            }
            #expect(status?.code == 418)
        }
    }

    @Test("Invalid changes give 422 and change nothing")
    func invalid() async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one"))
            let status = await failure { try await fixture.update("one") { $0.spec?.size = -1 } }
            #expect(status?.code == 422)
            #expect(try await fixture.get("one") == created)
        }
    }

    @Test("Another name or namespace in the object gives 400", arguments: ["name", "namespace"])
    func mismatch(of member: String) async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await failure {
                try await fixture.update("one") { widget in
                    if member == "name" { widget.metadata.name = "two" } else { widget.metadata.namespace = "two" }
                }
            }
            #expect(status?.code == 400)
        }
    }

    @Test("Admission may deny an update, and its view of it is a copy")
    func admission() async throws {
        try await Fixture.run { (fixture) async throws in
            let created = try await fixture.create(Widget("one"))
            let denying = fixture.reconfigured { $0.admission = [Denial(of: [.update])] }
            let status = await failure { try await denying.update("one") { $0.spec?.size = 2 } }
            #expect(status?.code == 403)
            #expect(try await fixture.get("one") == created)
        }
    }
}

@Suite("Deleting during an update")
struct DeleteDuringUpdateTests {
    @Test("Taking the last finalizer off a deleted object removes it, with one event")
    func lastFinalizer() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a", "example.com/b"]))
            try await fixture.delete("one")
            let version = try await fixture.storage.currentResourceVersion()
            try await fixture.update("one") { $0.metadata.finalizers = ["example.com/b"] }
            #expect(try await fixture.find("one") != nil)
            try await fixture.update("one") { $0.metadata.finalizers = [] }
            #expect(try await fixture.find("one") == nil)

            try await fixture.create(Widget("end"))
            var options = ResourceListOptions()
            options.resourceVersion = version
            let watch = try await fixture.store.watch(options: options, context: fixture.context)
            var kinds: [WatchChange.Kind] = []
            for await event in watch {
                guard case .change(let change) = event else { continue }
                if try change.object.metadata().name == "end" { break }
                kinds.append(change.kind)
            }
            #expect(kinds == [.modified, .deleted])
        }
    }

    @Test("An object that isn't being deleted stays without finalizers")
    func notDeleting() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a"]))
            try await fixture.update("one") { $0.metadata.finalizers = [] }
            #expect(try await fixture.find("one") != nil)
        }
    }

    @Test("A hook may keep the object")
    func veto() async throws {
        try await Fixture.run(configure: { $0.hooks.shouldDeleteDuringUpdate = { _, _ in false } }) { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a"]))
            try await fixture.delete("one")
            try await fixture.update("one") { $0.metadata.finalizers = [] }
            #expect(try await fixture.get("one").metadata.deletionTimestamp != nil)
        }
    }

    @Test("A grace period that runs keeps the object")
    func grace() async throws {
        try await Fixture.run(strategy: WidgetStrategy(deletesGracefully: true)) { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a"]))
            try await fixture.delete("one", DeleteOptions(gracePeriodSeconds: 30))
            try await fixture.update("one") { $0.metadata.finalizers = [] }
            #expect(try await fixture.get("one").metadata.deletionGracePeriodSeconds == 30)
            try await fixture.delete("one", DeleteOptions(gracePeriodSeconds: 0))
            #expect(try await fixture.find("one") == nil)
        }
    }

    @Test("The mark of deletion can't be taken back, and no finalizer can be added")
    func noResurrection() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a"]))
            try await fixture.delete("one")
            let marked = try await fixture.get("one")
            let updated = try await fixture.update("one") { widget in
                widget.metadata.deletionTimestamp = nil
                widget.metadata.deletionGracePeriodSeconds = nil
                widget.metadata.labels["a"] = "b"
            }
            #expect(updated.metadata.deletionTimestamp == marked.metadata.deletionTimestamp)
            #expect(updated.metadata.deletionGracePeriodSeconds == 0)
            let status = await failure { try await fixture.update("one") { $0.metadata.finalizers.append("example.com/b") } }
            #expect(status?.code == 422)
        }
    }

    @Test("Of several who take the last finalizer off all succeed")
    func race() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one", finalizers: ["example.com/a"]))
            try await fixture.delete("one")
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        do {
                            try await fixture.update("one") { $0.metadata.finalizers = [] }
                            return true
                        } catch let status as Status {
                            return status.reason == .notFound
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == Array(repeating: true, count: 6))
            #expect(try await fixture.find("one") == nil)
        }
    }
}

/// Denies some operations, once the object is final.
struct Denial: AdmissionPlugin {
    let operations: Set<AdmissionRequest.Operation>

    init(of operations: Set<AdmissionRequest.Operation>) {
        self.operations = operations
    }

    func validate(_ request: AdmissionRequest) async throws(Status) {
        if operations.contains(request.operation) {
            throw .forbidden(request.resource.groupResource, name: request.name, message: "denied by the test")
        }
    }
}
