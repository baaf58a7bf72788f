//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import HistoryTesting
import Synchronization

/// Writes down what a client was asked and what it said.
final class Recorder: Sendable {
    /// How a watch ended that nobody had cancelled.
    struct WatchEnd: Sendable {
        var error: EtcdError
        var nextRevision: Int64
    }

    private struct State {
        var operations: [RecordedOperation] = []
        var watches: [Int: RecordedWatch] = [:]
        var nextWatch = 0
        var ends: [WatchEnd] = []
        var errors: [EtcdError] = []
        var events = 0
        var lastFailure: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    var operations: [RecordedOperation] { state.withLock { $0.operations } }
    var watches: [RecordedWatch] { state.withLock { $0.watches.sorted { $0.key < $1.key }.map(\.value) } }
    var watchEnds: [WatchEnd] { state.withLock { $0.ends } }
    /// What failed operations failed with.
    var errors: [EtcdError] { state.withLock { $0.errors } }
    /// When the last of them did.
    var lastFailure: ContinuousClock.Instant? { state.withLock { $0.lastFailure } }
    /// Events of all watches.
    var eventCount: Int { state.withLock { $0.events } }
    var doneCount: Int { count(\.isDone) }

    func count(_ isMeant: (RecordedOperation) -> Bool) -> Int { state.withLock { $0.operations.count { isMeant($0) } } }

    /// The answer to the latest of those operations that were called after an instant and succeeded.
    func answer(after instant: ContinuousClock.Instant, _ isMeant: (RecordedOperation.Kind) -> Bool) -> RecordedOperation.Answer? {
        state.withLock { state in
            for operation in state.operations.reversed() where operation.called > instant && isMeant(operation.kind) {
                if case .done(let answer) = operation.outcome { return answer }
            }
            return nil
        }
    }

    func record(
        _ kind: RecordedOperation.Kind, _ body: () async throws(EtcdError) -> RecordedOperation.Answer
    ) async -> RecordedOperation.Outcome {
        let called = ContinuousClock.now
        let outcome: RecordedOperation.Outcome
        do throws(EtcdError) {
            outcome = .done(try await body())
        } catch {
            outcome = error.outcome == .unknown ? .unknown(error.description) : .notDone(error.description)
            state.withLock { state in
                state.errors.append(error)
                state.lastFailure = .now
            }
        }
        let operation = RecordedOperation(kind, called: called, returned: .now, outcome: outcome)
        state.withLock { $0.operations.append(operation) }
        return outcome
    }

    /// Reads a watch to its end, or until `isLast`, and writes down all of it.
    func record(
        _ watch: EtcdWatch, scope: RecordedOperation.Scope, options: WatchOptions = .init(), until isLast: (WatchBatch) -> Bool = { _ in false }
    ) async {
        let recorded = RecordedWatch(
            scope, startRevision: watch.nextRevision, hasPrevious: options.prevKV, leavesOutPuts: options.filters.contains(.noPut),
            leavesOutDeletes: options.filters.contains(.noDelete))
        let id = state.withLock { state in
            state.watches[state.nextWatch] = recorded
            state.nextWatch += 1
            return state.nextWatch - 1
        }
        do throws(EtcdError) {
            while let batch = try await watch.nextBatch() {
                let arrived = RecordedWatch.Batch(revision: batch.revision, events: batch.events.map(RecordedWatch.Event.init))
                state.withLock { state in
                    state.watches[id]?.batches.append(arrived)
                    state.events += batch.events.count
                }
                if isLast(batch) { return }
            }
        } catch {
            // Who cancels a task knows that it ends.
            if error.code == .canceled { return }
            let end = WatchEnd(error: error, nextRevision: watch.nextRevision)
            state.withLock { $0.ends.append(end) }
        }
    }
}

extension RecordedOperation.Outcome {
    var isDone: Bool { if case .done = self { true } else { false } }
    var isNotDone: Bool { if case .notDone = self { true } else { false } }
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
}

extension RecordedOperation.Kind {
    var isLinearizableRead: Bool { if case .read(_, isLinearizable: true, at: _) = self { true } else { false } }
}

extension RecordedOperation {
    var isDone: Bool { outcome.isDone }
    var duration: Duration { returned - called }
}

extension RecordedWatch.Event {
    init(_ event: WatchEvent) {
        self.init(
            Change(revision: event.revision, key: event.kv.keyText, value: event.type == .put ? event.kv.valueText : nil), isCreate: event.isCreate,
            previous: event.prevKV.map(Version.init))
    }
}

extension Version {
    init(_ kv: KeyValue) { self.init(value: kv.valueText, modRevision: kv.modRevision, createRevision: kv.createRevision) }
}
