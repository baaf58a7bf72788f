//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// One change of one object, as the log keeps it for all watchers.
final class CachedEvent: Sendable {
    let key: String
    let resourceVersion: ResourceVersion
    /// The object after the change; nil when it was removed.
    let current: CachedElement?
    /// The object before the change; nil when it is new.
    let previous: CachedElement?
    /// When the event came in; decides how far back the log reaches.
    let time: ContinuousClock.Instant

    init(
        key: String, resourceVersion: ResourceVersion, current: CachedElement?, previous: CachedElement?,
        time: ContinuousClock.Instant
    ) {
        self.key = key
        self.resourceVersion = resourceVersion
        self.current = current
        self.previous = previous
        self.time = time
    }
}

/// The encoded forms of an event. There are two objects that watchers can be sent: the one after the change, and (by those whose selector it
/// left, or when it is gone) the one before it at the version of the event.
final class EventEncodings: Sendable {
    let current = SharedEncodings()
    let departed = SharedEncodings()
}

extension CachedEvent {
    /// The event as a predicate sees it; nil when it sees nothing. Without shared encodings the change gets its own.
    func change(for predicate: SelectionPredicate, encodings: EventEncodings?) -> WatchChange? {
        let isSelected = current.map(predicate.matches) ?? false
        let wasSelected = previous.map(predicate.matches) ?? false
        if isSelected, let current {
            return WatchChange(
                kind: wasSelected ? .modified : .added, object: current.object, encodings: encodings?.current ?? SharedEncodings())
        }
        if wasSelected, let previous {
            return WatchChange(
                kind: .deleted, object: previous.object.at(resourceVersion), encodings: encodings?.departed ?? SharedEncodings())
        }
        return nil
    }
}
