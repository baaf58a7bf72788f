//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What became of a write that had a condition.
public enum ConditionalOutcome: Sendable, Hashable {
    /// It was done, at this revision.
    case done(revision: Int64)
    /// The condition didn't hold, and nothing was written. This is what was there; nil for nothing.
    case notDone(found: KeyValue?)

    /// Whether it was done.
    public var isDone: Bool {
        switch self {
        case .done: true
        case .notDone: false
        }
    }
}

// Each is one transaction, done at most once. There are three ends: it returns, and was done or wasn't; it throws with the outcome `notDone`; or it throws
// `unknownOutcome`. Nothing here repeats the last, not even though the condition would keep it from being done twice: a repetition that finds its condition
// broken couldn't tell whose write broke it. Read, and decide.

extension EtcdKV {
    /// Writes a key unless it is there.
    /// - Parameters:
    ///   - key: the key.
    ///   - value: its value.
    ///   - lease: what it is to live on; 0 for ever.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``); `leaseNotFound`, `requestTooLarge`, `unavailable`…
    public func putIfAbsent(
        _ key: some EtcdBytes, _ value: some EtcdBytes, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        try await put(key, value, ifModRevision: 0, lease: lease, deadline: deadline)
    }

    /// Writes a key if nobody has written it since it was read.
    /// - Parameters:
    ///   - key: the key.
    ///   - value: its value.
    ///   - ifModRevision: ``KeyValue/modRevision`` as it was read; 0 when the key wasn't there.
    ///   - lease: what it is to live on; 0 for ever.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``); `leaseNotFound`, `requestTooLarge`, `unavailable`…
    public func put(
        _ key: some EtcdBytes, _ value: some EtcdBytes, ifModRevision: Int64, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        let key = key.etcdBytes
        return try await conditional(
            .modRevision(key, .equal, ifModRevision), key, .put(key, value.etcdBytes, options: .init(lease: lease)), deadline: deadline)
    }

    /// Writes a key if it is there with a value. Another who wrote it to something else and back isn't noticed: see
    /// ``put(_:_:ifModRevision:lease:deadline:)``.
    /// - Throws: `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``); `leaseNotFound`, `requestTooLarge`, `unavailable`…
    public func put(
        _ key: some EtcdBytes, _ value: some EtcdBytes, ifValue: some EtcdBytes, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        let key = key.etcdBytes
        return try await conditional(
            .value(key, .equal, ifValue.etcdBytes), key, .put(key, value.etcdBytes, options: .init(lease: lease)), deadline: deadline)
    }

    /// Deletes a key if nobody has written it since it was read.
    /// - Parameters:
    ///   - key: the key.
    ///   - ifModRevision: ``KeyValue/modRevision`` as it was read.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unknownOutcome`, `unavailable`…
    public func delete(
        _ key: some EtcdBytes, ifModRevision: Int64, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        let key = key.etcdBytes
        return try await conditional(.modRevision(key, .equal, ifModRevision), key, .deleteRange(.key(key)), deadline: deadline)
    }

    /// Deletes a key if it is there with a value.
    /// - Throws: `unknownOutcome`, `unavailable`…
    public func delete(
        _ key: some EtcdBytes, ifValue: some EtcdBytes, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        let key = key.etcdBytes
        return try await conditional(.value(key, .equal, ifValue.etcdBytes), key, .deleteRange(.key(key)), deadline: deadline)
    }

    private func conditional(
        _ condition: Compare, _ key: [UInt8], _ operation: Transaction.Operation, deadline: ContinuousClock.Instant?
    ) async throws(EtcdError) -> ConditionalOutcome {
        let answer = try await transaction(
            Transaction(compare: [condition], success: [operation], failure: [.range(.key(key))]), deadline: deadline)
        if answer.succeeded { return .done(revision: answer.header.revision) }
        return .notDone(found: answer.responses.first?.rangeResponse?.kvs.first)
    }

    /// Changes a key by what it is: reads it, asks for its new value, writes that if nobody has written the key meanwhile, and begins again otherwise.
    ///
    /// - Parameters:
    ///   - key: the key.
    ///   - deadline: when to give up, all attempts included; nil for ``CallOptions/timeout``, or else ``EtcdClientConfiguration/writeTimeout``, for
    ///     each of them.
    ///   - change: gets what is there, nil for nothing, and gives the new value, nil to leave all as it is. May be called more than once.
    /// - Returns: the revision at which it was written; nil when `change` gave nil.
    /// - Throws: what `change` throws; `unknownOutcome`, which is not repeated: read before changing again; `unavailable`, `canceled`…
    @discardableResult
    public func update(
        _ key: some EtcdBytes, deadline: ContinuousClock.Instant? = nil, _ change: (KeyValue?) async throws -> (any EtcdBytes)?
    ) async throws -> Int64? {
        let key = key.etcdBytes
        var found = try await get(key, deadline: deadline)
        while true {
            guard let value = try await change(found) else { return nil }
            let lease = found?.lease ?? 0
            switch try await put(key, value.etcdBytes, ifModRevision: found?.modRevision ?? 0, lease: lease, deadline: deadline) {
            case .done(let revision): return revision
            case .notDone(let other): found = other
            }
            try Task.checkCancellation()
        }
    }
}
