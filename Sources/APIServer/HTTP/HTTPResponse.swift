//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A response as the handlers make it, whatever engine sends it.
public struct HTTPResponse: Sendable {
    /// The content of a response.
    public enum Body: Sendable {
        /// All of it at once, with its length in the header.
        case bytes([UInt8])
        /// Written piece by piece, at the pace of the client.
        case stream(HTTPResponseStream)
    }

    /// The status code.
    public var status: Int
    /// The header fields. The engine adds `Date`, and what frames the content.
    public var headers: HTTPHeaders
    /// The content.
    public var body: Body

    /// A response.
    public init(status: Int, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Content that is written while it is made.
public struct HTTPResponseStream: Sendable {
    /// Writes the content. The header has been sent when this is called; throwing breaks the connection, so that the client knows that
    /// it hasn't got everything.
    public var write: @Sendable (_ writer: inout any HTTPBodyWriter) async throws -> Void
    /// Ends a stream that has no end of its own, such as a watch: ``write`` returns soon after. Called when the client leaves and when the
    /// server shuts down; perhaps more than once. nil for a stream that ends by itself.
    public var cancel: (@Sendable () -> Void)?

    /// A stream.
    public init(
        cancel: (@Sendable () -> Void)? = nil, write: @escaping @Sendable (_ writer: inout any HTTPBodyWriter) async throws -> Void
    ) {
        self.cancel = cancel
        self.write = write
    }
}

/// Where a stream is written to.
public protocol HTTPBodyWriter {
    /// Sends chunks together, at once. Suspends while the client is slower than the writer, so no more than one call's bytes wait in memory.
    /// Throws when the client is gone.
    mutating func write(_ chunks: [[UInt8]]) async throws
}
