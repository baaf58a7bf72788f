//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let updateCases = plainUpdateCases + contendedUpdateCases

    private static let plainUpdateCases = [
        ConformanceCase("A28", "An update of a missing object is an error, or a create where that is wished") { bench in
            let key = Bench.key("foo")
            func update(_ ignoreNotFound: Bool) async throws -> StoredObject {
                try await bench.storage.guaranteedUpdate(key, ignoreNotFound: ignoreNotFound, preconditions: nil, suggestion: nil) { object in
                    guard object == nil else { throw Refusal(reason: "there is something") }
                    return UpdateProposal(bytes: Bench.pod("foo"))
                }
            }
            try await requireError(.keyNotFound, of: "update of nothing") { try await update(false) }
            let created = try await update(true)
            try requireEqual(try await bench.get("foo")?.resourceVersion, created.resourceVersion, "version of what is stored")
        },
        ConformanceCase("A28b", "What changes nothing isn't written; what changes something is") { bench in
            let created = try await bench.create("foo", n: 1)
            let key = created.key
            let changed = try await bench.storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: nil) { object in
                try requireEqual(object?.resourceVersion, created.resourceVersion, "version of what an update is given")
                return UpdateProposal(bytes: Bench.pod("foo", n: 2))
            }
            try require(changed.resourceVersion > created.resourceVersion, "a change has no new version")
            for extra in ["", ",\"selfLink\":\"/a/b\"", ",\"resourceVersion\":\"\(changed.resourceVersion)\""] {
                let same = try await bench.storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: nil) { _ in
                    UpdateProposal(bytes: Bench.pod("foo", n: 2, extra: extra))
                }
                try requireEqual(same.resourceVersion, changed.resourceVersion, "version after no change \(extra)")
                try requireEqual(same.bytes, changed.bytes, "bytes after no change \(extra)")
            }
            let more = try await bench.storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: nil) { _ in
                UpdateProposal(bytes: Bench.pod("foo", n: 3, extra: ",\"selfLink\":\"/a/b\""))
            }
            try require(!String(decoding: more.bytes, as: UTF8.self).contains("selfLink"), "selfLink is stored")
        },
        ConformanceCase("A28c", "What is stored in an old form is written anew by an update that changes nothing", needs: [.transformer]) { bench in
            let created = try await bench.create("foo")
            try bench.transformer.pass(stale: true)
            for suggestion in [nil, created] {
                let before = try required(try await bench.get("foo"), "the object")
                let renewed = try await bench.storage.guaranteedUpdate(
                    created.key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion
                ) { UpdateProposal(bytes: $0?.bytes ?? []) }
                try require(renewed.resourceVersion > before.resourceVersion, "the object wasn't written anew")
                try requireEqual(renewed.bytes, created.bytes, "bytes of the object")
            }
        },
        ConformanceCase("A28d", "Preconditions are checked before an update is asked") { bench in
            let created = try await bench.create("foo", uid: "A")
            func update(_ preconditions: Preconditions) async throws -> StoredObject {
                try await bench.storage.guaranteedUpdate(created.key, ignoreNotFound: false, preconditions: preconditions, suggestion: nil) { _ in
                    if preconditions.uid == "B" { throw Refusal(reason: "asked") }
                    return UpdateProposal(bytes: Bench.pod("foo", n: 1, uid: "A"))
                }
            }
            try await requireError(.preconditionFailed, of: "update of another UID") { try await update(Preconditions(uid: "B")) }
            try await requireError(.preconditionFailed, of: "update of another version") { try await update(Preconditions(resourceVersion: "1")) }
            let updated = try await update(Preconditions(uid: "A", resourceVersion: created.resourceVersion.description))
            try require(updated.resourceVersion > created.resourceVersion, "the update has no new version")
        },
        ConformanceCase("A29", "A time to live that an update sets ends the object", needs: [.timeToLive]) { bench in
            let created = try await bench.update("foo", n: 1, ttl: 1)
            let reader = try await bench.watch(Bench.key("foo"), after: created.resourceVersion, recursive: false)
            try requireEqual(try await reader.change().kind, .deleted, "event")
        },
        ConformanceCase("A30", "No change is judged by what is stored, not by what was suggested", needs: [.storedValues, .transformer]) { bench in
            let plain = Bench.pod("foo", n: 1)
            let stored = try await bench.subject.store(plain + Array("  \n".utf8), at: Bench.key("foo"))
            let suggestion = StoredObject(key: Bench.key("foo"), bytes: plain, resourceVersion: stored)
            func update(_ suggestion: StoredObject) async throws -> StoredObject {
                try await bench.storage.guaranteedUpdate(suggestion.key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion) { _ in
                    UpdateProposal(bytes: plain)
                }
            }
            let written = try await update(suggestion)
            try require(written.resourceVersion > stored, "other bytes were taken for the same")
            let again = try await update(written)
            try requireEqual(again.resourceVersion, written.resourceVersion, "version after no change")
            try bench.transformer.pass(stale: true)
            try require(try await update(again).resourceVersion > again.resourceVersion, "an old form wasn't written anew")
        },
    ]

    private static let contendedUpdateCases = [
        ConformanceCase("A31", "Of two updates at once none is lost, and the later is asked again") { bench in
            let created = try await bench.create("foo", n: 1)
            let calls = Locked(0)
            let updated = try await bench.storage.guaranteedUpdate(created.key, ignoreNotFound: false, preconditions: nil, suggestion: nil) {
                object in
                if calls.increment() == 1 { try await bench.update("foo", labels: ["first": "yes"], n: 10) }
                let labels = try required(object, "the object").metadata().labels
                return UpdateProposal(bytes: Bench.pod("foo", labels: labels, n: try Bench.number(object) + 1))
            }
            try requireEqual(calls.value, 2, "calls of the update")
            try requireEqual(try Bench.number(updated), 11, "number")
            try requireEqual(try updated.metadata().labels, ["first": "yes"], "labels")
        },
        ConformanceCase("A32", "A stale suggestion is never the reason of a failure, and a refusal of a fresh one is final") { bench in
            let created = try await bench.create("foo", n: 1)
            let updated = try await bench.update("foo", n: 2)
            let calls = Locked(0)
            _ = try await bench.storage.guaranteedUpdate(created.key, ignoreNotFound: false, preconditions: nil, suggestion: created) { object in
                calls.increment()
                guard object?.resourceVersion == updated.resourceVersion else { throw Refusal(reason: "stale") }
                return UpdateProposal(bytes: Bench.pod("foo", n: 3))
            }
            try require(calls.value <= 2, "the update was asked \(calls.value) times")
            let fresh = try required(try await bench.get("foo"), "the object")
            calls.change { $0 = 0 }
            let error = try await requireError(.rejected, of: "refused update") {
                try await bench.storage.guaranteedUpdate(created.key, ignoreNotFound: false, preconditions: nil, suggestion: fresh) { _ in
                    calls.increment()
                    throw Refusal(reason: "no")
                }
            }
            try requireEqual(error.cause as? Refusal, Refusal(reason: "no"), "cause of the error")
            try require(calls.value <= 2, "the update was asked \(calls.value) times")
        },
    ]
}
