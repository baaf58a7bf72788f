//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One watch, as its reader saw it.
package struct RecordedWatch: Sendable {
    /// An event.
    package struct Event: Sendable, Hashable {
        package var change: Change
        package var isCreate: Bool
        package var previous: Version?

        package init(_ change: Change, isCreate: Bool, previous: Version? = nil) {
            self.change = change
            self.isCreate = isCreate
            self.previous = previous
        }
    }

    /// What came at once.
    package struct Batch: Sendable {
        package var arrived: ContinuousClock.Instant
        /// Up to which revision, included, all has been delivered, as the watch claims.
        package var revision: Int64
        /// None: news of progress.
        package var events: [Event]

        package init(arrived: ContinuousClock.Instant = .now, revision: Int64, events: [Event]) {
            self.arrived = arrived
            self.revision = revision
            self.events = events
        }
    }

    package var scope: RecordedOperation.Scope
    package var startRevision: Int64
    /// Whether events tell what was there before.
    package var hasPrevious: Bool
    package var leavesOutPuts: Bool
    package var leavesOutDeletes: Bool
    package var batches: [Batch]

    package init(
        _ scope: RecordedOperation.Scope, startRevision: Int64, hasPrevious: Bool = false, leavesOutPuts: Bool = false,
        leavesOutDeletes: Bool = false,
        batches: [Batch] = []
    ) {
        self.scope = scope
        self.startRevision = startRevision
        self.hasPrevious = hasPrevious
        self.leavesOutPuts = leavesOutPuts
        self.leavesOutDeletes = leavesOutDeletes
        self.batches = batches
    }

    /// Whether a change is one that the watch is to deliver.
    func wants(_ change: Change) -> Bool {
        change.revision >= startRevision && scope.contains(change.key) && !(change.value == nil ? leavesOutDeletes : leavesOutPuts)
    }
}

/// Holds a recorded watch to the six guarantees that etcd gives, and to what events say of the time before them.
package enum WatchCheck {
    /// - Parameter compacted: the revision up to which the history was compacted while the watch ran; what was before may lack its past.
    package static func violations(of watch: RecordedWatch, against history: StoreHistory, compacted: Int64 = 0) -> [Violation] {
        var violations: [Violation] = []
        func report(_ promise: Violation.Promise, _ text: String) { violations.append(Violation(promise, text)) }

        let expected = history.changes.filter(watch.wants)
        var next = 0
        var seen: Set<[String]> = []
        var (lastEvent, lastClaim): (Int64, Int64) = (0, 0)
        var isFirst = true
        for batch in watch.batches {
            if let first = batch.events.first?.change.revision, first == lastEvent {
                report(.atomic, "revision \(first) comes in more than one batch")
            }
            if batch.revision < lastClaim { report(.bookmarkable, "progress \(batch.revision) comes after \(lastClaim)") }
            for event in batch.events {
                let change = event.change
                if change.revision < lastEvent { report(.ordered, "\(change) comes after revision \(lastEvent)") }
                if !seen.insert([String(change.revision), change.key]).inserted { report(.unique, "\(change) comes twice") }
                if change.revision <= lastClaim { report(.bookmarkable, "\(change) comes after progress \(lastClaim)") }
                if !watch.wants(change) { report(.correct, "\(change) isn't wanted from revision \(watch.startRevision) on") }
                if isFirst, change.revision != expected.first?.revision {
                    report(.resumable, "\(change) comes first, not \(String(describing: expected.first))")
                }
                isFirst = false
                violations += truthViolations(of: event, watch, history, compacted)
                lastEvent = max(lastEvent, change.revision)
            }
            // Within a revision etcd may have any order.
            let delivered = batch.events.map(\.change).sorted { ($0.revision, $0.key) < ($1.revision, $1.key) }
            let end = expected[next...].firstIndex { $0.revision > batch.revision } ?? expected.count
            if delivered != Array(expected[next..<end]) {
                let missing = Set(expected[next..<end]).subtracting(delivered).sorted { $0.revision < $1.revision }
                let surplus = Set(delivered).subtracting(expected[next..<end]).sorted { $0.revision < $1.revision }
                report(.reliable, "up to revision \(batch.revision) there is no \(missing.prefix(3)), but \(surplus.prefix(3))")
            }
            next = end
            lastClaim = max(lastClaim, batch.revision)
        }
        return violations
    }

    private static func truthViolations(
        of event: RecordedWatch.Event, _ watch: RecordedWatch, _ history: StoreHistory, _ compacted: Int64
    ) -> [Violation] {
        let change = event.change
        let before = history.version(of: change.key, at: change.revision - 1)
        var violations: [Violation] = []
        if event.isCreate != (before == nil && change.value != nil) {
            violations.append(
                Violation(.correct, "\(change) says that it is \(event.isCreate ? "a" : "no") creation, over \(String(describing: before))"))
        }
        let mayLack = change.revision - 1 <= compacted
        let expected = watch.hasPrevious ? before : nil
        if event.previous != expected, !(mayLack && event.previous == nil) {
            violations.append(
                Violation(.correct, "before \(change) there was \(String(describing: expected)), not \(String(describing: event.previous))"))
        }
        return violations
    }
}
