//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@testable import CacherStorage

@Suite("Watch scope")
struct WatchScopeTests {
    @Test(
        "A scope ends at path boundaries",
        arguments: [
            ("/pods/", "/pods/ns/a", true), ("/pods/ns/", "/pods/ns/a", true), ("/pods/ns/", "/pods/ns2/a", false),
            ("/pods/ns/", "/pods/ns", false), ("/pods/ns/a", "/pods/ns/a", true), ("/pods/ns/a", "/pods/ns/ab", false),
            ("/pods/ns/a", "/pods/ns/a/b", false), ("/pods/ns/", "/pods/é/a", false), ("/pods/ns/long-name/", "/pods/ns/", false),
        ])
    func boundaries(scope: String, key: String, isInside: Bool) {
        let scope = WatchScope(key: scope, predicate: .everything)
        #expect(scope.contains(key) == isInside)
        #expect(WatchScope.keys(covering: key).contains(scope.key) == isInside)
    }

    @Test("A key is covered by itself and every path above it")
    func covering() {
        #expect(WatchScope.keys(covering: "/pods/ns/a") == ["/pods/ns/a", "/", "/pods/", "/pods/ns/"])
    }

    @Test("A field that must have one value narrows the scope")
    func pinnedField() throws {
        var predicate = SelectionPredicate.everything
        predicate.fields = try FieldSelector(parsing: "spec.nodeName=node1")
        let scope = WatchScope(key: "/pods/", predicate: predicate)
        #expect(scope.field == "spec.nodeName")
        #expect(scope.value == "node1")
    }
}
