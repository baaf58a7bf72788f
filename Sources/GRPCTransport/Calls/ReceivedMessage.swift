//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import NIOCore

/// A message in the memory that the session assembled it in. It is copied by whoever needs it in another form.
package final class ReceivedMessage: @unchecked Sendable {
    // @unchecked: the memory belongs to this object alone, and nothing is written to it.
    private let memory: UnsafeMutableRawPointer
    private let start: UnsafeRawPointer?
    /// How many bytes it has.
    package let count: Int

    /// Takes the message of the event that the session gave last.
    init(_ event: grpc_session_event, takenFrom session: Session) {
        memory = session.takeMessage()
        start = UnsafeRawPointer(event.bytes)
        count = event.length
    }

    deinit { grpc_session_free_message(memory) }

    /// The bytes, for as long as `body` runs.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    var buffer: ByteBuffer { ByteBuffer(bytes: UnsafeRawBufferPointer(start: start, count: count)) }
}
