//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Testing

@Suite struct ValueTransformerTests {
    @Test("Identity gives back what it was given", arguments: ["", "{}", "k8s:en", "k8s:encode", "x k8s:enc:aescbc:v1:key:"])
    func keepsBytes(text: String) throws {
        let identity = IdentityTransformer()
        let stored = identity.transformToStorage(Array(text.utf8), authenticatedData: Array("/registry/a".utf8))
        #expect(stored == Array(text.utf8))
        #expect(try identity.transformFromStorage(stored, authenticatedData: []) == TransformedValue(bytes: stored, isStale: false))
    }

    @Test(
        "Identity doesn't take an encrypted value for an object",
        arguments: ["k8s:enc:aescbc:v1:key1:\u{1}\u{2}", "k8s:enc:kms:v2:provider:x", "k8s:enc:"])
    func refusesEncrypted(text: String) {
        let error = #expect(throws: StorageError.self) {
            try IdentityTransformer().transformFromStorage(Array(text.utf8), authenticatedData: Array("/registry/secrets/a".utf8))
        }
        #expect(error?.code == .corruptObject)
        #expect(error?.key == "/registry/secrets/a")
        #expect(error?.message.contains("key1") == false)
    }
}
