//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC

@testable import EtcdClient

// What protobuf-c makes of bytes, as the client's own types: the reference for the client's reader. Unpacked with malloc, so sanitizers see all.

enum Reference {
    static func rangeResponse(_ bytes: [UInt8]) -> RangeResponse? {
        read(bytes, etcdserverpb__range_response__unpack, etcdserverpb__range_response__free_unpacked) { RangeResponse(reference: $0) }
    }

    static func putResponse(_ bytes: [UInt8]) -> PutResponse? {
        read(bytes, etcdserverpb__put_response__unpack, etcdserverpb__put_response__free_unpacked) { PutResponse(reference: $0) }
    }

    static func deleteRangeResponse(_ bytes: [UInt8]) -> DeleteRangeResponse? {
        read(bytes, etcdserverpb__delete_range_response__unpack, etcdserverpb__delete_range_response__free_unpacked) {
            DeleteRangeResponse(reference: $0)
        }
    }

    static func watchMessage(_ bytes: [UInt8]) -> WatchMessage? {
        read(bytes, etcdserverpb__watch_response__unpack, etcdserverpb__watch_response__free_unpacked) { WatchMessage(reference: $0) }
    }

    static func transactionResponse(_ bytes: [UInt8]) -> TransactionResponse? {
        read(bytes, etcdserverpb__txn_response__unpack, etcdserverpb__txn_response__free_unpacked) { TransactionResponse(reference: $0) }
    }

    private static func read<Message, Value>(
        _ bytes: [UInt8],
        _ unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<Message>?,
        _ free: (UnsafeMutablePointer<Message>?, UnsafeMutablePointer<ProtobufCAllocator>?) -> Void, _ value: (Message) -> Value
    ) -> Value? {
        guard let message = unpack(nil, bytes.count, bytes) else { return nil }
        defer { free(message, nil) }
        return value(message.pointee)
    }
}

private func elements<Message>(_ count: Int, _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?) -> [Message] {
    (0..<count).compactMap { pointers?[$0]?.pointee }
}

extension KeyValue {
    fileprivate init(reference: Mvccpb__KeyValue) {
        self.init(
            key: Array(reference.key), value: Array(reference.value), createRevision: reference.create_revision,
            modRevision: reference.mod_revision, version: reference.version, lease: reference.lease)
    }
}

extension RangeResponse {
    fileprivate init(reference: Etcdserverpb__RangeResponse) {
        self.init(
            header: ResponseHeader(reference.header), kvs: elements(reference.n_kvs, reference.kvs).map(KeyValue.init(reference:)),
            more: reference.more != 0, count: reference.count)
    }
}

extension PutResponse {
    fileprivate init(reference: Etcdserverpb__PutResponse) {
        self.init(header: ResponseHeader(reference.header), prevKV: reference.prev_kv.map { KeyValue(reference: $0.pointee) })
    }
}

extension DeleteRangeResponse {
    fileprivate init(reference: Etcdserverpb__DeleteRangeResponse) {
        self.init(
            header: ResponseHeader(reference.header), deleted: reference.deleted,
            prevKVs: elements(reference.n_prev_kvs, reference.prev_kvs).map(KeyValue.init(reference:)))
    }
}

extension WatchEvent {
    fileprivate init(reference: Mvccpb__Event) {
        self.init(
            type: reference.type == MVCCPB__EVENT__EVENT_TYPE__DELETE ? .delete : .put,
            kv: reference.kv.map { KeyValue(reference: $0.pointee) } ?? KeyValue(), prevKV: reference.prev_kv.map { KeyValue(reference: $0.pointee) })
    }
}

extension WatchMessage {
    fileprivate init(reference: Etcdserverpb__WatchResponse) {
        self.init(
            header: ResponseHeader(reference.header), watchID: reference.watch_id, created: reference.created != 0,
            canceled: reference.canceled != 0, compactRevision: reference.compact_revision, cancelReason: String(reference.cancel_reason),
            fragment: reference.fragment != 0, events: elements(reference.n_events, reference.events).map(WatchEvent.init(reference:)))
    }
}

extension TransactionResponse {
    fileprivate init(reference: Etcdserverpb__TxnResponse) {
        self.init(
            header: ResponseHeader(reference.header), succeeded: reference.succeeded != 0,
            responses: elements(reference.n_responses, reference.responses).compactMap(Operation.init(reference:)))
    }
}

extension TransactionResponse.Operation {
    fileprivate init?(reference: Etcdserverpb__ResponseOp) {
        switch reference.response_case {
        case ETCDSERVERPB__RESPONSE_OP__RESPONSE_RESPONSE_RANGE: self = .range(RangeResponse(reference: reference.response_range.pointee))
        case ETCDSERVERPB__RESPONSE_OP__RESPONSE_RESPONSE_PUT: self = .put(PutResponse(reference: reference.response_put.pointee))
        case ETCDSERVERPB__RESPONSE_OP__RESPONSE_RESPONSE_DELETE_RANGE:
            self = .deleteRange(DeleteRangeResponse(reference: reference.response_delete_range.pointee))
        case ETCDSERVERPB__RESPONSE_OP__RESPONSE_RESPONSE_TXN:
            self = .transaction(TransactionResponse(reference: reference.response_txn.pointee))
        default: return nil
        }
    }
}
