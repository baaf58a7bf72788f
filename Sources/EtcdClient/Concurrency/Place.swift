//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import Synchronization

/// A place in the line of those who want the same name: a key of the session's own below it.
///
/// Who made its key first is first; everybody else waits for the deletion of the key just before its own, so that an end wakes one.
///
/// etcd: client/v3/concurrency, mutex and key.
struct Place: Sendable {
    let session: EtcdSession
    /// What does the work: the namespace that the line is in, without whose prefix all keys are.
    let client: EtcdNamespace
    let prefix: [UInt8]
    let key: [UInt8]
    /// The revision that made the key: the order in line, and what tells this stay in it from any other.
    let revision: Int64

    /// Holds as long as the place is kept.
    var isKept: Compare { .createRevision(key, .equal, revision) }

    // Errors name keys as the cluster knows them.
    private var name: String { client.keys.text(prefix) }
    private var keyText: String { client.keys.text(key) }
}

extension Place {
    /// Who is in line, by the order of arrival, and what the first of them wrote.
    struct Arrival: Sendable {
        var place: Place
        var isFirst: Bool
        /// Whether the session wasn't in line before, so that it's for who came now to leave.
        var isNew: Bool
        /// What the session's key holds: something else than what was given when it was in line already.
        var value: [UInt8]
    }

    /// Lines up behind those who are there.
    ///
    /// Never leaves a key behind when it throws, cancellation included, unless no server can be reached; then the key goes with the session. A task that is
    /// cancelled, or a session that ends, lets the attempt that is under way come to its end, for which it has the time of a write.
    static func enter(
        _ name: [UInt8], of client: EtcdNamespace, value: [UInt8], session: EtcdSession, deadline: ContinuousClock.Instant?
    ) async throws(EtcdError) -> Arrival {
        let prefix = name + [UInt8(ascii: "/")]
        let key = prefix + Array(String(UInt64(bitPattern: session.lease), radix: 16).utf8)
        // A place that the session has by another client is none of this call's making either.
        let before = max(client.client.history.latest, session.placesKnown.load(ordering: .relaxed))
        let isGivenUp = GivenUp()
        if Task.isCancelled { throw cancelled(prefix, client) }
        // A request that is cut off may be executed later, and nobody would then know of the key.
        let arrival: Arrival
        do throws(EtcdError) {
            arrival = try await shielded(onCancel: { isGivenUp.flag.store(true, ordering: .relaxed) }) { () async throws(EtcdError) in
                do throws(EtcdError) {
                    return try await enter(prefix, key, value, session, client, deadline, isGivenUp, after: before)
                } catch {
                    if error.outcome == .unknown { await withdraw(key, value, madeAfter: before, client) }
                    throw error
                }
            }
        } catch {
            if Task.isCancelled, error.outcome == .notDone { throw cancelled(prefix, client) }
            throw error
        }
        let place = arrival.place
        if Task.isCancelled {
            if arrival.isNew { await place.leaveAtLast() }
            throw cancelled(prefix, client)
        }
        client.client.logger.trace("in line", metadata: ["key": "\(place.keyText)", "revision": "\(place.revision)"])
        return arrival
    }

    private static func cancelled(_ prefix: [UInt8], _ client: EtcdNamespace) -> EtcdError {
        EtcdError(.canceled, message: "line up for \(client.keys.text(prefix)): the task was cancelled")
    }

    /// Set when nobody waits for a place any more.
    private final class GivenUp: Sendable {
        let flag = Atomic(false)
    }

