//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC

// Requests, built as protobuf-c messages in an arena and packed from there.

extension MessageArena {
    func rangeRequest(
        _ range: KeyRange, _ options: RangeOptions
    ) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__RangeRequest> {
        let request = try make(etcdserverpb__range_request__init)
        request.pointee.key = try binary(range.start)
        request.pointee.range_end = try binary(range.end)
        request.pointee.limit = options.limit
        request.pointee.revision = options.revision
        if let sort = options.sort {
            request.pointee.sort_order = sort.order.wire
            request.pointee.sort_target = sort.target.wire
        }
        request.pointee.serializable = options.serializable ? 1 : 0
        request.pointee.keys_only = options.keysOnly ? 1 : 0
        request.pointee.count_only = options.countOnly ? 1 : 0
        request.pointee.min_mod_revision = options.minModRevision
        request.pointee.max_mod_revision = options.maxModRevision
        request.pointee.min_create_revision = options.minCreateRevision
        request.pointee.max_create_revision = options.maxCreateRevision
        return request
    }

    func putRequest(
        _ key: [UInt8], _ value: [UInt8], _ options: PutOptions
    ) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__PutRequest> {
        let request = try make(etcdserverpb__put_request__init)
        request.pointee.key = try binary(key)
        request.pointee.value = try binary(value)
        request.pointee.lease = options.lease
        request.pointee.prev_kv = options.prevKV ? 1 : 0
        request.pointee.ignore_value = options.ignoreValue ? 1 : 0
        request.pointee.ignore_lease = options.ignoreLease ? 1 : 0
        return request
    }

    func deleteRangeRequest(
        _ range: KeyRange, _ options: DeleteRangeOptions
    ) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__DeleteRangeRequest> {
        let request = try make(etcdserverpb__delete_range_request__init)
        request.pointee.key = try binary(range.start)
        request.pointee.range_end = try binary(range.end)
        request.pointee.prev_kv = options.prevKV ? 1 : 0
        return request
    }

    func transactionRequest(_ transaction: Transaction) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__TxnRequest> {
        let request = try make(etcdserverpb__txn_request__init)
        request.pointee.n_compare = transaction.compare.count
        request.pointee.compare = try array(transaction.compare) { compare throws(ArenaExhausted) in try self.compare(compare) }
        request.pointee.n_success = transaction.success.count
        request.pointee.success = try array(transaction.success) { operation throws(ArenaExhausted) in try self.operation(operation) }
        request.pointee.n_failure = transaction.failure.count
        request.pointee.failure = try array(transaction.failure) { operation throws(ArenaExhausted) in try self.operation(operation) }
        return request
    }

    private func compare(_ compare: Compare) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__Compare>? {
        let message = try make(etcdserverpb__compare__init)
        message.pointee.key = try binary(compare.range.start)
        message.pointee.range_end = try binary(compare.range.end)
        message.pointee.result = compare.relation.wire
        switch compare.target {
        case .version(let version):
            message.pointee.target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__VERSION
            message.pointee.target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_VERSION
            message.pointee.version = version
        case .createRevision(let revision):
            message.pointee.target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__CREATE
            message.pointee.target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_CREATE_REVISION
            message.pointee.create_revision = revision
        case .modRevision(let revision):
            message.pointee.target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__MOD
            message.pointee.target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_MOD_REVISION
            message.pointee.mod_revision = revision
        case .value(let value):
            message.pointee.target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__VALUE
            message.pointee.target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_VALUE
            message.pointee.value = try binary(value)
        case .lease(let lease):
            message.pointee.target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__LEASE
            message.pointee.target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_LEASE
            message.pointee.lease = lease
        }
        return message
    }

    private func operation(_ operation: Transaction.Operation) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__RequestOp>? {
        let message = try make(etcdserverpb__request_op__init)
        switch operation {
        case .range(let range, let options):
            message.pointee.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE
            message.pointee.request_range = try rangeRequest(range, options)
        case .put(let key, let value, let options):
            message.pointee.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT
            message.pointee.request_put = try putRequest(key, value, options)
        case .deleteRange(let range, let options):
            message.pointee.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE
            message.pointee.request_delete_range = try deleteRangeRequest(range, options)
        case .transaction(let inner):
            message.pointee.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN
            message.pointee.request_txn = try transactionRequest(inner)
        }
        return message
    }
}

extension RangeOptions.Sort.Order {
    fileprivate var wire: Etcdserverpb__RangeRequest__SortOrder {
        switch self {
        case .ascending: ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__ASCEND
        case .descending: ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__DESCEND
        }
    }
}

extension RangeOptions.Sort.Target {
    fileprivate var wire: Etcdserverpb__RangeRequest__SortTarget {
        switch self {
        case .key: ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__KEY
        case .version: ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__VERSION
        case .createRevision: ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__CREATE
        case .modRevision: ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__MOD
        case .value: ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__VALUE
        }
    }
}

extension Compare.Relation {
    fileprivate var wire: Etcdserverpb__Compare__CompareResult {
        switch self {
        case .equal: ETCDSERVERPB__COMPARE__COMPARE_RESULT__EQUAL
        case .greater: ETCDSERVERPB__COMPARE__COMPARE_RESULT__GREATER
        case .less: ETCDSERVERPB__COMPARE__COMPARE_RESULT__LESS
        case .notEqual: ETCDSERVERPB__COMPARE__COMPARE_RESULT__NOT_EQUAL
        }
    }
}
