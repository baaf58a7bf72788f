//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@Suite struct PreconditionsTests {
    static let object = StoredObject(
        key: "/pods/ns/a", bytes: Array(#"{"metadata":{"name":"a","uid":"u1"}}"#.utf8), resourceVersion: ResourceVersion(12))

    @Test(
        "What matches passes",
        arguments: [Preconditions(), Preconditions(uid: "u1"), Preconditions(resourceVersion: "12"), Preconditions(uid: "u1", resourceVersion: "12")])
    func passes(preconditions: Preconditions) throws {
        try preconditions.check(Self.object)
    }

    @Test(
        "What differs is named with what was found",
        arguments: [
            (Preconditions(uid: "u2"), "u1"), (Preconditions(uid: ""), "u1"), (Preconditions(resourceVersion: "13"), "12"),
            (Preconditions(resourceVersion: "012"), "12"), (Preconditions(uid: "u1", resourceVersion: ""), "12"),
        ])
    func fails(preconditions: Preconditions, found: String) {
        let error = #expect(throws: StorageError.self) { try preconditions.check(Self.object) }
        #expect(error?.code == .preconditionFailed)
        #expect(error?.key == "/pods/ns/a")
        #expect(error?.message.contains(found) == true)
    }

    @Test("Bytes that are no object fail a UID that is asked for")
    func failsOnGarbage() {
        let garbage = StoredObject(key: "/pods/ns/a", bytes: Array("{".utf8), resourceVersion: ResourceVersion(1))
        #expect(code { try Preconditions(uid: "u").check(garbage) } == .corruptObject)
    }
}
