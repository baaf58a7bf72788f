//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Storage
import Testing

@testable import EtcdStorage

/// Upstream's table of lists, over one history of eight writes.
@Suite(.timeLimit(.minutes(5))) struct ListMatrixTests {
    /// A point of the history.
    enum Moment: Sendable, Hashable {
        case zero
        case beforeAll
        /// The n-th write.
        case write(Int)
        /// The write beside the resource, after all.
        case now
        case future
        case farFuture
        /// For tokens that don't care.
        case newest
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var id: String
        var key = ""
        var version: Moment?
        var match: ResourceVersionMatch?
        var limit = 0
        var fields = ""
        /// Where a token starts, relative to the key, and its revision.
        var token: (start: String, at: Moment)?
        var items: [String] = []
        /// The list's version; nil for any that isn't older than what was asked.
        var at: Moment?
        /// A token must say just after this item.
        var continueAfter: String?
        /// A token must be there, whatever it says.
        var hasToken = false
        var remaining: Int?
        var error: StorageError.Code?

        var testDescription: String { id }
    }

    static let v2 = ["first/bar@2", "second/bar", "second/foo", "third/barfoo", "third/foo"]

    static let rows: [Row] = refused + ofNamespace + pages + filtered + exact + exactPages + continued

    static let refused = [
        Row(id: "L02", version: .beforeAll, limit: 1, token: ("second/bar\0", .write(8)), error: .invalidOptions),
        Row(id: "L03", version: .farFuture, error: .resourceVersionTooLarge),
        Row(id: "L09", key: "first/", version: .beforeAll, match: .exact, error: .expired),
        Row(id: "L54", version: .beforeAll, match: .exact, error: .expired),
        Row(id: "L64", version: .future, match: .exact, error: .resourceVersionTooLarge),
        Row(id: "L73", limit: 1, token: ("first/bar\0", .beforeAll), error: .expired),
        Row(id: "L85", token: ("first/bar\0", .zero), error: .invalidContinueToken),
    ]

    static let ofNamespace = [
        Row(id: "L04", key: "first/", items: ["first/bar@2"]),
        Row(id: "L05", key: "first/", version: .zero, items: ["first/bar@2"]),
        Row(id: "L06", key: "first/", version: .write(1), match: .exact, items: ["first/bar@1"], at: .write(1)),
        Row(id: "L07", key: "second/", version: .write(1), match: .exact, items: [], at: .write(1)),
        Row(id: "L08", key: "second/", version: .write(2), match: .exact, items: ["second/bar"], at: .write(2)),
        Row(id: "L10", key: "first/", version: .zero, match: .notOlderThan, items: ["first/bar@2"]),
        Row(id: "L12", key: "first/", version: .beforeAll, match: .notOlderThan, items: ["first/bar@2"]),
        Row(id: "L14", key: "first/", version: .write(8), items: ["first/bar@2"]),
        Row(id: "L15", key: "first/", version: .write(8), match: .exact, items: ["first/bar@2"], at: .write(8)),
        Row(id: "L16", key: "first/", version: .write(8), match: .notOlderThan, items: ["first/bar@2"]),
        Row(id: "L17", key: "non-existing/", items: []),
        Row(id: "L18", key: "first/", fields: "metadata.name!=bar", items: []),
        Row(id: "L19", key: "first/", version: .write(8), match: .notOlderThan, fields: "metadata.name!=bar", items: []),
        Row(id: "L30", key: "second/", items: ["second/bar", "second/foo"]),
        Row(id: "L31", key: "second/", version: .write(8), match: .notOlderThan, items: ["second/bar", "second/foo"]),
        Row(id: "L48", items: v2),
        Row(id: "L49", version: .write(8), match: .notOlderThan, items: v2),
        Row(id: "L52", key: "empty", items: [], at: .now),
        Row(id: "L53", key: "empty", version: .zero, items: []),
    ]

    static let pages = [
        Row(id: "L20", key: "second/", limit: 1, items: ["second/bar"], at: .now, continueAfter: "second/bar", remaining: 1),
        Row(id: "L21", key: "second/", version: .write(8), limit: 1, items: ["second/bar"], at: .write(8), continueAfter: "second/bar", remaining: 1),
        Row(
            id: "L22", key: "second/", version: .write(8), match: .exact, limit: 1, items: ["second/bar"], at: .write(8), continueAfter: "second/bar",
            remaining: 1),
        Row(id: "L23", key: "second/", version: .write(8), match: .notOlderThan, limit: 1, items: ["second/bar"], hasToken: true, remaining: 1),
        Row(id: "L24", key: "second/", version: .zero, limit: 1, items: ["second/bar"], hasToken: true, remaining: 1),
        Row(id: "L25", key: "second/", version: .zero, match: .notOlderThan, limit: 1, items: ["second/bar"], hasToken: true, remaining: 1),
        Row(id: "L26", key: "second/", version: .write(1), match: .exact, limit: 1, items: [], at: .write(1)),
        Row(id: "L27", key: "second/", version: .write(2), match: .exact, limit: 1, items: ["second/bar"], at: .write(2)),
        Row(id: "L28", key: "second/", limit: 1, token: ("bar\0", .write(8)), items: ["second/foo"], at: .write(8)),
        Row(id: "L29", key: "second/", version: .zero, limit: 1, token: ("bar\0", .write(8)), items: ["second/foo"], at: .write(8)),
    ]

    static let filtered: [Row] =
        [
            ("barfoo", 1, ["third/barfoo"], true), ("barfoo", 2, ["third/barfoo"], false), ("bar", 2, ["first/bar@2", "second/bar"], true),
            ("foo", 2, ["second/foo", "third/foo"], false), ("foo", 5, ["second/foo", "third/foo"], false), ("barfoo", 5, ["third/barfoo"], false),
            ("baz", 5, [], false),
        ].flatMap { (name: String, limit: Int, items: [String], hasToken: Bool) in
            let field = "metadata.name=\(name)"
            return [
                Row(id: "\(name) \(limit) newest", limit: limit, fields: field, items: items, hasToken: hasToken),
                Row(
                    id: "\(name) \(limit) not older", version: .write(8), match: .notOlderThan, limit: limit, fields: field, items: items,
                    hasToken: hasToken),
                Row(id: "\(name) \(limit) any", version: .zero, limit: limit, fields: field, items: items, hasToken: hasToken),
            ]
        } + [
            Row(id: "L41", limit: 2, fields: "metadata.name=foo", token: ("third/barfoo", .write(8)), items: ["third/foo"], at: .write(8)),
            Row(id: "L42", limit: 1, fields: "metadata.name=foo", token: ("third/barfoo", .write(8)), items: ["third/foo"], at: .write(8)),
            Row(id: "L50", version: .write(8), match: .notOlderThan, limit: 5, fields: "spec.nodeName=fakeNode", items: ["first/bar@2"]),
        ]

    static let exact: [Row] =
        [
            (1, ["first/bar@1"]), (2, ["first/bar@1", "second/bar"]), (3, ["first/bar@1", "second/bar", "second/foo"]),
            (4, ["first/bar@1", "second/bar", "second/foo", "third/barfoo"]),
            (5, ["first/bar@1", "second/bar", "second/foo", "third/barfoo", "third/foo"]),
            (6, ["first/bar@1", "second/bar", "second/baz", "second/foo", "third/barfoo", "third/foo"]),
            (7, ["first/bar@2", "second/bar", "second/baz", "second/foo", "third/barfoo", "third/foo"]), (8, v2),
        ].map { (write: Int, items: [String]) in
            Row(id: "exact at write \(write)", version: .write(write), match: .exact, items: items, at: .write(write))
        } + [Row(id: "L63", version: .now, match: .exact, items: v2, at: .now)]

    static let exactPages = [
        Row(id: "L65", version: .write(2), match: .exact, limit: 1, items: ["first/bar@1"], at: .write(2), continueAfter: "first/bar", remaining: 1),
        Row(
            id: "L66", version: .write(3), match: .exact, limit: 2, items: ["first/bar@1", "second/bar"], at: .write(3), continueAfter: "second/bar",
            remaining: 1),
        Row(
            id: "L67", version: .write(4), match: .exact, limit: 4, items: ["first/bar@1", "second/bar", "second/foo", "third/barfoo"], at: .write(4)),
        Row(id: "L68", version: .write(5), match: .exact, limit: 1, items: ["first/bar@1"], at: .write(5), continueAfter: "first/bar", remaining: 4),
        Row(
            id: "L69", version: .write(6), match: .exact, limit: 2, items: ["first/bar@1", "second/bar"], at: .write(6), continueAfter: "second/bar",
            remaining: 4),
        Row(
            id: "L70", version: .write(7), match: .exact, limit: 4, items: ["first/bar@2", "second/bar", "second/baz", "second/foo"], at: .write(7),
            continueAfter: "second/foo", remaining: 2),
        Row(id: "L71", version: .write(8), match: .exact, limit: 8, items: v2, at: .write(8)),
        Row(id: "L72", version: .now, match: .exact, limit: 1, items: ["first/bar@2"], at: .now, continueAfter: "first/bar", remaining: 4),
    ]

    static let continued = [
        Row(id: "L74", limit: 1, token: ("first/bar\0", .write(1)), items: [], at: .write(1)),
        Row(id: "L75", limit: 1, token: ("first/bar\0", .write(2)), items: ["second/bar"], at: .write(2)),
        Row(id: "L76", limit: 2, token: ("second/bar\0", .write(3)), items: ["second/foo"], at: .write(3)),
        Row(
            id: "L77", limit: 1, token: ("first/bar\0", .write(5)), items: ["second/bar"], at: .write(5), continueAfter: "second/bar", remaining: 3),
        Row(
            id: "L78", limit: 2, token: ("second/bar\0", .write(6)), items: ["second/baz", "second/foo"], at: .write(6), continueAfter: "second/foo",
            remaining: 2),
        Row(id: "L79", limit: 4, token: ("second/foo\0", .write(7)), items: ["third/barfoo", "third/foo"], at: .write(7)),
        Row(id: "L80", limit: 1, token: ("first/bar\0", .now), items: ["second/bar"], at: .now, continueAfter: "second/bar", remaining: 3),
        Row(id: "L81", token: ("first/bar\0", .newest), items: Array(v2[1...]), at: .now),
        Row(
            id: "L82", limit: 2, token: ("first/bar\0", .newest), items: ["second/bar", "second/foo"], at: .now, continueAfter: "second/foo",
            remaining: 2),
        Row(id: "L83", token: ("second/foo\0", .newest), items: ["third/barfoo", "third/foo"], at: .now),
    ]

    @Test("Every combination of version, match, limit, selector and token gives what upstream gives")
    func matrix() async throws {
        try await StorageHarness.runAlone { harness in
            let history = try await History(harness)
            for row in Self.rows { try await check(row, history, harness) }
        }
    }

    /// The eight writes, and what they were numbered.
    struct History {
        var beforeAll: UInt64
        var writes: [UInt64]
        var now: UInt64

        init(_ harness: StorageHarness) async throws {
            beforeAll = try await harness.foreignWrite().value
            writes = [
                try await harness.create("bar", in: "first", n: 1).resourceVersion.value,
                try await harness.create("bar", in: "second").resourceVersion.value,
                try await harness.create("foo", in: "second").resourceVersion.value,
                try await harness.create("barfoo", in: "third").resourceVersion.value,
                try await harness.create("foo", in: "third").resourceVersion.value,
                try await harness.create("baz", in: "second").resourceVersion.value,
                try await harness.update("bar", in: "first", node: "fakeNode", n: 2).resourceVersion.value,
                try await harness.delete("baz", in: "second").resourceVersion.value,
            ]
            try await harness.client.compact(revision: Int64(writes[0]))
            now = try await harness.foreignWrite().value
        }

        func revision(_ moment: Moment) -> Int64 {
            switch moment {
            case .zero: 0
            case .beforeAll: Int64(beforeAll)
            case .write(let number): Int64(writes[number - 1])
            case .now: Int64(now)
            case .future: Int64(now + 1)
            case .farFuture: .max
            case .newest: -1
            }
        }

        func version(_ moment: Moment) -> ResourceVersion { ResourceVersion(UInt64(revision(moment))) }
    }

    private func check(_ row: Row, _ history: History, _ harness: StorageHarness) async throws {
        let keyPrefix = "\(harness.prefix)/pods/" + (row.key.isEmpty || row.key.hasSuffix("/") ? row.key : row.key + "/")
        let token = try row.token.map { try Self.token(keyPrefix + $0.start, history.revision($0.at), keyPrefix) }
        let options = ListOptions(
            resourceVersion: row.version.map(history.version), match: row.match,
            predicate: try StorageHarness.predicate(fields: row.fields, limit: row.limit, continueToken: token))
        let list: StorageList
        do {
            list = try await harness.storage.list("/pods/\(row.key)", options: options)
        } catch {
            #expect(error.code == row.error, "\(row.id): \(error)")
            return
        }
        #expect(row.error == nil, "\(row.id)")
        let items = try list.items.map { object in
            let name = [object].names[0]
            return name == "first/bar" ? "\(name)@\(try StorageHarness.number(object))" : name
        }
        #expect(items == row.items, "\(row.id)")
        if let at = row.at { #expect(list.resourceVersion == history.version(at), "\(row.id)") }
        if let version = row.version { #expect(list.resourceVersion >= history.version(version), "\(row.id)") }
        #expect(list.remainingItemCount == row.remaining, "\(row.id)")
        if let after = row.continueAfter {
            let expected = try Self.token("\(harness.prefix)/pods/\(after)\0", Int64(list.resourceVersion.value), keyPrefix)
            #expect(list.continueToken == expected, "\(row.id)")
        } else {
            #expect((list.continueToken != nil) == row.hasToken, "\(row.id)")
        }
    }

    private static func token(_ start: String, _ revision: Int64, _ keyPrefix: String) throws -> String {
        try ContinueToken(revision: revision, startKey: start).encoded(keyPrefix: keyPrefix)
    }
}
