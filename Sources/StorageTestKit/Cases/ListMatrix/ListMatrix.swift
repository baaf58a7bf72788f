//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    /// Upstream's table of lists, over one history.
    static let listMatrixCases = unrepresentable + ListRow.all.sorted { $0.id < $1.id }.map(\.asCase)

    /// What the options can't even say: it is refused where text becomes a version or a match.
    private static let unrepresentable: [ConformanceCase] =
        [("L01", "abc"), ("L86", "-1")].map { id, text in
            ConformanceCase(id, "\"\(text)\" is no version") { _ in
                try require(ResourceVersion(parsing: text) == nil, "\(text) was read as a version")
            }
        }
        + ["L11", "L13"].map { id in
            ConformanceCase(id, "\"Invalid\" is no way to match a version") { _ in
                try require(ResourceVersionMatch(rawValue: "Invalid") == nil, "it was read as one")
            }
        }
}

extension ListRow {
    static let all = [refused, ofNamespace, ofAll, pages, filtered, filteredPages, exact, exactPages, continued].flatMap { $0 }

    static let v2 = ["first/bar@2", "second/bar", "second/foo", "third/barfoo", "third/foo"]

    static let refused = [
        ListRow(id: "L02", version: .beforeAll, limit: 1, token: ("second/bar\0", .write(8)), error: .invalidOptions),
        ListRow(id: "L03", version: .farFuture, error: .resourceVersionTooLarge),
        ListRow(id: "L09", key: "first/", version: .beforeAll, match: .exact, error: .expired),
        ListRow(id: "L54", version: .beforeAll, match: .exact, error: .expired),
        ListRow(id: "L64", version: .future, match: .exact, error: .resourceVersionTooLarge),
        ListRow(id: "L73", limit: 1, token: ("first/bar\0", .beforeAll), error: .expired),
        ListRow(id: "L84", token: ("", .write(8)), error: .invalidContinueToken),
        ListRow(id: "L85", token: ("first/bar\0", .zero), error: .invalidContinueToken),
    ]

    static let ofNamespace = [
        ListRow(id: "L04", key: "first/", items: ["first/bar@2"]), ListRow(id: "L05", key: "first/", version: .zero, items: ["first/bar@2"]),
        ListRow(id: "L06", key: "first/", version: .write(1), match: .exact, items: ["first/bar@1"], at: .write(1)),
        ListRow(id: "L07", key: "second/", version: .write(1), match: .exact, items: [], at: .write(1)),
        ListRow(id: "L08", key: "second/", version: .write(2), match: .exact, items: ["second/bar"], at: .write(2)),
        ListRow(id: "L10", key: "first/", version: .zero, match: .notOlderThan, items: ["first/bar@2"]),
        ListRow(id: "L12", key: "first/", version: .beforeAll, match: .notOlderThan, items: ["first/bar@2"]),
        ListRow(id: "L14", key: "first/", version: .write(8), items: ["first/bar@2"]),
        ListRow(id: "L15", key: "first/", version: .write(8), match: .exact, items: ["first/bar@2"], at: .write(8)),
        ListRow(id: "L16", key: "first/", version: .write(8), match: .notOlderThan, items: ["first/bar@2"]),
        ListRow(id: "L17", key: "non-existing/", items: []), ListRow(id: "L18", key: "first/", fields: "metadata.name!=bar", items: []),
        ListRow(id: "L19", key: "first/", version: .write(8), match: .notOlderThan, fields: "metadata.name!=bar", items: []),
        ListRow(id: "L30", key: "second/", items: ["second/bar", "second/foo"]),
        ListRow(id: "L31", key: "second/", version: .write(8), match: .notOlderThan, items: ["second/bar", "second/foo"]),
        ListRow(id: "L52", key: "empty", items: [], at: .now), ListRow(id: "L53", key: "empty", version: .zero, items: []),
    ]

    static let ofAll = [
        ListRow(id: "L48", items: v2), ListRow(id: "L49", version: .write(8), match: .notOlderThan, items: v2),
    ]

