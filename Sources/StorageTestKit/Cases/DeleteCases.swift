//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// What a test's own closure refuses with.
struct Refusal: Error, Hashable {
    var reason: String
}

extension StorageConformance {
    static let deleteCases = plainDeleteCases + suggestedDeleteCases + distrustfulDeleteCases

    private static let plainDeleteCases = [
        ConformanceCase("A05", "A delete gives the last content at the version of the delete") { bench in
            let created = try await bench.create("foo", n: 1)
            let deleted = try await bench.delete("foo")
            try requireEqual(deleted.bytes, created.bytes, "what is returned")
            try require(deleted.resourceVersion > created.resourceVersion, "the version of the delete is that of the object")
            try require(try await bench.get("foo") == nil, "the object is still there")
            try await requireError(.keyNotFound, of: "second delete") { try await bench.delete("foo") }
        },
        ConformanceCase("A06", "A delete with a UID goes only for that object") { bench in
            let created = try await bench.create("foo", uid: "A")
            let error = try await requireError(.preconditionFailed, of: "delete of another UID") {
                try await bench.storage.delete(created.key, preconditions: Preconditions(uid: "B"), suggestion: nil) { _ in }
            }
            try require(error.message.contains("A") && error.message.contains("B"), "the error doesn't say what was expected and found: \(error)")
            let deleted = try await bench.storage.delete(created.key, preconditions: Preconditions(uid: "A"), suggestion: nil) { _ in }
            try require(deleted.resourceVersion > created.resourceVersion, "the version of the delete is that of the object")
        },
        ConformanceCase("A09", "A delete that is overtaken asks its caller again about the newer object") { bench in
            let created = try await bench.create("foo", n: 1)
            let calls = Locked(0)
            let deleted = try await bench.storage.delete(created.key, preconditions: nil, suggestion: nil) { _ in
                if calls.increment() == 1 { try await bench.update("foo", n: 2) }
            }
            try requireEqual(calls.value, 2, "calls of the validation")
            try requireEqual(deleted.bytes, Bench.pod("foo", n: 2), "what is returned")
            try require(try await bench.get("foo") == nil, "the object is still there")
        },
    ]

    private static let suggestedDeleteCases = [
        ConformanceCase("A07", "A delete starts from a suggestion") { bench in
            let created = try await bench.create("foo")
            let deleted = try await bench.storage.delete(created.key, preconditions: nil, suggestion: created) { _ in }
            try requireEqual(deleted.bytes, created.bytes, "what is returned")
            try require(try await bench.get("foo") == nil, "the object is still there")
        },
        ConformanceCase("A08", "A stale suggestion neither hinders a delete nor is what is returned") { bench in
            let created = try await bench.create("foo", n: 1)
            let updated = try await bench.update("foo", n: 2)
            let deleted = try await bench.storage.delete(created.key, preconditions: nil, suggestion: created) { _ in }
            try requireEqual(deleted.bytes, updated.bytes, "what is returned")
            try require(try await bench.get("foo") == nil, "the object is still there")
        },
        ConformanceCase("A10", "A suggestion of an object that is gone ends in not found") { bench in
            let created = try await bench.create("foo")
            try await bench.delete("foo")
            try await requireError(.keyNotFound, of: "delete with the old suggestion") {
                try await bench.storage.delete(created.key, preconditions: nil, suggestion: created) { _ in }
            }
        },
        ConformanceCase("A11", "A refusal of a fresh suggestion is final, and one of a stale suggestion is looked at again") { bench in
            let created = try await bench.create("foo")
            let calls = Locked(0)
            let error = try await requireError(.rejected, of: "refused delete") {
                try await bench.storage.delete(created.key, preconditions: nil, suggestion: created) { _ in
                    calls.increment()
                    throw Refusal(reason: "no")
                }
            }
            try requireEqual(error.cause as? Refusal, Refusal(reason: "no"), "cause of the error")
            try requireEqual(calls.value, 1, "calls of the validation")

            try await bench.update("foo", labels: ["ready": "yes"], n: 1)
            calls.change { $0 = 0 }
            _ = try await bench.storage.delete(created.key, preconditions: nil, suggestion: created) { object in
                calls.increment()
                guard try object.metadata().labels["ready"] == "yes" else { throw Refusal(reason: "not ready") }
            }
            try require(calls.value <= 2, "the validation was called \(calls.value) times")
            try require(try await bench.get("foo") == nil, "the object is still there")
        },
        ConformanceCase("A13", "A UID that the stale suggestion hasn't is looked for in the live object") { bench in
            let created = try await bench.create("foo", uid: "A")
            try await bench.update("foo", n: 1, uid: "B")
            _ = try await bench.storage.delete(created.key, preconditions: Preconditions(uid: "B"), suggestion: created) { _ in }
            try require(try await bench.get("foo") == nil, "the object is still there")
        },
    ]

    private static let distrustfulDeleteCases = [
        ConformanceCase("A12", "An approval of a stale suggestion isn't enough") { bench in
            let created = try await bench.create("foo", labels: ["ready": "yes"])
            try await bench.update("foo", labels: [:], n: 1)
            let error = try await requireError(.rejected, of: "delete") {
                try await bench.storage.delete(created.key, preconditions: nil, suggestion: created) { object in
                    guard try object.metadata().labels["ready"] == "yes" else { throw Refusal(reason: "not ready") }
                }
            }
            try requireEqual(error.cause as? Refusal, Refusal(reason: "not ready"), "cause of the error")
            try require(try await bench.get("foo") != nil, "the object is gone")
        },
        ConformanceCase("A14", "A UID that only the stale suggestion has isn't enough") { bench in
            let created = try await bench.create("foo", uid: "A")
            try await bench.update("foo", n: 1, uid: "B")
            try await requireError(.preconditionFailed, of: "delete") {
                try await bench.storage.delete(created.key, preconditions: Preconditions(uid: "A"), suggestion: created) { _ in }
            }
            try require(try await bench.get("foo") != nil, "the object is gone")
        },
    ]
}
