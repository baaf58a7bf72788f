//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC

/// How one of protobuf-c's messages is unpacked.
typealias Unpack<Message> = (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<Message>?

extension EtcdClient {
    /// One RPC whose messages are protobuf-c's, for those that carry nothing long and don't contain themselves.
    /// - Parameters:
    ///   - texts: what goes into `string` fields; refused when it would be cut short.
    ///   - initialize: the request's `…__init`.
    ///   - unpack: the answer's `…__unpack`.
    func perform<Request, Answer, Response>(
        _ call: Call, texts: [String] = [], _ initialize: (UnsafeMutablePointer<Request>?) -> Void, _ unpack: Unpack<Answer>,
        fill: (MessageArena, UnsafeMutablePointer<Request>) throws(ArenaExhausted) -> Void = { _, _ in }, read: (Answer) -> Response
    ) async throws(EtcdError) -> Response {
        try call.refuseZeroBytes(in: texts)
        return try await perform(
            call,
            encode: { arena throws(ArenaExhausted) in
                let request = try arena.make(initialize)
                try fill(arena, request)
                return arena.pack(request)
            },
            decode: { bytes throws(MalformedMessage) in try MessageArena.decode(bytes, unpack, read) })
    }
}

extension EtcdClient.Call {
    /// protobuf-c's texts end at their first zero byte, and `root\0x` must not become `root`.
    func refuseZeroBytes(in texts: [String]) throws(EtcdError) {
        guard let text = texts.first(where: { $0.utf8.contains(0) }) else { return }
        // What is refused may be a password.
        throw EtcdError(.invalidArgument, message: "\(operation()): a text of \(text.utf8.count) bytes contains a zero byte; leave it out")
    }
}

extension Array {
    /// The messages of a repeated field.
    init<Message>(_ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, count: Int, _ read: (Message) -> Element) {
        guard let messages else {
            self = []
            return
        }
        self = (0..<count).compactMap { messages[$0].map { read($0.pointee) } }
    }
}

extension [String] {
    /// The texts of a repeated field.
    init(_ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, count: Int) {
        guard let texts else {
            self = []
            return
        }
        self = (0..<count).map { String(texts[$0]) }
    }
}

extension KeyValue {
    init(_ message: Mvccpb__KeyValue) {
        self.init(
            key: Array(message.key), value: Array(message.value), createRevision: message.create_revision, modRevision: message.mod_revision,
            version: message.version, lease: message.lease)
    }
}
