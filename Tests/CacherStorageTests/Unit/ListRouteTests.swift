//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@testable import CacherStorage

@Suite("Who answers a list")
struct ListRouteTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var version: UInt64?
        var match: ResourceVersionMatch?
        var limit = 0
        var token: Int64?
        var recursive = true
        var expected: ListRoute

        var testDescription: String {
            "version \(version.map(String.init) ?? "none"), \(match?.rawValue ?? "no match"), limit \(limit), token \(token ?? 0)"
                + (recursive ? "" : ", one key")
        }
    }

    private static let n = ResourceVersion(80)

    @Test(
        "The route follows from version, match, limit and token",
        arguments: [
            Case(version: nil, expected: .cachedNewest),
            Case(version: nil, limit: 5, expected: .cachedNewest),
            Case(version: nil, recursive: false, expected: .cachedNewest),
            Case(version: 0, expected: .cached),
            Case(version: 0, limit: 5, expected: .cached),
            Case(version: 0, match: .notOlderThan, expected: .cached),
            Case(version: 0, match: .notOlderThan, limit: 5, expected: .cached),
            Case(version: 0, recursive: false, expected: .cached),
            Case(version: 80, expected: .cachedNotOlderThan(n)),
            Case(version: 80, recursive: false, expected: .cachedNotOlderThan(n)),
            Case(version: 80, match: .notOlderThan, expected: .cachedNotOlderThan(n)),
            Case(version: 80, match: .notOlderThan, limit: 5, expected: .cachedNotOlderThan(n)),
            Case(version: 80, limit: 5, expected: .cachedExactly(n)),
            Case(version: 80, limit: 5, recursive: false, expected: .store),
            Case(version: 80, match: .exact, expected: .cachedExactly(n)),
            Case(version: 80, match: .exact, limit: 5, expected: .cachedExactly(n)),
            Case(version: 80, match: .exact, recursive: false, expected: .store),
            Case(version: nil, limit: 5, token: 80, expected: .cachedExactly(n)),
            Case(version: 0, limit: 5, token: 80, expected: .cachedExactly(n)),
            Case(version: nil, token: 80, expected: .cachedExactly(n)),
            Case(version: nil, limit: 5, token: -1, expected: .cachedNewest),
            Case(version: nil, limit: 5, token: 80, recursive: false, expected: .store),
            Case(version: nil, limit: 5, token: -1, recursive: false, expected: .store),
        ])
    func route(item: Case) throws {
        var options = ListOptions(
            resourceVersion: item.version.map { ResourceVersion($0) }, match: item.match, predicate: SelectionPredicate(limit: item.limit),
            recursive: item.recursive)
        if let token = item.token {
            options.predicate.continueToken = try ContinueToken(revision: token, startKey: "/pods/ns/b").encoded(keyPrefix: "/pods/")
        }
        let revision = try ListRevision(resolving: options, keyPrefix: "/pods/")
        #expect(ListRoute(options, revision: revision) == item.expected)
    }
}
