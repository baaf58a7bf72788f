//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a key was made to be at a revision.
package struct Change: Sendable, Hashable, CustomStringConvertible {
    package var revision: Int64
    package var key: String
    /// nil: the key was deleted.
    package var value: String?

    package init(revision: Int64, key: String, value: String?) {
        self.revision = revision
        self.key = key
        self.value = value
    }

    package var description: String { "\(revision): \(key) \(value.map { "= \($0)" } ?? "deleted")" }
}

/// What a key is at a revision.
package struct Version: Sendable, Hashable {
    package var value: String
    package var modRevision: Int64
    package var createRevision: Int64

    package init(value: String, modRevision: Int64, createRevision: Int64) {
        self.value = value
        self.modRevision = modRevision
        self.createRevision = createRevision
    }
}

/// What a store was from some revision on, when all the keys in question were absent: the truth that recorded operations and watches are held to.
package struct StoreHistory: Sendable {
    /// By revision; those of one revision in the order of their keys.
    package let changes: [Change]
    private let byKey: [String: [(revision: Int64, version: Version?)]]
    private let byRevision: [Int64: Range<Int>]

    package init(_ changes: [Change]) {
        let sorted = changes.sorted { ($0.revision, $0.key) < ($1.revision, $1.key) }
        self.changes = sorted
        var byKey: [String: [(revision: Int64, version: Version?)]] = [:]
        var byRevision: [Int64: Range<Int>] = [:]
        for (index, change) in sorted.enumerated() {
            let created = byKey[change.key]?.last?.version?.createRevision ?? change.revision
            let version = change.value.map { Version(value: $0, modRevision: change.revision, createRevision: created) }
            byKey[change.key, default: []].append((change.revision, version))
            byRevision[change.revision] = (byRevision[change.revision]?.lowerBound ?? index)..<(index + 1)
        }
        self.byKey = byKey
        self.byRevision = byRevision
    }

    /// The changes of one revision.
    package func changes(at revision: Int64) -> ArraySlice<Change> { byRevision[revision].map { changes[$0] } ?? [] }

    /// What a key was at a revision, that revision's own change included; nil: absent.
    package func version(of key: String, at revision: Int64) -> Version? {
        guard let versions = byKey[key] else { return nil }
        var (low, high) = (0, versions.count)
        while low < high {
            let middle = (low + high) / 2
            if versions[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : versions[low - 1].version
    }

    /// Every key that was there at a revision.
    package func state(at revision: Int64, where isWanted: (String) -> Bool = { _ in true }) -> [String: Version] {
        var state: [String: Version] = [:]
        for key in byKey.keys where isWanted(key) { state[key] = version(of: key, at: revision) }
        return state
    }
}
