//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What all keys of a namespace begin with: put before those that go out, and taken from those that come in.
///
/// Source of the rule: etcd's client/v3/namespace. The key that is the prefix itself has no name in the namespace, since etcd has no empty key, and so
/// isn't part of it.
struct KeyPrefix: Sendable, Hashable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: Out

    func adding(to key: [UInt8]) -> [UInt8] { bytes + key }

    func adding(to range: KeyRange) -> KeyRange {
        // "No end" is the end of the namespace here, and of its prefix there.
        let end = range.end.isEmpty ? [] : range.end == [0] ? KeyRange.endOfPrefix(bytes) : bytes + range.end
        return KeyRange(start: bytes + range.start, end: end)
    }

    func adding(to transaction: Transaction) -> Transaction {
        Transaction(
            compare: transaction.compare.map { Compare(adding(to: $0.range), $0.relation, $0.target) },
            success: transaction.success.map(adding(to:)), failure: transaction.failure.map(adding(to:)))
    }

    private func adding(to operation: Transaction.Operation) -> Transaction.Operation {
        switch operation {
        case .range(let range, let options): .range(adding(to: range), options: options)
        case .put(let key, let value, let options): .put(adding(to: key), value, options: options)
        case .deleteRange(let range, let options): .deleteRange(adding(to: range), options: options)
        case .transaction(let inner): .transaction(adding(to: inner))
        }
    }

    // MARK: In

    func removing(from key: [UInt8]) -> [UInt8] { bytes.isEmpty ? key : Array(key.dropFirst(bytes.count)) }

    /// A key as the cluster knows it, for a person.
    func text(_ key: [UInt8]) -> String { KeyRange.text(adding(to: key)) }

    /// Whether a key has a name in the namespace.
    func contains(_ key: [UInt8]) -> Bool { key.count > bytes.count && key.starts(with: bytes) }

    private func remove(from kvs: inout [KeyValue]) {
        if bytes.isEmpty { return }
        for index in kvs.indices { kvs[index].key.removeFirst(min(bytes.count, kvs[index].key.count)) }
    }

    func removing(from kv: KeyValue) -> KeyValue {
        var kv = kv
        kv.key = removing(from: kv.key)
        return kv
    }

    func removing(from response: RangeResponse) -> RangeResponse {
        var response = response
        remove(from: &response.kvs)
        return response
    }

    func removing(from chunk: RangeChunk) -> RangeChunk {
        var chunk = chunk
        remove(from: &chunk.kvs)
        return chunk
    }

    func removing(from response: PutResponse) -> PutResponse {
        PutResponse(header: response.header, prevKV: response.prevKV.map(removing(from:)))
    }

    func removing(from response: DeleteRangeResponse) -> DeleteRangeResponse {
        var response = response
        remove(from: &response.prevKVs)
        return response
    }

    func removing(from response: TransactionResponse) -> TransactionResponse {
        var response = response
        response.responses = response.responses.map { answer in
            switch answer {
            case .range(let range): .range(removing(from: range))
            case .put(let put): .put(removing(from: put))
            case .deleteRange(let delete): .deleteRange(removing(from: delete))
            case .transaction(let inner): .transaction(removing(from: inner))
            }
        }
        return response
    }

    func removing(from batch: WatchBatch) -> WatchBatch {
        if bytes.isEmpty { return batch }
        var batch = batch
        for index in batch.events.indices {
            batch.events[index].kv = removing(from: batch.events[index].kv)
            batch.events[index].prevKV = batch.events[index].prevKV.map(removing(from:))
        }
        return batch
    }

    func removing(from response: LeaderResponse) -> LeaderResponse {
        LeaderResponse(header: response.header, kv: removing(from: response.kv))
    }
}
