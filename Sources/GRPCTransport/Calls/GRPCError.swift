//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a call did not succeed, and whether it can have had an effect.
public struct GRPCError: Error, Sendable, CustomStringConvertible {
    /// What the server can have done with the call.
    public enum Disposition: Sendable, Hashable {
        /// Nothing: the call's HEADERS never left this process.
        case notSent
        /// Nothing: the server proved that it did not process the call, by REFUSED_STREAM or a GOAWAY below it.
        case refused
        /// It may have executed the call. A status that the server itself answered is in this class too: the code tells more.
        case mayHaveExecuted
    }

    /// Who ended the call.
    public enum Origin: Sendable, Hashable {
        /// The server, by a status or by resetting the stream (``GRPCError/resetCode``).
        case server
        /// The server announced that it leaves, and the stream was ended so that it can move at once.
        case serverGoingAway
        /// The connection broke, or could not be made.
        case connection
        /// The server's answer broke the protocol or a limit.
        case protocolViolation
        /// The deadline passed here.
        case deadline
        /// The caller cancelled.
        case caller
        /// The transport is shut down.
        case shutdown
    }

    /// The status code; never ``GRPCStatusCode/ok``.
    public var code: GRPCStatusCode
    /// What went wrong: the server's text, percent-decoded, or ours.
    public var message: String
    /// Whether it can have had an effect.
    public var disposition: Disposition
    /// Who ended it.
    public var origin: Origin
    /// The trailers that came with a server's status.
    public var trailers: GRPCMetadata
    /// The server that the call was sent to, if it got that far.
    public var endpoint: GRPCEndpoint?

    /// The HTTP/2 error code with which the stream was reset; nil when the call ended otherwise, as by a status.
    ///
    /// The ``code`` is then gRPC's translation of it. No handler of the server chose it, so it says nothing of what was executed: that is
    /// the ``disposition-swift.property``'s alone.
    public var resetCode: UInt32?

    /// An error from its parts.
    public init(
        code: GRPCStatusCode, message: String, disposition: Disposition, origin: Origin, trailers: GRPCMetadata = [:], endpoint: GRPCEndpoint? = nil,
        resetCode: UInt32? = nil
    ) {
        self.code = code
        self.message = message
        self.disposition = disposition
        self.origin = origin
        self.trailers = trailers
        self.endpoint = endpoint
        self.resetCode = resetCode
    }

    /// The code, the message and the endpoint.
    public var description: String {
        if let endpoint { "\(code): \(message) (\(endpoint))" } else { "\(code): \(message)" }
    }
}
