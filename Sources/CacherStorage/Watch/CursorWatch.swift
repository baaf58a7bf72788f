//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Synchronization

/// A client's watch: a position in the shared log, preceded by the present objects when they were asked for.
final class CursorWatch: WatchSource {
    /// The present objects that haven't been sent yet. They are taken from a snapshot as the client reads, so a slow client costs no copy.
    private struct InitialEvents {
        let tree: ObjectTree
        var rest: KeyInterval
        /// Sent at their end.
        let bookmark: ResourceVersion?
    }

    /// How many objects or events are looked at in one go, so that no client holds the shared lock, or a thread, for long.
    private static let batchLimit = 512

    private let cache: WatchCache
    private let ticket: WatchTicket
    private let scope: WatchScope
    private let predicate: SelectionPredicate
    private let after: ResourceVersion
    private let initial: Mutex<InitialEvents?>

    /// - Parameters:
    ///   - initialInterval: the keys of the present objects to begin with; nil for none.
    ///   - marksEnd: a bookmark says where the initial events end.
    init(
        cache: WatchCache, admission: WatchAdmission, scope: WatchScope, predicate: SelectionPredicate,
        initialInterval: KeyInterval?, marksEnd: Bool
    ) {
        self.cache = cache
        self.scope = scope
        self.predicate = predicate
        ticket = admission.ticket
        after = admission.after
        let bookmark = marksEnd ? admission.view.resourceVersion : nil
        initial = Mutex(initialInterval.map { InitialEvents(tree: admission.view.tree, rest: $0, bookmark: bookmark) })
    }

    func cancel() {
        cache.dismiss(ticket)
        initial.withLock { $0 = nil }
    }

    func nextBatch() async -> [WatchEvent] {
        while !Task.isCancelled {
            if let events = nextInitialEvents() {
                if events.isEmpty { continue }
                return events
            }
            switch await cache.news(for: ticket, limit: Self.batchLimit) {
            case .ended: return []
            case .behind(let error): return [.failure(error)]
            case .events(let items, let bookmark):
                let events = changes(in: items, bookmark: bookmark)
                if !events.isEmpty { return events }
            }
        }
        cancel()
        return []
    }

    /// The next of the present objects, as this watch sees them; nil when there are no more, or the watch has ended meanwhile.
    private func nextInitialEvents() -> [WatchEvent]? {
        initial.withLock { initial in
            guard var pending = initial else { return nil }
            guard cache.isAdmitted(ticket) else {
                initial = nil
                return nil
            }
            var events: [WatchEvent] = []
            var seen = 0
            var next: String?
            pending.tree.forEach(in: pending.rest) { element in
                if seen == Self.batchLimit {
                    next = element.key
                    return false
                }
                seen += 1
                if predicate.matches(element) { events.append(.change(WatchChange(kind: .added, object: element.object))) }
                return true
            }
            if let next {
                pending.rest.lower = next
                initial = pending
            } else {
                if let bookmark = pending.bookmark { events.append(.bookmark(bookmark, endsInitialEvents: true)) }
                initial = nil
            }
            return events
        }
    }

    private func changes(in items: [EventLog.Item], bookmark: ResourceVersion?) -> [WatchEvent] {
        var events: [WatchEvent] = []
        events.reserveCapacity(items.count + 1)
        for item in items where item.event.resourceVersion > after && scope.contains(item.event.key) {
            if let change = item.event.change(for: predicate, encodings: item.encodings) { events.append(.change(change)) }
        }
        // A watch that began in the future isn't told of the past.
        if let bookmark, bookmark >= after { events.append(.bookmark(bookmark, endsInitialEvents: false)) }
        return events
    }
}

/// A watch that only has to say why it can't be.
final class FailedWatch: WatchSource {
    private let failure: Mutex<StorageError?>

    init(_ failure: StorageError) {
        self.failure = Mutex(failure)
    }

    func nextBatch() async -> [WatchEvent] {
        failure.withLock { $0.take() }.map { [.failure($0)] } ?? []
    }

    func cancel() {
        failure.withLock { $0 = nil }
    }
}
