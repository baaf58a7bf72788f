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

/// A unary call's successful answer, its message not copied.
package struct ReceivedResponse: Sendable {
    package var message: ReceivedMessage
    package var metadata: GRPCMetadata
    package var trailers: GRPCMetadata
}
