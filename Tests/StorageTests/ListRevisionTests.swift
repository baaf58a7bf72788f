//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

@Suite struct ListRevisionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var version: UInt64?
        var match: ResourceVersionMatch?
        var limit = 0
        var recursive = true
        var read: ListRevision.Read
        var minimum: UInt64

        var testDescription: String {
            "version \(version.map(String.init) ?? "unset"), match \(match?.rawValue ?? "unset"), limit \(limit), \(recursive ? "recursive" : "single")"
        }
    }

    /// storage.ValidateListOptions, row by row, without continue tokens.
    static let rows: [Row] = [true, false].flatMap { recursive in
        [0, 10].flatMap { limit in
            [
                Row(version: nil, match: nil, limit: limit, recursive: recursive, read: .latest, minimum: 0),
                Row(version: 0, match: nil, limit: limit, recursive: recursive, read: .latest, minimum: 0),
                Row(version: 0, match: .notOlderThan, limit: limit, recursive: recursive, read: .latest, minimum: 0),
                Row(version: 0, match: .exact, limit: limit, recursive: recursive, read: .latest, minimum: 0),
                Row(version: 7, match: .notOlderThan, limit: limit, recursive: recursive, read: .latest, minimum: 7),
                Row(version: 7, match: .exact, limit: limit, recursive: recursive, read: .exact(ResourceVersion(7)), minimum: 7),
            ]
        } + [
            Row(version: 7, match: nil, limit: 0, recursive: recursive, read: .latest, minimum: 7),
            // The legacy: a limit makes a version exact, in lists of many only.
            Row(version: 7, match: nil, limit: 10, recursive: recursive, read: recursive ? .exact(ResourceVersion(7)) : .latest, minimum: 7),
        ]
    }

    @Test("Options without a token resolve as upstream resolves them", arguments: rows)
    func resolves(row: Row) throws {
        let revision = try ListRevision(
            resolving: ListOptions(
                resourceVersion: row.version.map(ResourceVersion.init), match: row.match, predicate: SelectionPredicate(limit: row.limit),
                recursive: row.recursive), keyPrefix: "/registry/pods/")
        #expect(revision.read == row.read)
        #expect(revision.minimum == ResourceVersion(row.minimum))
        #expect(revision.startKey == nil)
    }

    @Test(
        "A token says where to go on, and at which revision",
        arguments: [(Int64(12), ListRevision.Read.exact(ResourceVersion(12))), (-1, .latest), (-5, .latest)])
    func followsTokens(tokenRevision: Int64, read: ListRevision.Read) throws {
        for version in [nil, ResourceVersion.zero] {
            let revision = try ListRevision(resolving: options(token: tokenRevision, version: version), keyPrefix: "/registry/pods/")
            #expect(revision.read == read)
            #expect(revision.startKey == "/registry/pods/ns/a\0")
            #expect(revision.minimum == .zero)
        }
    }

    @Test("A token and a version exclude each other")
    func refusesTokenWithVersion() throws {
        let options = try options(token: 12, version: ResourceVersion(12))
        let error = #expect(throws: StorageError.self) { try ListRevision(resolving: options, keyPrefix: "/registry/pods/") }
        #expect(error?.code == .invalidOptions)
        #expect(error?.message.contains("not allowed when using continue") == true)
    }

    @Test("A token that can't be read is refused, even beside a version")
    func refusesBadToken() {
        for version in [nil, ResourceVersion(3)] {
            let options = ListOptions(resourceVersion: version, predicate: SelectionPredicate(continueToken: "?"))
            #expect(code { try ListRevision(resolving: options, keyPrefix: "/p/") } == .invalidContinueToken)
        }
    }

    @Test("A list of one object takes no notice of tokens")
    func ignoresTokens() throws {
        let options = ListOptions(predicate: SelectionPredicate(continueToken: "?"), recursive: false)
        #expect(try ListRevision(resolving: options, keyPrefix: "/p/a").startKey == nil)
        let empty = ListOptions(resourceVersion: ResourceVersion(4), predicate: SelectionPredicate(continueToken: ""))
        #expect(try ListRevision(resolving: empty, keyPrefix: "/p/").minimum == ResourceVersion(4))
    }

    @Test("A store that hasn't reached the version is told apart from one that has")
    func checks() throws {
        let revision = try ListRevision(resolving: ListOptions(resourceVersion: ResourceVersion(7)), keyPrefix: "/p/")
        try revision.check(current: ResourceVersion(7))
        try revision.check(current: ResourceVersion(8))
        let error = #expect(throws: StorageError.self) { try revision.check(current: ResourceVersion(6)) }
        #expect(error?.code == .resourceVersionTooLarge)
        #expect(error?.currentResourceVersion == ResourceVersion(6))
        #expect(error?.message == "Too large resource version: 7, current: 6")
    }

    private func options(token: Int64, version: ResourceVersion?) throws -> ListOptions {
        let text = try ContinueToken(revision: token, after: "/registry/pods/ns/a").encoded(keyPrefix: "/registry/pods/")
        return ListOptions(resourceVersion: version, predicate: SelectionPredicate(limit: 5, continueToken: text))
    }
}
