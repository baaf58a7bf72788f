//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A unary call's successful answer.
public struct GRPCResponse: Sendable {
    /// The one message.
    public var message: ByteBuffer
    /// The response headers beyond those of HTTP and gRPC themselves.
    public var metadata: GRPCMetadata
    /// The trailers beyond gRPC's own.
    public var trailers: GRPCMetadata
}

/// An answer in the memory that the session assembled it in, which its call keeps.
package struct ReceivedResponse: Sendable {
    private let call: TransportCall

    /// The answer of a call that has succeeded.
    init(_ call: TransportCall) { self.call = call }

    package var metadata: GRPCMetadata { call.outcome.metadata }

    package var trailers: GRPCMetadata { call.outcome.trailers }

    /// Who has taken all but the last bytes, when it came by parts.
    package var parts: (any PartReceiver)? { call.head?.receiver }

    var message: ByteBuffer { withUnsafeBytes { ByteBuffer(bytes: $0) } }

    /// The message's bytes, or the last of them, for as long as `body` runs.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(call) { () throws(Failure) in try body(call.outcome.answer?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
    }
}
