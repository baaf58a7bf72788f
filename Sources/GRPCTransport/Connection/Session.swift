//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import NIOCore

/// The C session, owned. Confined to one event loop.
final class Session {
    private let pointer: OpaquePointer

    /// A session for an endpoint, or nil without memory.
    init?(endpoint: GRPCEndpoint, configuration: GRPCTransportConfiguration) {
        let scheme = endpoint.scheme == .https ? "https" : "http"
        let created = scheme.withCString { scheme in
            endpoint.authority.withCString { authority in
                configuration.userAgent.withCString { userAgent in
                    var settings = grpc_session_configuration()
                    settings.scheme = scheme
                    settings.authority = authority
                    settings.user_agent = userAgent
                    settings.stream_window = UInt32(clamping: min(max(configuration.streamWindowSize, 65535), Int(Int32.max)))
                    settings.connection_window = UInt32(Int32.max)
                    settings.maximum_header_list_size = UInt32(clamping: configuration.maximumHeaderListSize)
                    settings.maximum_message_size = UInt32(clamping: configuration.maximumMessageSize)
                    settings.maximum_idle_frames = 10_000
                    settings.idle_frames_period = 60_000_000_000
                    settings.holds_pings = true
                    settings.first_stream = configuration.firstStreamID
                    return grpc_session_create(&settings)
                }
            }
        }
        guard let created else { return nil }
        pointer = created
    }

    deinit { grpc_session_destroy(pointer) }

    var hasFailed: Bool { grpc_session_has_failed(pointer) }
    var openCalls: Int { grpc_session_open_calls(pointer) }

    /// Feeds bytes that came at some time; returns how many were taken before events must be drained.
    func receive(_ bytes: UnsafeRawBufferPointer.SubSequence, at time: NIODeadline) -> Int {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        grpc_session_set_time(pointer, UInt64(time.uptimeNanoseconds))
        return grpc_session_receive(pointer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    func nextEvent() -> grpc_session_event? {
        var event = grpc_session_event()
        return grpc_session_next_event(pointer, &event) ? event : nil
    }

    /// The memory of the last event, which must be a message; its owner frees it.
    func takeMessage() -> UnsafeMutableRawPointer {
        // Only for sessions with an allocator of their own, and for other events, is there none.
        grpc_session_take_message(pointer)!
    }

    var hasOutput: Bool { grpc_session_has_output(pointer) }

    func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        grpc_session_take_output(pointer, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count)
    }

    func connectionLost(_ reason: String) { grpc_session_connection_lost(pointer, reason) }

    func start(_ call: TransportCall, timeout: UInt64, user: UInt64) -> (result: grpc_session_result, id: UInt64) {
        var id: UInt64 = 0
        var path = call.method.path
        let result = path.withUTF8 { path in
            path.withMemoryRebound(to: CChar.self) { path in
                Self.withFields(of: call.metadata) { fields, count in
                    grpc_session_start(pointer, path.baseAddress, path.count, fields, count, timeout, call.isUnary, user, &id)
                }
            }
        }
        return (result, id)
    }

    /// Lays the fields out on the stack, where they are read from before `body` returns.
    private static func withFields<Result>(
        of metadata: GRPCMetadata, _ body: (UnsafePointer<grpc_session_field>?, Int) -> Result
    ) -> Result {
        if metadata.isEmpty { return body(nil, 0) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: metadata.wireLength) { bytes in
            withUnsafeTemporaryAllocation(of: grpc_session_field.self, capacity: metadata.count) { fields in
                var offset = 0
                func lay(_ text: String) -> (UnsafePointer<UInt8>?, Int) {
                    let place = UnsafeMutableBufferPointer(rebasing: bytes[offset...])
                    let count = place.initialize(from: text.utf8).index
                    offset += count
                    return (UnsafePointer(place.baseAddress), count)
                }
                for (index, field) in metadata.enumerated() {
                    var entry = grpc_session_field()
                    (entry.name, entry.name_length) = lay(field.name)
                    (entry.value, entry.value_length) = lay(field.value)
                    entry.sensitive = field.isSensitive
                    fields.initializeElement(at: index, to: entry)
                }
                return body(fields.baseAddress, fields.count)
            }
        }
    }

    func send(_ message: [UInt8], on id: UInt64, last: Bool) -> grpc_session_result {
        message.withUnsafeBufferPointer { grpc_session_send(pointer, id, $0.baseAddress, $0.count, last) }
    }

    func finishSending(_ id: UInt64) { _ = grpc_session_finish_sending(pointer, id) }

    func receiveParts(of size: UInt32, on id: UInt64) { grpc_session_receive_parts(pointer, id, size) }

    func consume(_ bytes: Int, on id: UInt64) { grpc_session_consume(pointer, id, bytes) }

    /// Resets a call; nil when it has ended already, else whether its HEADERS were put into output.
    func cancel(_ id: UInt64) -> Bool? {
        var sent = false
        return grpc_session_cancel(pointer, id, &sent) ? sent : nil
    }

    /// False when the last ping is still unanswered.
    func ping(_ value: UInt64) -> Bool { grpc_session_ping(pointer, value) == GRPC_SESSION_OK }

    /// Whether a ping of the server waits for its answer.
    var holdsPing: Bool { grpc_session_holds_ping(pointer) }

    func answerPing() { grpc_session_answer_ping(pointer) }

    func leave() { grpc_session_leave(pointer) }

    /// The open calls' ids and what they were started with.
    func calls() -> [(id: UInt64, user: UInt64)] {
        var all: [(id: UInt64, user: UInt64)] = []
        all.reserveCapacity(openCalls)
        var cursor = 0
        var id: UInt64 = 0
        var user: UInt64 = 0
        while grpc_session_next_call(pointer, &cursor, &id, &user) { all.append((id, user)) }
        return all
    }
}

extension grpc_session_event {
    /// The text that the event carries.
    var text: String { String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self) }

    /// The fields that the event carries.
    var metadata: GRPCMetadata {
        var metadata = GRPCMetadata()
        guard fields_length > 0 else { return metadata }
        var cursor = 0
        var field = grpc_session_field()
        var event = self
        while grpc_session_event_next_field(&event, &cursor, &field) {
            metadata.append(
                name: String(decoding: UnsafeBufferPointer(start: field.name, count: field.name_length), as: UTF8.self),
                value: String(decoding: UnsafeBufferPointer(start: field.value, count: field.value_length), as: UTF8.self))
        }
        return metadata
    }

    /// The error of an ENDED event.
    func error(endpoint: GRPCEndpoint) -> GRPCError {
        let origin: GRPCError.Origin =
            switch self.origin {
            case GRPC_SESSION_END_PEER: .server
            case GRPC_SESSION_END_VIOLATION: .protocolViolation
            default: .connection
            }
        return GRPCError(
            code: GRPCStatusCode(rawValue: Int(status)) ?? .unknown, message: text,
            disposition: !sent ? .notSent : refused ? .refused : .mayHaveExecuted, origin: origin, trailers: metadata, endpoint: endpoint,
            resetCode: reset ? http2_error : nil)
    }
}
