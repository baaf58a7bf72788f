//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// A point of the history that the rows of the list matrix are about.
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

/// The history: eight writes, the first of which everything older is compacted up to, and one write beside the resource.
struct ListHistory: Sendable {
    private let beforeAll: UInt64
    private let writes: [UInt64]
    private let now: UInt64

    init(_ bench: Bench) async throws {
        beforeAll = try await bench.subject.increaseRevision().value
        writes = [
            try await bench.create("bar", in: "first", n: 1).resourceVersion.value, try await bench.create("bar", in: "second").resourceVersion.value,
            try await bench.create("foo", in: "second").resourceVersion.value, try await bench.create("barfoo", in: "third").resourceVersion.value,
            try await bench.create("foo", in: "third").resourceVersion.value, try await bench.create("baz", in: "second").resourceVersion.value,
            try await bench.update("bar", in: "first", node: "fakeNode", n: 2).resourceVersion.value,
            try await bench.delete("baz", in: "second").resourceVersion.value,
        ]
        // A cache has the whole history from here on; one that lags would have to begin anew after the compaction.
        _ = try await bench.list(at: ResourceVersion(writes[7]), .notOlderThan)
        if bench.has(.compaction) { try await bench.subject.compact(at: ResourceVersion(writes[0])) }
        now = try await bench.subject.increaseRevision().value
    }

    func revision(_ moment: Moment) -> Int64 {
        switch moment {
        case .zero: 0
        case .beforeAll: Int64(beforeAll)
        case .write(let number): Int64(writes[number - 1])
        case .now: Int64(now)
        case .future: Int64(now + 1)
        case .farFuture: .max
        case .newest: ContinueToken.latest
        }
    }

    func version(_ moment: Moment) -> ResourceVersion { ResourceVersion(UInt64(revision(moment))) }
}

/// A list, and what it must give.
struct ListRow: Sendable {
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

    /// The request in words.
    private var request: String {
        var parts = ["/pods/\(key)"]
        if let version { parts.append("version \(version)") }
        if let match { parts.append(match.rawValue) }
        if limit > 0 { parts.append("limit \(limit)") }
        if !fields.isEmpty { parts.append(fields) }
        if let token { parts.append("continued from \(token.start.filter { $0 != "\0" }) at \(token.at)") }
        return parts.joined(separator: ", ")
    }

    var asCase: ConformanceCase {
        var needs: Set<ConformanceCapability> = []
        if error == .expired { needs.formUnion([.compaction, .compactedVersionsExpire]) }
        if version == .zero, limit > 0, hasToken { needs.insert(.limitAtZero) }
        let wanted = error.map { "is refused: \($0)" } ?? "gives \(items.isEmpty ? "nothing" : items.joined(separator: " "))"
        return ConformanceCase(id, "A list of \(request) \(wanted)", needs: needs, alone: true) { bench in
            let history = try await ListHistory(bench)
            try await check(bench, history)
        }
    }

    private func check(_ bench: Bench, _ history: ListHistory) async throws {
        let token = try self.token.map { try Self.token($0.start, history.revision($0.at)) }
        func ask() async throws -> StorageList {
            try await bench.list("/pods/\(key)", at: version.map(history.version), match, fields: fields, limit: limit, continuing: token)
        }
        if let error {
            let found = try await requireError(error, of: "the list", ask)
            if error == .expired, token != nil { try require(found.continueToken != nil, "the error has no token to go on with") }
            return
        }
        let list = try await ask()
        let items = try list.items.map { $0.shortName == "first/bar" ? "first/bar@\(try Bench.number($0))" : $0.shortName }
        if items.isEmpty, isContentWithAnyState, !bench.has(.newestAtZero) { return }
        try requireEqual(items, self.items, "items")
        if let at { try requireEqual(list.resourceVersion, history.version(at), "version of the list") }
        if let version { try require(list.resourceVersion >= history.version(version), "the list is of \(list.resourceVersion)") }
        try requireEqual(list.remainingItemCount, remaining, "what remains")
        if let continueAfter {
            let name = continueAfter.dropFirst(key.count)
            try requireEqual(list.continueToken, try Self.token("\(name)\0", Int64(list.resourceVersion.value)), "token")
        } else {
            try requireEqual(list.continueToken != nil, hasToken, "whether there is a token")
        }
    }

    /// A cache may answer with what it had at any time.
    private var isContentWithAnyState: Bool { version == .zero || version == .beforeAll && match == .notOlderThan }

    /// Tokens are relative to what is listed, so any prefix makes the same text.
    static func token(_ start: String, _ revision: Int64) throws -> String {
        if start.isEmpty { return Base64URL.encode(Array(#"{"v":"meta.k8s.io/v1","rv":\#(revision),"start":""}"#.utf8)) }
        return try ContinueToken(revision: revision, startKey: "/" + start).encoded(keyPrefix: "/")
    }
}
