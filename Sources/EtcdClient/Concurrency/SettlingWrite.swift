//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What became of a write that had a condition and whose fate was looked up where it wasn't told.
public enum SettledOutcome: Sendable, Hashable {
    /// The key has the value that was to be written, at this revision.
    case done(revision: Int64)
    /// The condition didn't hold, and nothing was written. This is what was there; nil for nothing.
    case notDone(found: KeyValue?)
}

extension EtcdClient {
    /// Writes a key if nobody has written it since it was read, through outages as long as the deadline is away.
    ///
    /// A write whose fate isn't known is neither repeated blindly nor given up: what is there decides. Where the key is as it was the write is sent
    /// again; its condition keeps it from being done twice, as long as nobody deletes a key that was absent before. Where the key has this very value it was done; it counts as done too when another
    /// wrote the same value meanwhile. Where the key is something else, a write that was never done can't be told from one that was overwritten: only
    /// then the end is `unknownOutcome`. A server that is full isn't asked again, but what is there tells whether it wrote in spite of its quota.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - value: its value; one that nobody else would write makes the outcome certain.
    ///   - modRevision: ``KeyValue/modRevision`` as it was read; 0 when the key wasn't there.
    ///   - lease: what it is to live on; 0 for ever.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unknownOutcome` when it can't be told, or not before the deadline; `leaseNotFound`, `requestTooLarge`; `noSpace` when it's certain that
    ///   a full store wrote nothing…
    public func settlingPut(
        _ key: [UInt8], _ value: [UInt8], ifModRevision modRevision: Int64, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> SettledOutcome {
        let deadline = deadline ?? .now + timeout(of: .write)
        var settling = SettlingWrite(value: value)
        var backoff = Backoff()
        let transaction = Transaction(
            compare: [.modRevision(key, .equal, modRevision)], success: [.put(key, value, options: .init(lease: lease))],
            failure: [.range(.key(key))])
        while true {
            let answer: TransactionResponse
            do throws(EtcdError) {
                // An attempt that hangs must leave time for another.
                answer = try await self.transaction(transaction, deadline: min(deadline, .now + timeout(of: .write)))
            } catch {
                let wait = backoff.next()
                switch settling.handle(error, isLate: .now + wait >= deadline, isCancelled: Task.isCancelled) {
                case .again:
                    do throws(EtcdError) {
                        try await Self.pause(wait, after: error.underlying) { "put \(KeyRange.text(key))" }
                    } catch {
                        throw settling.isUncertain ? error.afterUncertainAttempt() : error
                    }
                    continue
                case .look: return try settling.found(try await written(key, after: error, deadline), ifModRevision: modRevision, after: error)
                case .fail(let failure): throw failure
                }
            }
            if answer.succeeded { return .done(revision: answer.header.revision) }
            guard case .range(let found)? = answer.responses.first else {
                throw EtcdError(.malformedResponse, message: "put \(KeyRange.text(key)): the answer lacks what was found", outcome: .unknown)
            }
            if let outcome = settling.found(found.kvs.first) { return outcome }
            let message = "an attempt went unanswered, and the key is another's by now; ours may have come before"
            throw EtcdError(.unknownOutcome, message: "put \(KeyRange.text(key)) if at revision \(modRevision): \(message)", outcome: .unknown)
        }
    }

    /// What is there after a write that failed in a way that doesn't tell.
    private func written(
        _ key: [UInt8], after error: EtcdError, _ deadline: ContinuousClock.Instant
    ) async throws(EtcdError) -> KeyValue? {
        do throws(EtcdError) {
            return try await range(.key(key), deadline: deadline).kvs.first
        } catch let failure {
            var error = error
            error.message += "; nor can it be read: \(failure.message)"
            throw error
        }
    }
}

/// Decides what a guarded write of unknown fate came to. Knows no server.
struct SettlingWrite: Sendable {
    enum Action {
        case again
        /// Read what is there: no other attempt would fare better.
        case look
        case fail(EtcdError)
    }

    let value: [UInt8]
    /// Whether an attempt may have been executed.
    private(set) var isUncertain = false
    /// Whether an attempt went unanswered, so that it may yet be executed.
    private var mayComeYet = false

    init(value: [UInt8]) { self.value = value }

    /// An attempt failed.
    mutating func handle(_ error: EtcdError, isLate: Bool, isCancelled: Bool) -> Action {
        if error.outcome == .unknown { isUncertain = true }
        if error.isAnsweredUncertainly { return .look }
        if error.outcome == .unknown { mayComeYet = true }
        let mayPass = error.outcome == .unknown || CallPolicy.mayPass(error.code)
        if mayPass, !isLate, !isCancelled, error.code != .canceled { return .again }
        return .fail(isUncertain ? error.afterUncertainAttempt() : error)
    }

    /// The server is full, and this is there now.
    func found(_ kv: KeyValue?, ifModRevision modRevision: Int64, after error: EtcdError) throws(EtcdError) -> SettledOutcome {
        guard let kv else { throw error }
        // What was absent may have been written and deleted again; a revision comes but once.
        if kv.modRevision == modRevision { throw mayComeYet ? error : error.seenNotDone() }
        guard kv.value == value else { throw error }
        return .done(revision: kv.modRevision)
    }

    /// The condition didn't hold: this is there instead.
    /// - Returns: nil when it can't be told.
    func found(_ kv: KeyValue?) -> SettledOutcome? {
        guard isUncertain else { return .notDone(found: kv) }
        guard let kv, kv.value == value else { return nil }
        return .done(revision: kv.modRevision)
    }
}
