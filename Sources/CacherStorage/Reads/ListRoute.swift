//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Who answers a list, and how fresh the answer must be.
///
/// Source of the rule: upstream's cacher delegator.
enum ListRoute: Sendable, Hashable {
    /// The store.
    case store
    /// The cache, as it is.
    case cached
    /// The cache, once it has reached a version.
    case cachedNotOlderThan(ResourceVersion)
    /// The cache, once it has reached what is the store's newest version now.
    case cachedNewest
    /// The cache, as it was at a version, when that is kept; else the store.
    case cachedExactly(ResourceVersion)

    /// - Parameter revision: what the same options were resolved to.
    init(_ options: ListOptions, revision: ListRevision) {
        let isContinued = options.predicate.continueToken?.isEmpty == false
        if isContinued {
            switch revision.read {
            case _ where !options.recursive: self = .store
            case .exact(let version): self = .cachedExactly(version)
            case .latest: self = .cachedNewest
            }
            return
        }
        guard let version = options.resourceVersion else {
            self = options.match == nil ? .cachedNewest : .store
            return
        }
        switch options.match {
        case .exact:
            self = options.recursive && !version.isZero ? .cachedExactly(version) : .store
        case .notOlderThan:
            self = version.isZero ? .cached : .cachedNotOlderThan(version)
        case nil where version.isZero:
            self = .cached
        case nil where options.predicate.limit > 0:
            // Before resourceVersionMatch there was, a limit made the version exact.
            self = options.recursive ? .cachedExactly(version) : .store
        case nil:
            self = .cachedNotOlderThan(version)
        }
    }
}
