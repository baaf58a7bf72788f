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
    ///   - revision: the revision to read at; 0 for the latest.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Returns: nil when there's no such key.
    /// - Throws: `compacted`, `futureRevision`, `invalidArgument` for an empty key, `unavailable`…
    public func get(
        _ key: some EtcdBytes, revision: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> KeyValue? {
        try await range(.key(key.etcdBytes), options: .init(revision: revision), deadline: deadline).kvs.first
    }

    /// Reads all keys that begin with a prefix, at one revision, into memory. Linearizable. See ``EtcdClient/rangeStream(_:options:deadline:)`` for many.
    /// - Throws: `compacted`, `unavailable`…
    public func getAll(
        prefix: some EtcdBytes, revision: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> [KeyValue] {
        try await rangeStream(.prefix(prefix.etcdBytes), options: .init(revision: revision), deadline: deadline).collect().kvs
    }

    /// Counts the keys that begin with a prefix, without reading them. Linearizable.
    /// - Throws: `unavailable`…
    public func count(prefix: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Int {
        Int(clamping: try await range(.prefix(prefix.etcdBytes), options: .init(countOnly: true), deadline: deadline).count)
    }

    /// Writes a key, given as bytes or as text, as its value is. At most once.
    /// - Throws: `unknownOutcome`, as also when the store is full (``EtcdError/Code/noSpace``); `leaseNotFound`, `requestTooLarge`, `unavailable`…
    @discardableResult
    public func put(
        _ key: some EtcdBytes, _ value: some EtcdBytes, options: PutOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> PutResponse {
        try await put(key.etcdBytes, value.etcdBytes, options: options, deadline: deadline)
    }

    /// Deletes one key. At most once.
    /// - Returns: whether it was there.
    /// - Throws: `unknownOutcome`, `unavailable`…
    @discardableResult
    public func delete(_ key: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Bool {
        try await deleteRange(.key(key.etcdBytes), options: .init(), deadline: deadline).deleted > 0
    }

    /// Deletes all keys that begin with a prefix, at one revision; an empty prefix means all there are. At most once.
    /// - Returns: how many there were.
    /// - Throws: `unknownOutcome`, `unavailable`…
    @discardableResult
    public func deleteAll(prefix: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Int {
        Int(clamping: try await deleteRange(.prefix(prefix.etcdBytes), options: .init(), deadline: deadline).deleted)
    }
}
