//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Requests of keys, written as etcd's rpc.proto numbers their fields.

extension ProtobufWriter {
    mutating func range(_ range: KeyRange, _ options: RangeOptions) {
        bytes(1, range.start)
        bytes(2, range.end)
        int64(3, options.limit)
        int64(4, options.revision)
        if let sort = options.sort {
            int64(5, sort.order.wire)
            int64(6, sort.target.wire)
        }
        bool(7, options.serializable)
        bool(8, options.keysOnly)
        bool(9, options.countOnly)
        int64(10, options.minModRevision)
        int64(11, options.maxModRevision)
        int64(12, options.minCreateRevision)
        int64(13, options.maxCreateRevision)
    }

    mutating func put(_ key: [UInt8], _ value: [UInt8], _ options: PutOptions) {
        bytes(1, key)
        bytes(2, value)
        int64(3, options.lease)
        bool(4, options.prevKV)
        bool(5, options.ignoreValue)
        bool(6, options.ignoreLease)
    }

    mutating func deleteRange(_ range: KeyRange, _ options: DeleteRangeOptions) {
        bytes(1, range.start)
        bytes(2, range.end)
        bool(3, options.prevKV)
    }

    mutating func transaction(_ transaction: Transaction) {
        for compare in transaction.compare { message(1) { $0.compare(compare) } }
        for operation in transaction.success { message(2) { $0.operation(operation) } }
        for operation in transaction.failure { message(3) { $0.operation(operation) } }
    }

    private mutating func compare(_ compare: Compare) {
        int64(1, compare.relation.wire)
        switch compare.target {
        case .version: break
        case .createRevision: int64(2, 1)
        case .modRevision: int64(2, 2)
        case .value: int64(2, 3)
        case .lease: int64(2, 4)
        }
        bytes(3, compare.range.start)
        switch compare.target {
        case .version(let version): oneof(4, version)
        case .createRevision(let revision): oneof(5, revision)
        case .modRevision(let revision): oneof(6, revision)
        case .value(let value): oneof(7, value)
        case .lease(let lease): oneof(8, lease)
        }
        bytes(64, compare.range.end)
    }

    private mutating func operation(_ operation: Transaction.Operation) {
        switch operation {
        case .range(let range, let options): message(1) { $0.range(range, options) }
        case .put(let key, let value, let options): message(2) { $0.put(key, value, options) }
        case .deleteRange(let range, let options): message(3) { $0.deleteRange(range, options) }
        case .transaction(let inner): message(4) { $0.transaction(inner) }
        }
    }
}

extension RangeOptions.Sort.Order {
    fileprivate var wire: Int64 {
        switch self {
        case .ascending: 1
        case .descending: 2
        }
    }
}

extension RangeOptions.Sort.Target {
    fileprivate var wire: Int64 {
        switch self {
        case .key: 0
        case .version: 1
        case .createRevision: 2
        case .modRevision: 3
        case .value: 4
        }
    }
}

extension Compare.Relation {
    fileprivate var wire: Int64 {
        switch self {
        case .equal: 0
        case .greater: 1
        case .less: 2
        case .notEqual: 3
        }
    }
}