    private static func enter(
        _ prefix: [UInt8], _ key: [UInt8], _ value: [UInt8], _ session: EtcdSession, _ client: EtcdNamespace, _ deadline: ContinuousClock.Instant?,
        _ isGivenUp: GivenUp, after before: Int64
    ) async throws(EtcdError) -> Arrival {
        let first = Transaction.Operation.range(.prefix(prefix), options: .init(limit: 1, sort: .init(by: .createRevision)))
        let transaction = Transaction(
            compare: [.createRevision(key, .equal, 0)], success: [.put(key, value, options: .init(lease: session.lease)), first],
            failure: [.range(.key(key)), first])
        var isRepeated = false
        let answer: TransactionResponse
        do throws(EtcdError) {
            var attempts = 0
            answer = try await client.client.repeatingUnknown(
                until: deadline, while: { !isGivenUp.flag.load(ordering: .relaxed) }
            ) { deadline async throws(EtcdError) in
                attempts += 1
                try session.check()
                return try await client.transaction(transaction, deadline: deadline)
            }
            isRepeated = attempts > 1
        } catch {
            guard error.isAnsweredUncertainly else { throw error }
            answer = try await client.line(of: key, first, after: error)
            isRepeated = true
        }
        var mine = KeyValue(key: key, value: value, createRevision: answer.header.revision)
        if !answer.succeeded, case .range(let found)? = answer.responses.first, let there = found.kvs.first { mine = there }
        guard case .range(let line)? = answer.responses.last, let head = line.kvs.first, mine.createRevision >= 0 else {
            let message = "line up for \(client.keys.text(prefix)): the answer to the transaction lacks the line"
            throw answer.succeeded || isRepeated
                ? EtcdError(.unknownOutcome, message: message, outcome: .unknown, reason: .malformedResponse)
                : EtcdError(.malformedResponse, message: message)
        }
        session.placesKnown.max(answer.header.revision, ordering: .relaxed)
        let place = Place(session: session, client: client, prefix: prefix, key: key, revision: mine.createRevision)
        // An attempt whose answer was lost made the key after all that was known before.
        let isNew = answer.succeeded || (isRepeated && mine.createRevision > before && mine.value == value)
        return Arrival(place: place, isFirst: head.createRevision == mine.createRevision, isNew: isNew, value: mine.value)
    }

    /// Takes out of the line what may have come into it, of which no more is known than what it wrote, and since when.
    private static func withdraw(_ key: [UInt8], _ value: [UInt8], madeAfter before: Int64, _ client: EtcdNamespace) async {
        let delete = Transaction(
            compare: [.value(key, .equal, value), .createRevision(key, .greater, before)], success: [.deleteRange(.key(key))])
        do throws(EtcdError) {
            _ = try await client.client.repeatingUnknown { deadline async throws(EtcdError) in
                try await client.transaction(delete, deadline: deadline)
            }
        } catch {
            client.client.logger.warning(
                "it isn't known whether a place in line was taken; it would go with its session",
                metadata: ["key": "\(client.keys.text(key))", "error": "\(error)"])
        }
    }

