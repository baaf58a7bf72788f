//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A view of the keys that begin with a prefix, in which they don't: see ``EtcdClient/namespace(_:)-(String)``.
///
/// Everything behaves as it does on a cluster that holds the namespace's keys alone: ranges, prefixes, "all keys" and "this key and all above" end where
/// the namespace does, and answers, previous values and events carry keys without the prefix. The header's revision is the whole cluster's, as are leases;
/// errors name keys as the cluster knows them. The one key that is the prefix itself isn't part of it, since etcd has no empty keys.
///
/// It's a convenience and no fence: who has the client reaches every key. etcd's roles are the fence.
public struct EtcdNamespace: EtcdKV {
    /// The client that does the work.
    public let client: EtcdClient
    let keys: KeyPrefix

    /// What its keys begin with on the cluster.
    public var prefix: [UInt8] { keys.bytes }

    /// A namespace inside this one.
    public func namespace(_ prefix: some EtcdBytes) -> EtcdNamespace {
        EtcdNamespace(client: client, keys: KeyPrefix(keys.bytes + prefix.etcdBytes))
    }

    // etcd refuses empty keys; with the prefix before them they wouldn't be empty any more.
    private static func refuseEmpty(_ key: [UInt8], _ operation: String) throws(EtcdError) {
        if key.isEmpty { throw EtcdError(.invalidArgument, message: "\(operation) \"\": key is not provided") }
    }

    /// See ``EtcdClient/range(_:options:deadline:)``.
    /// - Throws: as there, `invalidArgument` for an empty key included.
    public func range(
        _ range: KeyRange, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> RangeResponse {
        try Self.refuseEmpty(range.start, "range")
        return keys.removing(from: try await client.range(keys.adding(to: range), options: options, deadline: deadline))
    }

    /// See ``EtcdClient/rangeStream(_:options:deadline:)``. It ends as there, with `invalidArgument` for an empty key too.
    public func rangeStream(
        _ range: KeyRange, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) -> RangeStream {
        var stream = client.rangeStream(keys.adding(to: range), options: options, deadline: deadline)
        stream.prefix = keys
        do throws(EtcdError) { try Self.refuseEmpty(range.start, "stream range") } catch { stream.refusal = error }
        return stream
    }

    /// See ``EtcdClient/put(_:_:options:deadline:)-([UInt8],[UInt8],_,_)``.
    /// - Throws: as there, `invalidArgument` for an empty key included.
    @discardableResult
    public func put(
        _ key: [UInt8], _ value: [UInt8], options: PutOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> PutResponse {
        try Self.refuseEmpty(key, "put")
        return keys.removing(from: try await client.put(keys.adding(to: key), value, options: options, deadline: deadline))
    }

    /// See ``EtcdClient/deleteRange(_:options:deadline:)``.
    /// - Throws: as there, `invalidArgument` for an empty key included.
    @discardableResult
    public func deleteRange(
        _ range: KeyRange, options: DeleteRangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> DeleteRangeResponse {
        try Self.refuseEmpty(range.start, "delete")
        return keys.removing(from: try await client.deleteRange(keys.adding(to: range), options: options, deadline: deadline))
    }

    /// See ``EtcdClient/transaction(_:deadline:)``. Transactions inside it are in the namespace too.
    /// - Throws: as there, `invalidArgument` for an empty key included.
    public func transaction(
        _ transaction: Transaction, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> TransactionResponse {
        for key in transaction.startKeys { try Self.refuseEmpty(key, "transaction on") }
        return keys.removing(from: try await client.transaction(keys.adding(to: transaction), deadline: deadline))
    }

    /// See ``EtcdClient/watch(_:options:)``. An empty key, as there, means the first that there is.
    /// - Throws: as there.
    public func watch(_ range: KeyRange, options: WatchOptions = .init()) async throws(EtcdError) -> EtcdNamespaceWatch {
        // A watch takes an empty key for the first there is.
        let range = range.start.isEmpty ? KeyRange(start: [0], end: range.end) : range
        return EtcdNamespaceWatch(watch: try await client.watch(keys.adding(to: range), options: options), keys: keys)
    }

    /// See ``EtcdClient/leaseTimeToLive(_:keys:deadline:)``; names the keys of the namespace only.
    /// - Throws: as there.
    public func leaseTimeToLive(
        _ id: Int64, keys wantsKeys: Bool = false, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> LeaseTimeToLiveResponse {
        var answer = try await client.leaseTimeToLive(id, keys: wantsKeys, deadline: deadline)
        answer.keys = answer.keys.filter(keys.contains).map(keys.removing(from:))
        return answer
    }
}

extension EtcdClient {
    /// A view of the keys that begin with a prefix, in which they don't. Costs nothing to make.
    public func namespace(_ prefix: [UInt8]) -> EtcdNamespace { EtcdNamespace(client: self, keys: KeyPrefix(prefix)) }

    /// A view of the keys that begin with a text, in which they don't.
    public func namespace(_ prefix: String) -> EtcdNamespace { namespace(Array(prefix.utf8)) }
}

extension Transaction {
    /// The first key of all it is about.
    fileprivate var startKeys: [[UInt8]] {
        compare.map(\.range.start)
            + (success + failure).flatMap { operation -> [[UInt8]] in
                switch operation {
                case .range(let range, _), .deleteRange(let range, _): [range.start]
                case .put(let key, _, _): [key]
                case .transaction(let inner): inner.startKeys
                }
            }
    }
}
