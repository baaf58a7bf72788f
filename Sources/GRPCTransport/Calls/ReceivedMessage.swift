//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import NIOCore

/// Memory that a session assembled a message in, and then gave away. Who has it frees it, once.
struct SessionMessage {
    private let memory: UnsafeMutableRawPointer
    let bytes: UnsafeRawBufferPointer

    /// Takes the message of the event that the session gave last.
    init(_ event: grpc_session_event, takenFrom session: Session) {
        memory = session.takeMessage()
        bytes = UnsafeRawBufferPointer(start: event.bytes, count: event.length)
    }

    func free() { grpc_session_free_message(memory) }
}

/// A message in the memory that the session assembled it in. It is copied by whoever needs it in another form.
package final class ReceivedMessage: @unchecked Sendable {
    /// What came before, when it came by parts.
    struct Head {
        var receiver: any PartReceiver
        var count: Int
    }

    // @unchecked: the memory belongs to this object alone, and nothing is written to it.
    private let message: SessionMessage
    private let head: Head?

    /// How many bytes it has, those that came by parts among them.
    package var count: Int { (head?.count ?? 0) + restCount }

    /// How many bytes came at last: all, when it is short.
    var restCount: Int { message.bytes.count }

    /// Who has taken all but the last bytes, when it came by parts.
    package var parts: (any PartReceiver)? { head?.receiver }

    init(_ message: SessionMessage, head: Head? = nil) {
        self.message = message
        self.head = head
    }

    deinit { message.free() }

    /// The bytes, or the last of them, for as long as `body` runs.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(self) { () throws(Failure) in try body(message.bytes) }
    }

    var buffer: ByteBuffer { withUnsafeBytes { ByteBuffer(bytes: $0) } }
}