    static let pages = [
        ListRow(id: "L20", key: "second/", limit: 1, items: ["second/bar"], at: .now, continueAfter: "second/bar", remaining: 1),
        ListRow(
            id: "L21", key: "second/", version: .write(8), limit: 1, items: ["second/bar"], at: .write(8), continueAfter: "second/bar", remaining: 1),
        ListRow(
            id: "L22", key: "second/", version: .write(8), match: .exact, limit: 1, items: ["second/bar"], at: .write(8), continueAfter: "second/bar",
            remaining: 1),
        ListRow(id: "L23", key: "second/", version: .write(8), match: .notOlderThan, limit: 1, items: ["second/bar"], hasToken: true, remaining: 1),
        ListRow(id: "L24", key: "second/", version: .zero, limit: 1, items: ["second/bar"], hasToken: true, remaining: 1),
        ListRow(id: "L25", key: "second/", version: .zero, match: .notOlderThan, limit: 1, items: ["second/bar"], hasToken: true, remaining: 1),
        ListRow(id: "L26", key: "second/", version: .write(1), match: .exact, limit: 1, items: [], at: .write(1)),
        ListRow(id: "L27", key: "second/", version: .write(2), match: .exact, limit: 1, items: ["second/bar"], at: .write(2)),
        ListRow(id: "L28", key: "second/", limit: 1, token: ("bar\0", .write(8)), items: ["second/foo"], at: .write(8)),
        ListRow(id: "L29", key: "second/", version: .zero, limit: 1, token: ("bar\0", .write(8)), items: ["second/foo"], at: .write(8)),
    ]

    static let exact: [ListRow] =
        [
            ("L55", 1, ["first/bar@1"]), ("L56", 2, ["first/bar@1", "second/bar"]), ("L57", 3, ["first/bar@1", "second/bar", "second/foo"]),
            ("L58", 4, ["first/bar@1", "second/bar", "second/foo", "third/barfoo"]),
            ("L59", 5, ["first/bar@1", "second/bar", "second/foo", "third/barfoo", "third/foo"]),
            ("L60", 6, ["first/bar@1", "second/bar", "second/baz", "second/foo", "third/barfoo", "third/foo"]),
            ("L61", 7, ["first/bar@2", "second/bar", "second/baz", "second/foo", "third/barfoo", "third/foo"]), ("L62", 8, v2),
        ].map { (id: String, write: Int, items: [String]) in
            ListRow(id: id, version: .write(write), match: .exact, items: items, at: .write(write))
        } + [ListRow(id: "L63", version: .now, match: .exact, items: v2, at: .now)]

    static let exactPages = [
        ListRow(
            id: "L65", version: .write(2), match: .exact, limit: 1, items: ["first/bar@1"], at: .write(2), continueAfter: "first/bar", remaining: 1),
        ListRow(
            id: "L66", version: .write(3), match: .exact, limit: 2, items: ["first/bar@1", "second/bar"], at: .write(3), continueAfter: "second/bar",
            remaining: 1),
        ListRow(
            id: "L67", version: .write(4), match: .exact, limit: 4, items: ["first/bar@1", "second/bar", "second/foo", "third/barfoo"], at: .write(4)),
        ListRow(
            id: "L68", version: .write(5), match: .exact, limit: 1, items: ["first/bar@1"], at: .write(5), continueAfter: "first/bar", remaining: 4),
        ListRow(
            id: "L69", version: .write(6), match: .exact, limit: 2, items: ["first/bar@1", "second/bar"], at: .write(6), continueAfter: "second/bar",
            remaining: 4),
        ListRow(
            id: "L70", version: .write(7), match: .exact, limit: 4, items: ["first/bar@2", "second/bar", "second/baz", "second/foo"], at: .write(7),
            continueAfter: "second/foo", remaining: 2),
        ListRow(id: "L71", version: .write(8), match: .exact, limit: 8, items: v2, at: .write(8)),
        ListRow(id: "L72", version: .now, match: .exact, limit: 1, items: ["first/bar@2"], at: .now, continueAfter: "first/bar", remaining: 4),
    ]
}