    /// Waits until nobody is before this place. Ends early when the session does, or at a deadline.
    func waitUntilFirst(deadline: ContinuousClock.Instant?) async throws(EtcdError) {
        let end = await withTaskGroup(of: EtcdError?.self) { group in
            group.addTask {
                do throws(EtcdError) {
                    try await waitForPredecessors()
                    return nil
                } catch {
                    return error
                }
            }
            group.addTask { await session.waitForLoss() }
            if let deadline {
                group.addTask {
                    do {
                        try await Task.sleep(until: deadline.reckonable)
                        return EtcdError(.deadlineExceeded, message: "wait in line for \(name): the deadline passed")
                    } catch {
                        return EtcdError(.canceled, message: "wait in line for \(name): the task was cancelled")
                    }
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let end { throw session.loss ?? end }
        try session.check()
    }

    private func waitForPredecessors() async throws(EtcdError) {
        let before = RangeOptions(
            limit: 1, sort: .init(by: .createRevision, .descending), keysOnly: true, maxCreateRevision: revision - 1)
        let look = Transaction(compare: [isKept], success: [.range(.prefix(prefix), options: before)])
        while true {
            let answer: TransactionResponse
            do throws(EtcdError) {
                answer = try await client.transaction(look)
            } catch {
                // Waiting is for as long as it takes.
                if CallPolicy.mayPass(error.code) { continue }
                throw error
            }
            guard answer.succeeded else { throw lost() }
            guard case .range(let found)? = answer.responses.first, let predecessor = found.kvs.first else { return }
            try await waitForDeletion(of: predecessor.key, after: answer.header.revision)
        }
    }

    private func waitForDeletion(of key: [UInt8], after revision: Int64) async throws(EtcdError) {
        let watch = try await client.watch(.key(key), options: .init(startRevision: revision + 1, filters: [.noPut]))
        defer { watch.cancel() }
        while true {
            do throws(EtcdError) {
                guard let batch = try await watch.nextBatch() else { throw EtcdError(.canceled, message: "wait in line for \(name): cancelled") }
                if batch.events.contains(where: { $0.type == .delete }) { return }
            } catch {
                // What has happened meanwhile shows when the line is looked at again.
                if error.code == .compacted { return }
                throw error
            }
        }
    }

    /// Gives the place up. Does nothing when it's lost already.
    func leave(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let delete = Transaction(compare: [isKept], success: [.deleteRange(.key(key))])
        // It can't delete another's key, nor a later one of this session, however often it's done.
        _ = try await client.client.repeatingUnknown(until: deadline) { deadline async throws(EtcdError) in
            try await client.transaction(delete, deadline: deadline)
        }
    }

    /// Gives the place up, in a cancelled task too.
    func leaveAtLast() async {
        do throws(EtcdError) {
            try await shielded { () async throws(EtcdError) in try await leave() }
        } catch {
            client.client.logger.warning(
                "place in line not given up; it goes with its session", metadata: ["key": "\(keyText)", "error": "\(error)"])
        }
    }

    /// Runs a transaction if, and only if, the place is kept at that very moment in the store.
    func guarded(
        _ transaction: Transaction, deadline: ContinuousClock.Instant?
    ) async throws(EtcdError) -> TransactionResponse {
        try session.check()
        let outer = Transaction(compare: [isKept], success: [.transaction(transaction)])
        let answer = try await client.transaction(outer, deadline: deadline)
        guard answer.succeeded else { throw lost() }
        guard case .transaction(var inner)? = answer.responses.first else {
            let message = "guarded transaction for \(name): the answer lacks the inner one"
            if transaction.isReadOnly { throw EtcdError(.malformedResponse, message: message) }
            throw EtcdError(.unknownOutcome, message: message, outcome: .unknown, reason: .malformedResponse)
        }
        inner.header = answer.header
        return inner
    }

    func lost() -> EtcdError {
        session.loss
            ?? EtcdError(
                .ownershipLost,
                message: "the place in line at \(keyText), made at revision \(revision), is gone: it was given up, or deleted by another")
    }
}

extension EtcdClient {
    /// Runs again, after a while, what may safely happen twice, when it isn't known whether it has happened once, or when no server could do it.
    ///
    /// After an attempt that may have been executed the end is `unknownOutcome`, save for a server's last word that says more: it has its own code.
    /// - Parameters:
    ///   - deadline: when to give up; nil for the time of a write from now.
    ///   - isWanted: whether to go on after an attempt that failed.
    ///   - attempt: gets the deadline of its own: one that hangs must leave time for another.
    func repeatingUnknown<Result: Sendable>(
        until deadline: ContinuousClock.Instant? = nil, while isWanted: () -> Bool = { true },
        _ attempt: (ContinuousClock.Instant) async throws(EtcdError) -> Result
    ) async throws(EtcdError) -> Result {
        let deadline = deadline ?? .now + timeout(of: .write)
        var backoff = Backoff()
        var isUncertain = false
        while true {
            let failure: EtcdError
            do throws(EtcdError) {
                return try await attempt(min(deadline, .now + timeout(of: .write)))
            } catch {
                failure = error
            }
            var end: EtcdError { isUncertain ? failure.endingUncertainAttempts() : failure }
            let wait = backoff.next()
            let mayRepeat = (failure.code == .unknownOutcome && !failure.isAnsweredUncertainly) || CallPolicy.mayPass(failure.code)
            guard mayRepeat, .now + wait < deadline, isWanted() else { throw end }
            isUncertain = isUncertain || failure.outcome == .unknown
            do {
                try await Task.sleep(for: wait)
            } catch {
                throw end
            }
        }
    }
}

extension EtcdNamespace {
    /// What `Place.enter` would be told if its key were there: a server that is full may have made it all the same.
    /// - Throws: `error`, when it isn't.
    fileprivate func line(
        of key: [UInt8], _ first: Transaction.Operation, after error: EtcdError
    ) async throws(EtcdError) -> TransactionResponse {
        let answer: TransactionResponse
        do throws(EtcdError) {
            answer = try await transaction(
                Transaction(compare: [.createRevision(key, .equal, 0)], failure: [.range(.key(key)), first]))
        } catch {
            throw error.afterUncertainAttempt()
        }
        guard !answer.succeeded else { throw error }
        return answer
    }
}
