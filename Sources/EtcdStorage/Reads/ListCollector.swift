//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Storage

/// Picks a list's items out of what etcd has, and keeps account of those that can't be read: one of them must not hide the others, nor may the list
/// pass for whole.
///
/// Source of the rule: upstream etcd3.corruptObjErrAggregator.
struct ListCollector {
    /// More unreadable objects than this end the search.
    static let maximumFailures = 100

    let key: String
    let predicate: SelectionPredicate
    private let takesAll: Bool
    private(set) var cost = StorageMetrics.ListCost()
    private var items: [StoredObject] = []
    private var failures: [StorageError] = []

    init(key: String, predicate: SelectionPredicate, isStreamed: Bool = false) {
        self.key = key
        self.predicate = predicate
        takesAll = predicate.isEmpty
        cost.isStreamed = isStreamed
    }

    /// As many items as were asked for are there.
    var isFull: Bool { predicate.limit > 0 && items.count >= predicate.limit }

    var hasFailures: Bool { !failures.isEmpty }

    /// So many keys were fetched.
    mutating func expect(_ count: Int) {
        cost.fetched += count
        guard takesAll else { return }
        var needed = items.count + count
        if predicate.limit > 0 { needed = min(needed, predicate.limit) }
        // Twofold at least: an array that grows by a page at a time is copied for every page.
        if needed > items.capacity { items.reserveCapacity(max(needed, 2 * items.capacity)) }
    }

    /// Objects whose attributes can't be read aren't selected.
    mutating func add(_ object: StoredObject, _ logger: Logger) {
        cost.evaluated += 1
        if takesAll { return items.append(object) }
        do {
            if try predicate.matches(object) { items.append(object) }
        } catch {
            logger.debug("object without readable attributes left out of a list", metadata: ["key": "\(object.key)", "error": "\(error)"])
        }
    }

    /// An object can't be read.
    /// - Throws: when the search is to end.
    mutating func note(_ error: StorageError) throws(StorageError) {
        guard error.code == .corruptObject else { throw failure(endedBy: error) }
        cost.evaluated += 1
        failures.append(error)
        if failures.count >= ListCollector.maximumFailures { throw .unreadable(key, failures: failures, isTruncated: true) }
    }

    /// What to report when something else ends the search: that alone, unless unreadable objects were met before.
    func failure(endedBy error: StorageError) -> StorageError {
        failures.isEmpty ? error : .unreadable(key, failures: failures + [error])
    }

    /// The items.
    /// - Throws: `corruptObject` naming every object that could not be read.
    mutating func finish() throws(StorageError) -> [StoredObject] {
        guard failures.isEmpty else { throw .unreadable(key, failures: failures) }
        cost.returned = items.count
        return items
    }
}
