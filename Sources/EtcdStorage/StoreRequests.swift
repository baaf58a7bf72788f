//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient

/// The few shapes of requests that a storage makes. Other servers that speak etcd's protocol (kine) know these shapes and no others.
struct StoreRequests: Sendable {
    /// What is asked of etcd, for those who count.
    enum Operation: Sendable, Hashable {
        case get
        case list(limit: Int)
        case count
        case create
        case update
        case delete
        case watch
    }

    let client: EtcdClient
    let listPageTimeout: Duration
    let recorder: (@Sendable (Operation) -> Void)?

    func get(_ key: [UInt8], revision: Int64 = 0) async throws(EtcdError) -> RangeResponse {
        recorder?(.get)
        return try await client.range(.key(key), options: RangeOptions(revision: revision))
    }

    /// One page of a range, in the order of keys.
    func list(from start: [UInt8], to end: [UInt8], limit: Int, revision: Int64) async throws(EtcdError) -> RangeResponse {
        recorder?(.list(limit: limit))
        return try await client.range(
            .range(from: start, to: end), options: RangeOptions(limit: Int64(limit), revision: revision), deadline: .now + listPageTimeout)
    }

    func count(from start: [UInt8], to end: [UInt8]) async throws(EtcdError) -> Int {
        recorder?(.count)
        return Int(try await client.range(.range(from: start, to: end), options: RangeOptions(countOnly: true)).count)
    }

    func watch(_ range: KeyRange, options: WatchOptions) async throws(EtcdError) -> EtcdWatch {
        recorder?(.watch)
        return try await client.watch(range, options: options)
    }

    /// Sends a guarded write once.
    func send(_ write: GuardedWrite) async throws(EtcdError) -> TransactionResponse {
        let key = write.key
        let success: Operation
        let operation: Transaction.Operation
        switch write.effect {
        case .put(let value, let lease):
            success = write.revision == 0 ? .create : .update
            operation = .put(key, value, options: PutOptions(lease: lease))
        case .delete:
            success = .delete
            operation = .deleteRange(.key(key))
        }
        recorder?(success)
        return try await client.transaction(
            Transaction(
                compare: [.modRevision(key, .equal, write.revision)], success: [operation],
                failure: write.readsOnConflict ? [.range(.key(key))] : []))
    }
}
