//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// Notices when the cluster isn't the one that it was: restored from an older snapshot, or another one at the same addresses.
///
/// Every answer passes here, so what is usual costs a few loads.
final class HistoryWitness: Sendable {
    private let guards: Bool
    private let logger: Logger
    private let observer: ClientObserver?
    private let clusterID = Atomic<UInt64>(0)
    private let revision = Atomic<Int64>(0)
    private let losses = Atomic<Int>(0)
    private let reason = Mutex<String?>(nil)

    init(guards: Bool, logger: Logger, observer: ClientObserver?) {
        self.guards = guards
        self.logger = logger
        self.observer = observer
    }

    /// How often the store was found replaced.
    var lossCount: Int { losses.load(ordering: .relaxed) }

    /// The latest revision that an answer told of.
    var latest: Int64 { revision.load(ordering: .relaxed) }

    /// What is known to have been there: beyond all that there are once the store was found replaced.
    var seenRevision: Int64 { lossCount > 0 ? .max : latest }

    /// What a call that begins now can't fall behind.
    struct Floor {
        /// 0 for a call that may be answered from the past.
        fileprivate var revision: Int64
        fileprivate var losses: Int
    }

    func floor(_ call: EtcdClient.Call, isLinearizable: Bool) throws(EtcdError) -> Floor {
        let losses = losses.load(ordering: .relaxed)
        if guards, losses > 0 { throw lost(call, outcome: .notDone) }
        return Floor(revision: isLinearizable ? revision.load(ordering: .relaxed) : 0, losses: losses)
    }

    /// Takes in an answer to a call that began at a floor.
    func see(_ header: ResponseHeader, _ floor: Floor, _ call: EtcdClient.Call) throws(EtcdError) {
        if let what = replacement(header, floor) {
            found(what, header)
            // A write has happened, but in which store?
            if guards { throw lost(call, outcome: call.kind == .repeatable ? .notDone : .unknown) }
        } else if header.revision > revision.load(ordering: .relaxed) {
            revision.max(header.revision, ordering: .relaxed)
        }
    }

    /// What an answer tells of another store; nil when it's of the one that is known.
    private func replacement(_ header: ResponseHeader, _ floor: Floor) -> String? {
        let known = clusterID.load(ordering: .relaxed)
        // Some who speak etcd's language have no ID.
        if header.clusterID != known, header.clusterID != 0 {
            let (isFirst, other) = clusterID.compareExchange(expected: 0, desired: header.clusterID, ordering: .relaxed)
            if !isFirst, other != header.clusterID { return "the cluster is \(Self.hex(header.clusterID)) and was \(Self.hex(other))" }
        }
        // A call that began before the last replacement was found would find it again.
        guard header.revision < floor.revision, header.revision > 0, floor.losses == losses.load(ordering: .relaxed) else { return nil }
        return "the store is at revision \(header.revision) and was at \(floor.revision)"
    }

    private func found(_ what: String, _ header: ResponseHeader) {
        // From here on the new store is the one to go by.
        if header.clusterID != 0 { clusterID.store(header.clusterID, ordering: .relaxed) }
        revision.store(header.revision, ordering: .relaxed)
        losses.add(1, ordering: .relaxed)
        reason.withLock { $0 = what }
        observer?.historyLost()
        logger.error(
            "The store was replaced: what was read of it before doesn't hold any more",
            metadata: ["found": "\(what)", "member": "\(Self.hex(header.memberID))"])
    }

    private func lost(_ call: EtcdClient.Call, outcome: EtcdError.Outcome) -> EtcdError {
        let what = reason.withLock { $0 } ?? "the store is another"
        return EtcdError(
            .historyLost, message: "\(call.operation()): \(what); make a new client, and read everything anew", outcome: outcome)
    }

    private static func hex(_ id: UInt64) -> String { String(id, radix: 16) }
}
