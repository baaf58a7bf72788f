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
    /// - Parameters:
    ///   - key: the key.
    ///   - value: its new value.
    ///   - ifValue: the value that it must have, byte for byte.
    ///   - lease: what it is to live on; 0 for ever.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
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
    /// - Parameters:
    ///   - key: the key.
    ///   - ifValue: the value that it must have, byte for byte.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
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
    /// Between attempts it waits by chance, up to 2 ms after the first and up to a quarter of a second in the end, so that many who change one key get
    /// their turn.
    /// - Parameters:
    ///   - key: the key.
    ///   - lease: what it is to live on, 0 for ever; nil for what it lives on already, if it's there.
    ///   - deadline: when to give up, all attempts included; nil to try for as long as others come first, with ``CallOptions/timeout``, or else
    ///     the configuration's times, for each call.
    ///   - change: gets what is there, nil for nothing, and gives the new value, nil to leave all as it is. May be called more than once.
    /// - Returns: the revision at which it was written; nil when `change` gave nil.
    /// - Throws: what `change` throws; `unknownOutcome`, which is not repeated: read before changing again; `deadlineExceeded` when others came first
    ///   until the deadline; `leaseNotFound`, `unavailable`, `canceled`…
    @discardableResult
    public func update(
        _ key: some EtcdBytes, lease: Int64? = nil, deadline: ContinuousClock.Instant? = nil,
        _ change: (KeyValue?) async throws -> (any EtcdBytes)?
    ) async throws -> Int64? {
        let key = key.etcdBytes
        var attempts = 0
        while true {
            let found = try await get(key, deadline: deadline)
            guard let value = try await change(found) else { return nil }
            let outcome = try await put(
                key, value.etcdBytes, ifModRevision: found?.modRevision ?? 0, lease: lease ?? found?.lease ?? 0, deadline: deadline)
            if case .done(let revision) = outcome { return revision }
            attempts += 1
            try await waitForTurn(after: attempts, deadline) { "update \(KeyRange.text(key))" }
        }
    }

    /// Waits after others came first. A member's answer takes a millisecond; a wait by chance from nothing on lets one of many through.
    private func waitForTurn(
        after attempts: Int, _ deadline: ContinuousClock.Instant?, _ operation: () -> String
    ) async throws(EtcdError) {
        let wait = Duration.microseconds(Int.random(in: 0..<(2000 << min(attempts - 1, 7))))
        if let deadline, deadline - .now <= wait {
            let message = "\(operation()): others wrote it first \(attempts) times; nothing was written"
            throw EtcdError(.deadlineExceeded, message: message)
        }
        try await EtcdClient.pause(wait, operation)
    }
}
