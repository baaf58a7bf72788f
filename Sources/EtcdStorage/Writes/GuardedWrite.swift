//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient

/// A write of one key that happens only if the key is still at a revision.
struct GuardedWrite: Sendable {
    enum Effect: Sendable {
        case put(value: [UInt8], lease: Int64)
        case delete
    }

    var key: [UInt8]
    var effect: Effect
    /// The revision that the key must be at; 0 for a key that must be free.
    var revision: Int64
    /// How many writes had made the key what it is at ``revision``, where that is known.
    var version: Int64?
    /// Ask for what is there when the guard fails. A create doesn't need it.
    var readsOnConflict = true
}

/// Carries a guarded write to its end when answers get lost, without I/O.
///
/// After a lost answer the write may have happened, may still happen (it waits in some member's queue), or may never happen. The guard helps:
/// once the key has left ``GuardedWrite/revision``, a write that didn't happen never will.
struct GuardedWriteMachine: Sendable {
    enum Event: Sendable {
        /// It happened.
        case done(revision: Int64)
        /// The guard failed; the key holds this.
        case refused(KeyValue?)
        /// It certainly didn't happen.
        case failed(EtcdError)
        /// It may have happened.
        case lost(EtcdError)
        /// What a re-read after ``lost`` showed.
        case found(KeyValue?)
        /// The re-read failed too.
        case rereadFailed(EtcdError)
    }

    enum Action: Sendable {
        case send
        case reread
        case finish(Result)
        /// It certainly didn't happen.
        case fail(EtcdError)
        /// Nobody can tell.
        case giveUp(EtcdError)
    }

    enum Result: Sendable {
        /// It happened at this revision.
        case done(revision: Int64)
        /// Something else was written instead, or the key is gone; this write didn't happen and never will.
        case conflict(KeyValue?)
        /// It may have happened, and the key has been written by others since (or by another who wrote the very same).
        case uncertain(KeyValue)
    }

    /// More sends than this aren't worth it: the store is in trouble.
    static let maximumSends = 4

    let write: GuardedWrite
    private var sends = 1
    private var lastLoss: EtcdError?
    /// Whether a send went unanswered, so that it may yet be executed.
    private var mayComeYet = false

    init(_ write: GuardedWrite) {
        self.write = write
    }

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .done(let revision): return .finish(.done(revision: revision))
        case .refused(let found):
            guard let lastLoss else { return .finish(.conflict(found)) }
            // An earlier send may have got through, late, and this is what stopped the later one.
            return judge(found, lastLoss)
        case .failed(let error):
            return lastLoss == nil ? .fail(error) : .giveUp(error)
        case .lost(let error):
            lastLoss = error
            if !error.isAnsweredUncertainly { mayComeYet = true }
            return .reread
        case .found(let found):
            guard let lastLoss else { return .finish(.conflict(found)) }
            return judge(found, lastLoss)
        case .rereadFailed(let error): return .giveUp(error)
        }
    }

    private mutating func judge(_ found: KeyValue?, _ loss: EtcdError) -> Action {
        // A full store has answered, and nothing is there that it might have written in spite of its quota. What it wrote and another deleted within
        // that moment isn't there either, which is all that matters to whoever wanted to create it.
        let isRefused = loss.isAnsweredUncertainly && !mayComeYet && (found?.modRevision ?? 0) == write.revision
        if isRefused { return .fail(loss.seenNotDone()) }
        // Gone, or never there: it may have been written and deleted again, or be written yet.
        guard let found else { return .giveUp(loss) }
        if found.modRevision == write.revision {
            guard !loss.isAnsweredUncertainly else { return .giveUp(loss) }
            guard sends < GuardedWriteMachine.maximumSends else { return .giveUp(loss) }
            sends += 1
            return .send
        }
        let isSameIncarnation = write.revision > 0 && found.createRevision <= write.revision
        switch write.effect {
        case .delete:
            // A delete would have ended this incarnation of the key.
            return .finish(isSameIncarnation ? .conflict(found) : .uncertain(found))
        case .put(let value, _):
            let isOurs = found.value == value
            if write.revision == 0 {
                // What a create writes tells its writer (a UID): nobody else creates the same bytes.
                return .finish(isOurs && found.version == 1 ? .done(revision: found.modRevision) : .uncertain(found))
            }
            // The one write since then is another's, so there was none of ours.
            let isAnothers = isSameIncarnation && write.version.map { found.version == $0 + 1 } == true && !isOurs
            return .finish(isAnothers ? .conflict(found) : .uncertain(found))
        }
    }
}
