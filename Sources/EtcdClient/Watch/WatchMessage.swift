//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

/// What a server says on a watch stream.
struct WatchMessage: Sendable, Hashable {
    var header = ResponseHeader()
    var watchID: Int64 = 0
    var created = false
    var canceled = false
    var compactRevision: Int64 = 0
    var cancelReason = ""
    var fragment = false
    var events: [WatchEvent] = []

    /// A `WatchRequest` with an empty `progress_request`.
    static let progressRequest: [UInt8] = [0x1a, 0]

    /// A `WatchRequest` with a `create_request` of no keys: from `b` up to `a`.
    ///
    /// etcd refuses it at once, in line with the answers to other creates, so that nothing comes to be that has to be ended. With logins it may say that
    /// a right or a valid token is missing, which is an answer too.
    static let probe: [UInt8] = [0x0a, 6, 0x0a, 1, 0x62, 0x12, 1, 0x61]

    /// ``probe`` with an ID that no watcher has, 1 << 62: what etcd itself is asked.
    ///
    /// etcd 3.4 before 3.4.22 and 3.5 before 3.5.6 answer for want of a right with the ID that was asked for, 0 where there is none, and from then on
    /// keep back all that their watcher of this ID has to say. Servers that only speak like etcd may leave a create with an ID without an answer.
    static let probeWithID: [UInt8] = [0x0a, 16] + probe.dropFirst(2) + [0x38] + [UInt8](repeating: 0x80, count: 8) + [0x40]

    /// A `WatchRequest` with a `cancel_request`.
    static func cancelRequest(_ watchID: Int64) -> [UInt8] {
        var number: [UInt8] = []
        var rest = UInt64(bitPattern: watchID)
        while rest >= 0x80 {
            number.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        number.append(UInt8(rest))
        return [0x12, UInt8(number.count + 1), 0x08] + number
    }
}

extension WatchMessage: WireDecodable {
    static var unset: WatchMessage { WatchMessage() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: try header.merge(try reader.message(tag), depth: depth)
            case 2: watchID = try reader.int64(tag)
            case 3: created = try reader.bool(tag)
            case 4: canceled = try reader.bool(tag)
            case 5: compactRevision = try reader.int64(tag)
            case 6: cancelReason = try reader.string(tag)
            case 7: fragment = try reader.bool(tag)
            case 11: events.append(try WatchEvent(try reader.message(tag), depth: depth))
            default: try reader.skip(tag)
            }
        }
    }
}

extension WatchEvent: WireDecodable {
    static var unset: WatchEvent { WatchEvent(type: .put, kv: KeyValue()) }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1:
                switch try reader.uint64(tag) {
                case 0: type = .put
                case 1: type = .delete
                case let other: throw MalformedMessage(reason: "event type \(other)")
                }
            case 2: try kv.merge(try reader.message(tag), depth: depth)
            case 3:
                var previous = prevKV ?? KeyValue()
                try previous.merge(try reader.message(tag), depth: depth)
                prevKV = previous
            default: try reader.skip(tag)
            }
        }
    }
}

extension MessageArena {
    func watchCreateRequest(
        _ range: KeyRange, _ options: WatchOptions, startRevision: Int64, fragment: Bool
    ) throws(ArenaExhausted) -> UnsafeMutablePointer<Etcdserverpb__WatchRequest> {
        let create = try make(etcdserverpb__watch_create_request__init)
        create.pointee.key = try binary(range.start)
        create.pointee.range_end = try binary(range.end)
        create.pointee.start_revision = startRevision
        create.pointee.progress_notify = options.progressNotify ? 1 : 0
        create.pointee.prev_kv = options.prevKV ? 1 : 0
        create.pointee.fragment = fragment ? 1 : 0
        create.pointee.n_filters = options.filters.count
        create.pointee.filters = try array(options.filters) { filter throws(ArenaExhausted) in
            switch filter {
            case .noPut: ETCDSERVERPB__WATCH_CREATE_REQUEST__FILTER_TYPE__NOPUT
            case .noDelete: ETCDSERVERPB__WATCH_CREATE_REQUEST__FILTER_TYPE__NODELETE
            }
        }
        let request = try make(etcdserverpb__watch_request__init)
        request.pointee.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST
        request.pointee.create_request = create
        return request
    }
}

extension WatchMessage {
    /// What was received on a stream of watches.
    init(_ received: ReceivedMessage) throws(MalformedMessage) {
        self = try received.withUnsafeBytes { bytes throws(MalformedMessage) in try MessageParts<WatchMessage>.message(bytes, after: received.parts) }
    }
}
