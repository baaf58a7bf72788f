//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Single keys and prefixes, without the vocabulary of ranges.

extension EtcdKV {
    /// Reads one key. Linearizable.
    /// - Parameters:
    ///   - key: the key.
    ///   - options: the revision to read at, and whether a stale answer will do (``RangeOptions/serializable``). A key that they leave out, by a filter or
    ///     by ``RangeOptions/countOnly``, is as good as missing.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Returns: nil when there's no such key.
    /// - Throws: `compacted`, `futureRevision`, `invalidArgument` for an empty key, `unavailable`…
    public func get(
        _ key: some EtcdBytes, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> KeyValue? {
        try await range(.key(key.etcdBytes), options: options, deadline: deadline).kvs.first
    }

    /// Reads all keys that begin with a prefix, at one revision, into memory. Linearizable unless ``RangeOptions/serializable``. See
    /// ``EtcdClient/rangeStream(_:options:deadline:)`` for many.
    /// - Parameters:
    ///   - prefix: what the keys begin with; empty for all there are.
    ///   - options: the revision to read at, the most keys to read, their order, whether to leave out the values…
    ///   - deadline: when to give up; nil for no limit, other than ``CallOptions/timeout``, or else ``EtcdClientConfiguration/readTimeout``,
    ///     without an answer.
    /// - Returns: the keys in their order; empty when there are none.
    /// - Throws: `compacted`, `futureRevision`, `unavailable`…
    public func getAll(
        prefix: some EtcdBytes, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> [KeyValue] {
        try await rangeStream(.prefix(prefix.etcdBytes), options: options, deadline: deadline).collect().kvs
    }

    /// Counts the keys that begin with a prefix, without reading them. Linearizable.
    /// - Parameters:
    ///   - prefix: what the keys begin with; empty for all there are.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`…
    public func count(prefix: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Int {
        Int(clamping: try await range(.prefix(prefix.etcdBytes), options: .init(countOnly: true), deadline: deadline).count)
    }

    /// Writes a key, given as bytes or as text, as its value is. At most once.
    /// - Parameters:
    ///   - key: the key.
    ///   - value: its value; empty with ``PutOptions/ignoreValue``.
    ///   - options: the lease that it is to live on, and what is answered.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `invalidArgument` for an empty key; `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``);
    ///   `leaseNotFound`, `requestTooLarge`, `unavailable`…
    @discardableResult
    public func put(
        _ key: some EtcdBytes, _ value: some EtcdBytes, options: PutOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> PutResponse {
        try await put(key.etcdBytes, value.etcdBytes, options: options, deadline: deadline)
    }

    /// Deletes one key. At most once.
    /// - Parameters:
    ///   - key: the key.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: whether it was there.
    /// - Throws: `invalidArgument` for an empty key; `unknownOutcome`, `unavailable`…
    @discardableResult
    public func delete(_ key: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Bool {
        try await deleteRange(.key(key.etcdBytes), options: .init(), deadline: deadline).deleted > 0
    }

    /// Deletes all keys that begin with a prefix, at one revision; an empty prefix means all there are. At most once.
    /// - Parameters:
    ///   - prefix: what the keys begin with.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: how many there were.
    /// - Throws: `unknownOutcome`, `unavailable`…
    @discardableResult
    public func deleteAll(prefix: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Int {
        Int(clamping: try await deleteRange(.prefix(prefix.etcdBytes), options: .init(), deadline: deadline).deleted)
    }
}
