//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(3))) struct UpdateTests {
    struct Refusal: Error {}

    @Test("An update of a missing object is an error, or a create where that is wished")
    func missing() async throws {
        try await StorageHarness.run { harness in
            let error = try await storageError { try await update(harness) { _ in UpdateProposal(bytes: StorageHarness.pod("a")) } }
            #expect(error.code == .keyNotFound)
            let created = try await update(harness, ignoreNotFound: true) { object in
                #expect(object?.key == nil)
                return UpdateProposal(bytes: StorageHarness.pod("a"))
            }
            #expect(try await harness.stored("a")?.modRevision == Int64(created.resourceVersion.value))
            let refused = try await storageError {
                try await update(harness, name: "b", ignoreNotFound: true, preconditions: Preconditions(uid: "u")) { _ in UpdateProposal(bytes: []) }
            }
            #expect(refused.code == .preconditionFailed)
        }
    }

    @Test("What changes nothing isn't written; what changes something is")
    func detectsNoChange() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a", n: 1)
            for suggestion in [nil, created] {
                let same = try await update(harness, suggestion: suggestion) { object in UpdateProposal(bytes: try #require(object).bytes) }
                #expect(same.resourceVersion == created.resourceVersion)
                #expect(same.bytes == created.bytes)
            }
            let changed = try await update(harness) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 2)) }
            #expect(changed.resourceVersion > created.resourceVersion)
            #expect(try await harness.stored("a")?.version == 2)
        }
    }

    @Test("No change is judged by what is stored, not by what was suggested")
    func comparesStoredBytes() async throws {
        try await StorageHarness.run { harness in
            let plain = StorageHarness.pod("a")
            let created = try await harness.storage.create(StorageHarness.key("a"), bytes: plain + Array("  \n".utf8), ttl: 0)
            let suggestion = StoredObject(key: created.key, bytes: plain, resourceVersion: created.resourceVersion)
            let written = try await update(harness, suggestion: suggestion) { _ in UpdateProposal(bytes: plain) }
            #expect(written.resourceVersion > created.resourceVersion)
            #expect(try await harness.stored("a")?.value == plain)
            let again = try await update(harness, suggestion: written) { _ in UpdateProposal(bytes: plain) }
            #expect(again.resourceVersion == written.resourceVersion)
        }
    }

    @Test("Preconditions are checked before the update is asked")
    func checksPreconditions() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a", n: 1)
            let asked = Locked(false)
            let error = try await storageError {
                try await update(harness, preconditions: Preconditions(uid: "another")) { _ in
                    asked.change { $0 = true }
                    return UpdateProposal(bytes: [])
                }
            }
            #expect(error.code == .preconditionFailed)
            #expect(!asked.value)
            let preconditions = Preconditions(uid: "uid-a", resourceVersion: created.resourceVersion.description)
            let updated = try await update(harness, preconditions: preconditions) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 2)) }
            #expect(updated.resourceVersion > created.resourceVersion)
        }
    }

    @Test("A time to live is set by an update, and dropped by the next that doesn't say it")
    func timeToLive() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("a", ttl: 600)
            #expect(try await harness.stored("a")?.lease != 0)
            try await update(harness) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 1)) }
            #expect(try await harness.stored("a")?.lease == 0)
            let short = try await update(harness) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 2), ttl: 1) }
            let watch = try await harness.storage.watch(
                StorageHarness.key("a"), options: ListOptions(resourceVersion: short.resourceVersion, recursive: false))
            #expect(try await EventReader(watch).change().kind == .deleted)
        }
    }

    @Test("An update that is overtaken is asked again about the newer object")
    func retries() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("a", n: 1)
            let seen = Locked<[Int]>([])
            let updated = try await update(harness) { object in
                let n = try StorageHarness.number(object)
                let isFirst = seen.change { seen in
                    seen.append(n)
                    return seen.count == 1
                }
                if isFirst { try await harness.update("a", n: 10) }
                return UpdateProposal(bytes: StorageHarness.pod("a", n: n + 1))
            }
            #expect(seen.value == [1, 10])
            #expect(try StorageHarness.number(updated) == 11)
        }
    }

    @Test("An object that is deleted under an update is not found, or created anew where that is wished")
    func deletedMeanwhile() async throws {
        try await StorageHarness.run { harness in
            for ignoreNotFound in [false, true] {
                try await harness.create("a", n: 1)
                let first = Locked(true)
                let body: @Sendable (StoredObject?) async throws -> UpdateProposal = { object in
                    let isFirst = first.change { first in
                        defer { first = false }
                        return first
                    }
                    if isFirst {
                        try await harness.delete("a")
                    } else {
                        #expect(object?.key == nil)
                    }
                    return UpdateProposal(bytes: StorageHarness.pod("a", n: 5))
                }
                if ignoreNotFound {
                    #expect(try StorageHarness.number(try await update(harness, ignoreNotFound: true, body)) == 5)
                } else {
                    #expect(try await storageError { try await update(harness, body) }.code == .keyNotFound)
                }
            }
        }
    }

    @Test("A fresh suggestion saves the read; a stale one costs a try and is never the reason of a failure")
    func suggestions() async throws {
        try await StorageHarness.run { harness in
            let old = try await harness.create("a", n: 1)
            _ = harness.recorder.take()
            let fresh = try await update(harness, suggestion: old) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 2)) }
            #expect(harness.recorder.take() == [.update])
            // Refused because it is old: asked again about the live one.
            let seen = Locked<[Int]>([])
            let updated = try await update(harness, suggestion: old) { object in
                let n = try StorageHarness.number(object)
                seen.change { $0.append(n) }
                if n == 1 { throw Refusal() }
                return UpdateProposal(bytes: StorageHarness.pod("a", n: n + 1))
            }
            #expect(seen.value == [1, 2])
            #expect(try StorageHarness.number(updated) == 3)
            // A precondition that only the live one fulfils.
            let wanted = Preconditions(resourceVersion: updated.resourceVersion.description)
            #expect(
                try StorageHarness.number(
                    try await update(harness, preconditions: wanted, suggestion: fresh) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 4)) })
                    == 4)
        }
    }

    @Test("A refusal of a suggestion that turns out to be live is final after one more read")
    func refusals() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a")
            for suggestion in [nil, created] {
                let calls = Locked(0)
                let error = try await storageError {
                    try await update(harness, suggestion: suggestion) { _ in
                        calls.change { $0 += 1 }
                        throw Refusal()
                    }
                }
                #expect(error.code == .rejected)
                #expect(error.cause is Refusal)
                #expect(calls.value == 1)
            }
        }
    }

    @Test("A suggestion of an object that is gone ends in not found, or in a create")
    func suggestionOfDeleted() async throws {
        try await StorageHarness.run { harness in
            let old = try await harness.create("a", n: 1)
            try await harness.delete("a")
            let body: @Sendable (StoredObject?) async throws -> UpdateProposal = { object in
                UpdateProposal(bytes: StorageHarness.pod("a", n: object == nil ? 100 : 2))
            }
            #expect(try await storageError { try await update(harness, suggestion: old, body) }.code == .keyNotFound)
            #expect(try StorageHarness.number(try await update(harness, ignoreNotFound: true, suggestion: old, body)) == 100)
        }
    }

    @Test("Counters that many tasks raise at once end where they should", arguments: [false, true])
    func counters(withSuggestions: Bool) async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a", n: 0)
            let tasks = 8
            let rounds = 12
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<tasks {
                    group.addTask {
                        var last: StoredObject? = created
                        for _ in 0..<rounds {
                            last = try await update(harness, suggestion: withSuggestions ? last : nil) { object in
                                UpdateProposal(bytes: StorageHarness.pod("a", n: try StorageHarness.number(object) + 1))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try StorageHarness.number(try await harness.get("a")) == tasks * rounds)
            #expect(try await harness.stored("a")?.version == Int64(tasks * rounds + 1))
        }
    }

    @discardableResult
    private func update(
        _ harness: StorageHarness, name: String = "a", ignoreNotFound: Bool = false, preconditions: Preconditions? = nil,
        suggestion: StoredObject? = nil, _ body: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws -> StoredObject {
        try await harness.storage.guaranteedUpdate(
            StorageHarness.key(name), ignoreNotFound: ignoreNotFound, preconditions: preconditions, suggestion: suggestion, update: body)
    }
}
