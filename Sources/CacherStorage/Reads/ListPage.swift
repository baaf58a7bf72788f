//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// One page of a list, cut out of the objects of one moment. Equal to the store's own page at the same revision.
struct ListPage: Sendable {
    let tree: ObjectTree
    let resourceVersion: ResourceVersion
    /// The keys that the list is about, from the page's start on.
    let interval: KeyInterval
    /// What continue tokens are relative to.
    let keyPrefix: String
    let predicate: SelectionPredicate
    /// 0 for no limit.
    let limit: Int

    func list() throws(StorageError) -> StorageList {
        let total = tree.count(in: interval)
        var items: [StoredObject] = []
        if predicate.isEmpty { items.reserveCapacity(limit > 0 ? min(limit, total) : total) }
        var examined = 0
        var last: String?
        let takesAll = predicate.isEmpty
        tree.forEach(in: interval) { element in
            examined += 1
            guard takesAll || predicate.matches(element) else { return true }
            items.append(element.object)
            guard items.count == limit else { return true }
            last = element.key
            return false
        }
        guard let last, examined < total else { return StorageList(items: items, resourceVersion: resourceVersion) }
        let token = ContinueToken(revision: Int64(clamping: resourceVersion.value), after: last)
        return StorageList(
            items: items, resourceVersion: resourceVersion, continueToken: try token.encoded(keyPrefix: keyPrefix),
            remainingItemCount: takesAll ? total - examined : nil)
    }
}
