//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(3))) struct DeleteTests {
    struct Refusal: Error {}

    @Test("A delete gives the last content, at the version of the delete")
    func deletes() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a")
            let deleted = try await harness.delete("a")
            #expect(deleted.bytes == created.bytes)
            #expect(deleted.resourceVersion > created.resourceVersion)
            #expect(try await harness.get("a") == nil)
            #expect(try await storageError { try await harness.delete("a") }.code == .keyNotFound)
        }
    }

    @Test("A delete with a UID goes only for that object")
    func checksUID() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a")
            let error = try await storageError { try await delete(harness, Preconditions(uid: "another")) }
            #expect(error.code == .preconditionFailed)
            #expect(error.message.contains("uid-a"))
            #expect(try await harness.get("a")?.resourceVersion == created.resourceVersion)
            let late = try await storageError { try await delete(harness, Preconditions(resourceVersion: "1")) }
            #expect(late.code == .preconditionFailed)
            #expect(try await delete(harness, Preconditions(uid: "uid-a")).bytes == created.bytes)
        }
    }

    @Test("A suggestion that is up to date saves the read")
    func trustsFreshSuggestion() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a")
            _ = harness.recorder.take()
            #expect(try await delete(harness, suggestion: created).bytes == created.bytes)
            #expect(harness.recorder.take() == [.delete])
            #expect(try await storageError { try await delete(harness, suggestion: created) }.code == .keyNotFound)
        }
    }

    @Test("A stale suggestion doesn't hinder the delete, nor is it what is returned")
    func survivesStaleSuggestion() async throws {
        try await StorageHarness.run { harness in
            let old = try await harness.create("a", n: 1)
            let new = try await harness.update("a", n: 2)
            #expect(try await delete(harness, suggestion: old).bytes == new.bytes)
        }
    }

    @Test("A delete that is overtaken looks at the newer object before it tries again")
    func retriesOnConflict() async throws {
        try await StorageHarness.run { harness in
            try await harness.create("a", n: 1)
            let calls = Locked(0)
            let deleted = try await delete(harness) { _ in
                let isFirst = calls.change { calls in
                    calls += 1
                    return calls == 1
                }
                if isFirst { try await harness.update("a", n: 2) }
            }
            #expect(calls.value == 2)
            #expect(try StorageHarness.number(deleted) == 2)
        }
    }

    @Test("A refusal of the live object is final, and its reason is kept")
    func keepsReason() async throws {
        try await StorageHarness.run { harness in
            let created = try await harness.create("a")
            for suggestion in [nil, created] {
                let calls = Locked(0)
                let error = try await storageError {
                    try await delete(harness, suggestion: suggestion) { _ in
                        calls.change { $0 += 1 }
                        throw Refusal()
                    }
                }
                #expect(error.code == .rejected)
                #expect(error.cause is Refusal)
                #expect(calls.value == 1)
            }
            #expect(try await harness.get("a") != nil)
        }
    }

    @Test("A refusal of a stale suggestion is looked at again in the live object")
    func asksAgainWhenStale() async throws {
        try await StorageHarness.run { harness in
            let old = try await harness.create("a", n: 1)
            try await harness.update("a", n: 2)
            let calls = Locked(0)
            try await delete(harness, suggestion: old) { object in
                calls.change { $0 += 1 }
                if try StorageHarness.number(object) < 2 { throw Refusal() }
            }
            #expect(calls.value == 2)
            #expect(try await harness.get("a") == nil)
        }
    }

    @Test("An approval of a stale suggestion isn't enough")
    func distrustsStaleApproval() async throws {
        try await StorageHarness.run { harness in
            let old = try await harness.create("a", n: 1)
            try await harness.update("a", n: 2)
            let error = try await storageError {
                try await delete(harness, suggestion: old) { object in
                    if try StorageHarness.number(object) > 1 { throw Refusal() }
                }
            }
            #expect(error.cause is Refusal)
            #expect(try StorageHarness.number(try await harness.get("a")) == 2)
        }
    }

    @Test("Preconditions count for the live object, whatever the suggestion says")
    func preconditionsAreLive() async throws {
        try await StorageHarness.run { harness in
            let old = try await harness.create("a", n: 1)
            try await harness.delete("a")
            let bytes = Array(String(decoding: StorageHarness.pod("a", n: 2), as: UTF8.self).replacing("uid-a", with: "uid-new").utf8)
            _ = try await harness.storage.create(StorageHarness.key("a"), bytes: bytes, ttl: 0)
            // Only the suggestion matches.
            let error = try await storageError { try await delete(harness, Preconditions(uid: "uid-a"), suggestion: old) }
            #expect(error.code == .preconditionFailed)
            #expect(try await harness.get("a") != nil)
            // Only the live object matches.
            #expect(try await delete(harness, Preconditions(uid: "uid-new"), suggestion: old).bytes == bytes)
        }
    }

    @discardableResult
    private func delete(
        _ harness: StorageHarness, _ preconditions: Preconditions? = nil, suggestion: StoredObject? = nil,
        validate: @Sendable (StoredObject) async throws -> Void = { _ in }
    ) async throws -> StoredObject {
        try await harness.storage.delete(StorageHarness.key("a"), preconditions: preconditions, suggestion: suggestion, validate: validate)
    }
}
