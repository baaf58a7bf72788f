//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC

extension MessageArena {
    /// Unpacks a message that can't contain itself, and reads what is wanted of it before the arena takes it back.
    static func decode<Message, Value>(
        _ bytes: UnsafeRawBufferPointer,
        _ unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<Message>?,
        _ read: (Message) -> Value
    ) throws(MalformedMessage) -> Value {
        try withArena { arena throws(MalformedMessage) in
            guard let message = arena.unpack(bytes, unpack) else { throw MalformedMessage(reason: "not a \(Message.self)") }
            return read(message.pointee)
        }
    }
}

extension ResponseHeader {
    init(_ header: UnsafeMutablePointer<Etcdserverpb__ResponseHeader>?) {
        guard let header = header?.pointee else {
            self.init()
            return
        }
        self.init(clusterID: header.cluster_id, memberID: header.member_id, revision: header.revision, raftTerm: header.raft_term)
    }
}

extension Array<UInt8> {
    init(_ data: ProtobufCBinaryData) { self.init(UnsafeBufferPointer(start: data.data, count: data.len)) }
}

extension String {
    init(_ field: UnsafeMutablePointer<CChar>?) { self = field.map { String(cString: $0) } ?? "" }
}
