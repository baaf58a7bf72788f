//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Holds recorded operations to a store's history.
///
/// Revisions give all writes one order, so no search is needed: a history is linearizable when that order agrees with real time, every read saw
/// what was there at the revision it was answered at, and every write took effect once, where its guard held. A write of unknown outcome may have
/// taken effect once, at any time after it was called, or not.
package struct LinearizabilityCheck {
    private let history: StoreHistory
    private var violations: [Violation] = []
    /// Whose each change is, by its place in the history.
    private var claimed: Set<Change> = []
    private var changesByValue: [String: [Change]] = [:]
    /// Which operation took effect, or was answered, at which revision.
    private var placed: [Placed] = []

    private struct Placed {
        var operation: RecordedOperation
        var revision: Int64
        /// nothing else happened at its revision, so it comes after all that was known when it was called.
        var isWrite: Bool
        /// Whether others know that it has happened once it has returned.
        var isKnown: Bool
    }

    package static func violations(of operations: [RecordedOperation], against history: StoreHistory) -> [Violation] {
        var check = LinearizabilityCheck(history)
        for operation in operations { check.take(operation) }
        check.placeUnknown(operations)
        check.findStrangers()
        check.compareWithRealTime()
        return check.violations
    }

    private init(_ history: StoreHistory) {
        self.history = history
        for change in history.changes {
            if let value = change.value { changesByValue[value, default: []].append(change) }
        }
        for (value, changes) in changesByValue where Set(changes.map(\.revision)).count > 1 {
            violations.append(Violation(.atMostOnce, "\(value) was written at each of \(changes)"))
        }
    }

    private mutating func report(_ promise: Violation.Promise, _ text: String) { violations.append(Violation(promise, text)) }

    // MARK: Operations whose outcome is known

    private mutating func take(_ operation: RecordedOperation) {
        switch operation.outcome {
        case .done(let answer):
            takeDone(operation, answer)
        case .notDone:
            for value in operation.kind.values {
                if let changes = changesByValue[value] { report(.honest, "\(operation) has happened all the same: \(changes)") }
            }
        case .unknown: break
        }
    }

    private mutating func takeDone(_ operation: RecordedOperation, _ answer: RecordedOperation.Answer) {
        let place = Placed(operation: operation, revision: answer.revision, isWrite: operation.kind.isWrite && answer.changed, isKnown: true)
        switch operation.kind {
        case .put(let pairs): for (key, value) in pairs { claim(Change(revision: answer.revision, key: key, value: value), operation) }
        case .guardedPut(let key, let expected, let value):
            if answer.changed {
                claim(Change(revision: answer.revision, key: key, value: value), operation)
                checkGuard(key, expected, at: answer.revision, operation)
            } else {
                compare(answer.state, with: .key(key), at: answer.revision, operation)
                if (history.version(of: key, at: answer.revision)?.modRevision ?? 0) == expected {
                    report(.guarded, "\(operation) was refused though its guard held")
                }
                for written in changesByValue[value] ?? [] { report(.honest, "\(operation) was refused and has happened: \(written)") }
            }
        case .delete(let key):
            if answer.changed {
                claim(Change(revision: answer.revision, key: key, value: nil), operation)
            } else if let version = history.version(of: key, at: answer.revision) {
                report(.consistent, "\(operation) found nothing, but there was \(version)")
            }
        case .read(let scope, let isLinearizable, let revision):
            compare(answer.state, with: scope, at: revision == 0 ? answer.revision : revision, operation)
            // What is read from whatever a member has says nothing of the time.
            guard isLinearizable else { return }
        }
        placed.append(place)
    }

    private mutating func claim(_ change: Change, _ operation: RecordedOperation) {
        guard history.changes(at: change.revision).contains(change) else {
            return report(.durable, "\(operation) was acknowledged, but at that revision there is \(Array(history.changes(at: change.revision)))")
        }
        guard claimed.insert(change).inserted else { return report(.atMostOnce, "\(change) was acknowledged twice, at last by \(operation)") }
    }

    private mutating func checkGuard(_ key: String, _ expected: Int64, at revision: Int64, _ operation: RecordedOperation) {
        let before = history.version(of: key, at: revision - 1)?.modRevision ?? 0
        if before != expected { report(.guarded, "\(operation) took effect at revision \(revision) over revision \(before)") }
    }

    private mutating func compare(_ state: [String: Version], with scope: RecordedOperation.Scope, at revision: Int64, _ operation: RecordedOperation)
    {
        let truth: [String: Version]
        switch scope {
        case .key(let key): truth = history.version(of: key, at: revision).map { [key: $0] } ?? [:]
        case .prefix: truth = history.state(at: revision, where: scope.contains)
        }
        guard state != truth else { return }
        let wrong = Set(state.keys).union(truth.keys).filter { state[$0] != truth[$0] }.sorted().prefix(3)
        let text = wrong.map { "\($0) is \(String(describing: truth[$0])) and was read as \(String(describing: state[$0]))" }
        report(.consistent, "\(operation.kind) at revision \(revision): \(text.joined(separator: "; "))")
    }

    // MARK: Writes of unknown outcome

    private mutating func placeUnknown(_ operations: [RecordedOperation]) {
        var deletes: [String: [RecordedOperation]] = [:]
        for operation in operations {
            guard case .unknown = operation.outcome else { continue }
            if case .delete(let key) = operation.kind { deletes[key, default: []].append(operation) }
            guard let first = operation.kind.values.first, let change = changesByValue[first]?.first else {
                for value in operation.kind.values where changesByValue[value] != nil { report(.atomic, "half of \(operation) has happened") }
                continue
            }
            if case .put(let pairs) = operation.kind {
                let parts = pairs.map { Change(revision: change.revision, key: $0.key, value: $0.value) }
                guard parts.allSatisfy(history.changes(at: change.revision).contains) else {
                    report(.atomic, "half of \(operation) has happened")
                    continue
                }
                for part in parts { claim(part, operation) }
            } else {
                claim(change, operation)
            }
            if case .guardedPut(let key, let expected, _) = operation.kind { checkGuard(key, expected, at: change.revision, operation) }
            placed.append(Placed(operation: operation, revision: change.revision, isWrite: true, isKnown: false))
        }
        placeDeletes(deletes)
    }

    /// Deletes look alike, so those that nobody has claimed are given to those of unknown outcome, the earliest to the one that was called first.
    private mutating func placeDeletes(_ deletes: [String: [RecordedOperation]]) {
        for (key, operations) in deletes {
            var free = operations.sorted { $0.called < $1.called }[...]
            for change in history.changes where change.key == key && change.value == nil && !claimed.contains(change) {
                guard let operation = free.popFirst() else { break }
                claimed.insert(change)
                placed.append(Placed(operation: operation, revision: change.revision, isWrite: true, isKnown: false))
            }
        }
    }

    private mutating func findStrangers() {
        for change in history.changes where !claimed.contains(change) { report(.honest, "\(change), and nobody is known to have written it") }
    }

    // MARK: Real time

    private mutating func compareWithRealTime() {
        let byCall = placed.sorted { $0.operation.called < $1.operation.called }
        let byReturn = placed.filter(\.isKnown).sorted { $0.operation.returned < $1.operation.returned }
        var returned = byReturn[...]
        var latest: Placed?
        for later in byCall {
            while let earlier = returned.first, earlier.operation.returned < later.operation.called {
                if earlier.revision > latest?.revision ?? -1 { latest = earlier }
                returned.removeFirst()
            }
            guard let latest else { continue }
            let isTooOld = later.isWrite ? later.revision <= latest.revision : later.revision < latest.revision
            if isTooOld {
                report(.realTime, "\(later.operation), at revision \(later.revision), was called after the end of \(latest.operation)")
            }
        }
    }
}

extension RecordedOperation.Kind {
    /// The values that it writes.
    fileprivate var values: [String] {
        switch self {
        case .put(let pairs): pairs.values.sorted()
        case .guardedPut(_, _, let value): [value]
        case .delete, .read: []
        }
    }
}
