//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage

extension ListRow {
    static let filtered = [
        named("L32", "barfoo", limit: 1, ["third/barfoo"], hasToken: true),
        named("L33", "barfoo", .write(8), .notOlderThan, limit: 1, ["third/barfoo"], hasToken: true),
        named("L34", "barfoo", limit: 2, ["third/barfoo"]),
        named("L35", "barfoo", .write(8), .notOlderThan, limit: 2, ["third/barfoo"]), named("L36", "barfoo", .zero, limit: 2, ["third/barfoo"]),
        named("L37", "bar", limit: 2, ["first/bar@2", "second/bar"], hasToken: true),
        named("L38", "bar", .write(8), .notOlderThan, limit: 2, ["first/bar@2", "second/bar"], hasToken: true),
        named("L39", "foo", limit: 2, ["second/foo", "third/foo"]),
        named("L40", "foo", .write(8), .notOlderThan, limit: 2, ["second/foo", "third/foo"]),
        named("L44", "foo", limit: 5, ["second/foo", "third/foo"]),
        named("L45", "foo", .write(8), .notOlderThan, limit: 5, ["second/foo", "third/foo"]),
        named("L46", "barfoo", limit: 5, ["third/barfoo"]), named("L47", "barfoo", .write(8), .notOlderThan, limit: 5, ["third/barfoo"]),
        ListRow(id: "L50", version: .write(8), match: .notOlderThan, limit: 5, fields: "spec.nodeName=fakeNode", items: ["first/bar@2"]),
        named("L51", "baz", .write(8), .notOlderThan, limit: 5, []),
    ]

    static let filteredPages = [("L41", 2), ("L42", 1), ("L43", 2)].map { id, limit in
        ListRow(id: id, limit: limit, fields: "metadata.name=foo", token: ("third/barfoo", .write(8)), items: ["third/foo"], at: .write(8))
    }

    private static func named(
        _ id: String, _ name: String, _ version: Moment? = nil, _ match: ResourceVersionMatch? = nil, limit: Int, _ items: [String],
        hasToken: Bool = false
    ) -> ListRow {
        ListRow(id: id, version: version, match: match, limit: limit, fields: "metadata.name=\(name)", items: items, hasToken: hasToken)
    }

    static let continued = [
        ListRow(id: "L74", limit: 1, token: ("first/bar\0", .write(1)), items: [], at: .write(1)),
        ListRow(id: "L75", limit: 1, token: ("first/bar\0", .write(2)), items: ["second/bar"], at: .write(2)),
        ListRow(id: "L76", limit: 2, token: ("second/bar\0", .write(3)), items: ["second/foo"], at: .write(3)),
        ListRow(
            id: "L77", limit: 1, token: ("first/bar\0", .write(5)), items: ["second/bar"], at: .write(5), continueAfter: "second/bar", remaining: 3),
        ListRow(
            id: "L78", limit: 2, token: ("second/bar\0", .write(6)), items: ["second/baz", "second/foo"], at: .write(6), continueAfter: "second/foo",
            remaining: 2),
        ListRow(id: "L79", limit: 4, token: ("second/foo\0", .write(7)), items: ["third/barfoo", "third/foo"], at: .write(7)),
        ListRow(id: "L80", limit: 1, token: ("first/bar\0", .now), items: ["second/bar"], at: .now, continueAfter: "second/bar", remaining: 3),
        ListRow(id: "L81", token: ("first/bar\0", .newest), items: Array(v2[1...]), at: .now),
        ListRow(
            id: "L82", limit: 2, token: ("first/bar\0", .newest), items: ["second/bar", "second/foo"], at: .now, continueAfter: "second/foo",
            remaining: 2),
        ListRow(id: "L83", token: ("second/foo\0", .newest), items: ["third/barfoo", "third/foo"], at: .now),
    ]
}
