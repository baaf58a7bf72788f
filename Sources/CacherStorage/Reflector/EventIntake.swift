//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Turns what the store reports into the cache's objects and events. Owned by the reflector; nothing here is shared, so nothing is locked.
struct EventIntake: Sendable {
    let attributes: SelectionPredicate.AttributesFunction
    private var tree = ObjectTree()
    private var totalBytes = 0
    private(set) var resourceVersion = ResourceVersion.zero

    init(attributes: @escaping SelectionPredicate.AttributesFunction) {
        self.attributes = attributes
    }

    var view: CacheView { CacheView(tree: tree, resourceVersion: resourceVersion, totalBytes: totalBytes) }

    /// Begins anew with a whole list, which is in key order.
    mutating func replace(_ objects: [StoredObject], at version: ResourceVersion) -> CacheView {
        tree = ObjectTree(sorted: objects.map(element))
        totalBytes = objects.reduce(0) { $0 + $1.bytes.count }
        resourceVersion = version
        return view
    }

    /// Applies a batch of a watch.
    /// - Returns: the events for the log, each with the objects just after it; and the failure that ended the watch.
    mutating func apply(
        _ batch: [WatchEvent], now: ContinuousClock.Instant
    ) -> (events: [(event: CachedEvent, snapshot: ObjectTree)], failure: StorageError?) {
        var events: [(event: CachedEvent, snapshot: ObjectTree)] = []
        events.reserveCapacity(batch.count)
        for event in batch {
            switch event {
            case .change(let change): events.append((apply(change, now: now), tree))
            case .bookmark(let version, _): resourceVersion = max(resourceVersion, version)
            case .failure(let error): return (events, error)
            }
        }
        return (events, nil)
    }

    private mutating func apply(_ change: WatchChange, now: ContinuousClock.Instant) -> CachedEvent {
        let object = change.object
        resourceVersion = max(resourceVersion, object.resourceVersion)
        let current: CachedElement?
        let previous: CachedElement?
        if change.kind == .deleted {
            current = nil
            let removed = tree.remove(object.key)
            totalBytes -= removed?.object.bytes.count ?? 0
            previous = removed ?? element(object)
        } else {
            let new = element(object)
            current = new
            previous = tree.update(new)
            totalBytes += object.bytes.count - (previous?.object.bytes.count ?? 0)
        }
        return CachedEvent(key: object.key, resourceVersion: object.resourceVersion, current: current, previous: previous, time: now)
    }

    /// Unreadable bytes are kept, as the store keeps them: only selectors pass them over.
    private func element(_ object: StoredObject) -> CachedElement {
        CachedElement(object: object, attributes: try? attributes(object))
    }
}
