//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport
import NIOCore

extension EtcdClient {
    /// Reads keys.
    ///
    /// Linearizable unless ``RangeOptions/serializable``: it sees every write that was acknowledged before it began. The keys of one answer
    /// are all of one revision. To read page by page, put ``ResponseHeader/revision`` of the first answer into ``RangeOptions/revision`` of the
    /// others, and start each after the last key of the one before; ``rangeStream(_:options:deadline:)`` does all that.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `responseTooLarge` when the answer is longer than ``EtcdClientConfiguration/maximumMessageSize`` or than a server can send, 2 GiB: use
    ///   ``rangeStream(_:options:deadline:)``; `invalidArgument` for an empty key; `compacted`, `futureRevision`, `unavailable`, `deadlineExceeded`…
    public func range(
        _ range: KeyRange, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> RangeResponse {
        let call = Call(
            method: "/etcdserverpb.KV/Range", kind: .repeatable, lane: Self.lane(of: range, options),
            requiresLeader: !options.serializable, deadline: NIODeadline(optional: deadline), operation: .range(range))
        if call.lane == .bulk { return try await performAtLength(call) { $0.range(range, options) } }
        return try await perform(
            call, request: { $0.range(range, options) },
            decode: { bytes throws(MalformedMessage) in try RangeResponse(wire: bytes) })
    }

    // Answers that may be long travel apart from those that may not, or the short ones would wait.
    private static func lane(of range: KeyRange, _ options: RangeOptions) -> ConnectionLane {
        range.isSingleKey || options.countOnly || (1...16).contains(options.limit) ? .unary : .bulk
    }

    /// Writes a key.
    ///
    /// At most once, whatever happens to connections and servers.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `invalidArgument` for an empty key; `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``); `leaseNotFound`,
    ///   `requestTooLarge`, `unavailable`…
    @discardableResult
    public func put(
        _ key: [UInt8], _ value: [UInt8], options: PutOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> PutResponse {
        let call = Call(
            method: "/etcdserverpb.KV/Put", kind: .write, deadline: NIODeadline(optional: deadline), operation: .put(key))
        return try await perform(
            call, request: { $0.put(key, value, options) },
            decode: { bytes throws(MalformedMessage) in try PutResponse(wire: bytes) })
    }

    /// Writes a key, both given as text.
    /// - Throws: as the other.
    @discardableResult
    public func put(
        _ key: String, _ value: String, options: PutOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> PutResponse {
        try await put(Array(key.utf8), Array(value.utf8), options: options, deadline: deadline)
    }

    /// Deletes keys, all at one revision.
    ///
    /// At most once. A range without keys is no error.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `invalidArgument` for an empty key; `unknownOutcome`, `unavailable`…
    @discardableResult
    public func deleteRange(
        _ range: KeyRange, options: DeleteRangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> DeleteRangeResponse {
        let call = Call(
            method: "/etcdserverpb.KV/DeleteRange", kind: .write, deadline: NIODeadline(optional: deadline), operation: .deleteRange(range))
        return try await perform(
            call, request: { $0.deleteRange(range, options) },
            decode: { bytes throws(MalformedMessage) in try DeleteRangeResponse(wire: bytes) })
    }

    /// Runs a transaction: atomically, and at most once unless it only reads.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `invalidArgument` for an empty key; `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``); `tooManyOperations`,
    ///   `duplicateKey`, `requestTooLarge`,
    ///   `unavailable`…
    public func transaction(
        _ transaction: Transaction, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> TransactionResponse {
        let call = Call(
            method: "/etcdserverpb.KV/Txn", kind: transaction.isReadOnly ? .repeatable : .write, deadline: NIODeadline(optional: deadline),
            operation: .transaction(transaction))
        return try await perform(
            call, request: { $0.transaction(transaction) },
            decode: { bytes throws(MalformedMessage) in try TransactionResponse(wire: bytes) })
    }

    /// Forgets what was before a revision: it can't be read or watched from any more.
    ///
    /// The second of two equal compactions fails and changes nothing, so one whose outcome isn't known is repeated until its deadline; `compacted` then means
    /// that it was done.
    /// - Parameters:
    ///   - revision: the oldest revision to keep; at most the latest.
    ///   - physical: answers only when the space is free, which may take long.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: who answered; all zeros when it was an earlier attempt, whose answer was lost, that did it.
    /// - Throws: `compacted` when that, or more, is forgotten already; `futureRevision`; `unknownOutcome`, after which it may be repeated at will.
    @discardableResult
    public func compact(
        revision: Int64, physical: Bool = false, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ResponseHeader {
        var call = Call(
            method: "/etcdserverpb.KV/Compact", kind: .write, deadline: deadline, mayBlock: physical, operation: { "compact to revision \(revision)" }
        )
        let end = self.deadline(for: call)
        call.deadline = end
        var uncertain: EtcdError?
        var backoff = Backoff()
        while true {
            do throws(EtcdError) {
                return try await perform(
                    call, etcdserverpb__compaction_request__init, etcdserverpb__compaction_response__unpack,
                    fill: { _, request in
                        request.pointee.revision = revision
                        request.pointee.physical = physical ? 1 : 0
                    },
                    read: { ResponseHeader($0.header) })
            } catch {
                if error.code == .compacted, uncertain != nil { return ResponseHeader() }
                let wait = backoff.next()
                guard error.outcome == .unknown, let cause = error.underlying, cause.origin != .caller, cause.origin != .shutdown,
                    end > .now() + TimeAmount(wait)
                else {
                    // What is said last may not be what is known of the first.
                    if let uncertain, error.outcome == .notDone { throw uncertain }
                    throw error
                }
                uncertain = error
                do {
                    try await Task.sleep(for: wait)
                } catch {
                    throw uncertain ?? EtcdError(.canceled, message: "\(call.operation()): the task was cancelled")
                }
            }
        }
    }
}

extension Transaction {
    /// What it is about, in an error: the keys that it writes, or reads when it writes none.
    var summary: String {
        var keys: [String] = []
        func collect(_ operations: [Operation]) {
            for operation in operations {
                switch operation {
                case .range(let range, _), .deleteRange(let range, _): keys.append(range.description)
                case .put(let key, _, _): keys.append(KeyRange.text(key))
                case .transaction(let inner): collect(inner.success + inner.failure)
                }
            }
        }
        collect(success + failure)
        let shown = keys.prefix(3).joined(separator: ", ")
        return "transaction on \(shown)\(keys.count > 3 ? " and \(keys.count - 3) more" : "")"
    }
}
