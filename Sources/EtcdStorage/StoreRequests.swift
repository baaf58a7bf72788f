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
        case listStream
        case count
        case keys(limit: Int)
        case create
        case update
        case delete
        case watch
    }

    let client: EtcdClient
    let listPageTimeout: Duration
    let metrics: StorageMetrics
    /// For tests: told just before each request, which waits for it.
    let recorder: (@Sendable (Operation) async -> Void)?

    func get(_ key: [UInt8], revision: Int64 = 0, as request: StorageMetrics.Request = .get) async throws(EtcdError) -> RangeResponse {
        await recorder?(.get)
        return try await measuring(request) { () async throws(EtcdError) in
            try await client.range(.key(key), options: RangeOptions(revision: revision))
        }
    }

    /// One page of a range, in the order of keys.
    func list(from start: [UInt8], to end: [UInt8], limit: Int, revision: Int64) async throws(EtcdError) -> RangeResponse {
        await recorder?(.list(limit: limit))
        return try await measuring(.list) { () async throws(EtcdError) in
            try await client.range(
                .range(from: start, to: end), options: RangeOptions(limit: Int64(limit), revision: revision), deadline: .now + listPageTimeout)
        }
    }

    /// A range in the order of keys, piece by piece. Who reads it measures it.
    func stream(from start: [UInt8], to end: [UInt8], revision: Int64) async -> RangeStream.AsyncIterator {
        await recorder?(.listStream)
        return client.rangeStream(.range(from: start, to: end), options: RangeOptions(revision: revision)).makeAsyncIterator()
    }

    /// One page of the keys of a range.
    func keys(from start: [UInt8], to end: [UInt8], limit: Int, revision: Int64) async throws(EtcdError) -> RangeResponse {
        await recorder?(.keys(limit: limit))
        return try await measuring(.listOnlyKeys) { () async throws(EtcdError) in
            try await client.range(
                .range(from: start, to: end), options: RangeOptions(limit: Int64(limit), revision: revision, keysOnly: true),
                deadline: .now + listPageTimeout)
        }
    }

    func count(from start: [UInt8], to end: [UInt8]) async throws(EtcdError) -> Int {
        await recorder?(.count)
        return try await measuring(.listWithCount) { () async throws(EtcdError) in
            Int(try await client.range(.range(from: start, to: end), options: RangeOptions(countOnly: true)).count)
        }
    }

    func watch(_ range: KeyRange, options: WatchOptions) async throws(EtcdError) -> EtcdWatch {
        await recorder?(.watch)
        return try await client.watch(range, options: options)
    }

    /// Sends a guarded write once.
    func send(_ write: GuardedWrite) async throws(EtcdError) -> TransactionResponse {
        let key = write.key
        let success: (Operation, StorageMetrics.Request)
        let operation: Transaction.Operation
        switch write.effect {
        case .put(let value, let lease):
            success = write.revision == 0 ? (.create, .create) : (.update, .update)
            operation = .put(key, value, options: PutOptions(lease: lease))
        case .delete:
            success = (.delete, .delete)
            operation = .deleteRange(.key(key))
        }
        await recorder?(success.0)
        return try await measuring(success.1) { () async throws(EtcdError) in
            try await client.transaction(
                Transaction(
                    compare: [.modRevision(key, .equal, write.revision)], success: [operation],
                    failure: write.readsOnConflict ? [.range(.key(key))] : []))
        }
    }

    private func measuring<Response>(
        _ request: StorageMetrics.Request, _ body: () async throws(EtcdError) -> Response
    ) async throws(EtcdError) -> Response {
        let start = ContinuousClock.now
        do throws(EtcdError) {
            let response = try await body()
            metrics.record(request, since: start, failed: false)
            return response
        } catch {
            metrics.record(request, since: start, failed: true)
            throw error
        }
    }
}
