//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport
import Testing

/// A session and a scripted server, connected in memory. Nothing moves but by `pump()`.
final class SessionPair {
    let session: OpaquePointer
    let server: OpaquePointer
    private(set) var transcript: [String] = []

    init(
        maximumConcurrentStreams: UInt32 = 100, maximumIdleFrames: UInt32 = 10000, idleFramesPeriod: UInt64 = 0, window: UInt32 = 65535,
        maximumMessageSize: UInt32 = 1 << 20, holdsPings: Bool = false
    )
        throws
    {
        let created = "https".withCString { scheme in
            "server.test:2379".withCString { authority in
                "tests".withCString { userAgent in
                    var configuration = grpc_session_configuration()
                    configuration.scheme = scheme
                    configuration.authority = authority
                    configuration.user_agent = userAgent
                    configuration.stream_window = window
                    configuration.connection_window = 16 << 20
                    configuration.maximum_header_list_size = 16384
                    configuration.maximum_message_size = maximumMessageSize
                    configuration.maximum_idle_frames = maximumIdleFrames
                    configuration.idle_frames_period = idleFramesPeriod
                    configuration.holds_pings = holdsPings
                    return grpc_session_create(&configuration)
                }
            }
        }
        struct NoSession: Error {}
        guard let created else { throw NoSession() }
        session = created
        server = scripted_server_create(maximumConcurrentStreams)
    }

    deinit {
        grpc_session_destroy(session)
        scripted_server_destroy(server)
    }

    /// Moves bytes both ways until none are left. False when the client broke the protocol.
    @discardableResult
    func pump() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16384)
        var moved = true
        while moved {
            moved = false
            while case let count = grpc_session_take_output(session, &buffer, buffer.count), count > 0 {
                moved = true
                _ = output.receive(buffer[..<count])
                if !scripted_server_receive(server, buffer, count) { return false }
            }
            while case let count = scripted_server_take_output(server, &buffer, buffer.count), count > 0 {
                moved = true
                receive(Array(buffer[..<count]))
            }
        }
        return true
    }

    private var output = ClientFrames()

    /// What the client sends, which the server doesn't get.
    func takeFrames() -> [ClientFrames.Frame] {
        var frames: [ClientFrames.Frame] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while case let count = grpc_session_take_output(session, &buffer, buffer.count), count > 0 { frames += output.receive(buffer[..<count]) }
        return frames
    }

    /// Bytes as if from the server.
    func receive(_ bytes: [UInt8]) {
        var taken = 0
        while taken < bytes.count {
            taken += bytes[taken...].withUnsafeBufferPointer { grpc_session_receive(session, $0.baseAddress, $0.count) }
            drain()
        }
        drain()
    }

    /// Whether messages give their window back as they are seen.
    var consumes = true
    private(set) var messages: [[UInt8]] = []
    /// The parts of messages that came before their rest, each with how much was said to follow.
    private(set) var parts: [(bytes: [UInt8], following: Int)] = []
    private(set) var ends: [UInt64: End] = [:]

    struct End: Equatable {
        var status: Int32
        var sent: Bool
        var refused: Bool
        var origin: grpc_session_end_origin
        var text: String
        var reset = false
    }

    /// Looks at each message, or each other event, before it counts.
    var onMessage: ((OpaquePointer, grpc_session_event) throws -> Void)?
    var onOther: ((OpaquePointer) -> Void)?

    func drain() {
        var event = grpc_session_event()
        while grpc_session_next_event(session, &event) {
            if event.kind != GRPC_SESSION_EVENT_MESSAGE { onOther?(session) }
            switch event.kind {
            case GRPC_SESSION_EVENT_READY: transcript.append("ready")
            case GRPC_SESSION_EVENT_HEADERS: transcript.append("\(event.user) headers")
            case GRPC_SESSION_EVENT_MESSAGE:
                transcript.append("\(event.user) message")
                messages.append(Array(UnsafeBufferPointer(start: event.bytes, count: event.length)))
                do { try onMessage?(session, event) } catch { Issue.record(error) }
                if consumes { grpc_session_consume(session, event.call, event.length + 5) }
            case GRPC_SESSION_EVENT_PART:
                transcript.append("\(event.user) part")
                parts.append((Array(UnsafeBufferPointer(start: event.bytes, count: event.length)), Int(event.value)))
                if consumes { grpc_session_consume(session, event.call, event.length) }
            case GRPC_SESSION_EVENT_DRAINED: transcript.append("\(event.user) drained \(event.value)")
            case GRPC_SESSION_EVENT_ENDED:
                let text = String(decoding: UnsafeBufferPointer(start: event.bytes, count: event.length), as: UTF8.self)
                ends[event.user] = End(
                    status: event.status, sent: event.sent, refused: event.refused, origin: event.origin, text: text, reset: event.reset)
                transcript.append("\(event.user) ended \(event.status)")
            case GRPC_SESSION_EVENT_PING_ACK: transcript.append("pong \(event.value)")
            case GRPC_SESSION_EVENT_GOAWAY: transcript.append("goaway \(event.http2_error)")
            default: transcript.append("failed")
            }
        }
    }

    /// Starts a call; `user` is its number in the transcript.
    func start(
        _ user: UInt64 = 1, unary: Bool = true, message: [UInt8]? = [7], metadata: [(String, String, sensitive: Bool)] = [], timeout: UInt64 = 0,
        path: String = "/test.Service/Method"
    ) -> (result: grpc_session_result, call: UInt64) {
        var call: UInt64 = 0
        // One block of memory, so that every field points to bytes that stay where they are.
        let lengths = metadata.map { ($0.0.utf8.count, $0.1.utf8.count) }
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: lengths.reduce(1) { $0 + $1.0 + $1.1 })
        defer { bytes.deallocate() }
        _ = bytes.initialize(fromContentsOf: metadata.flatMap { Array($0.0.utf8) + Array($0.1.utf8) })
        var offset = 0
        let fields = zip(metadata, lengths).map { field, length in
            let start = UnsafePointer(bytes.baseAddress).map { $0 + offset }
            offset += length.0 + length.1
            return grpc_session_field(
                name: start, name_length: length.0, value: start.map { $0 + length.0 }, value_length: length.1, sensitive: field.sensitive)
        }
        let result = grpc_session_start(session, path, path.utf8.count, fields, fields.count, timeout, unary, user, &call)
        if let message, result == GRPC_SESSION_OK { _ = grpc_session_send(session, call, message, message.count, unary) }
        return (result, call)
    }

    func headers(_ stream: Int32 = 1, _ lines: String = okHeaders, end: Bool = false) { scripted_server_headers(server, stream, lines, end) }
    func data(_ stream: Int32 = 1, _ bytes: [UInt8], end: Bool = false) { scripted_server_data(server, stream, bytes, bytes.count, end) }
    func trailers(_ stream: Int32 = 1, _ lines: String) { scripted_server_trailers(server, stream, lines) }
    var requestHeaders: String { String(cString: scripted_server_request_headers(server, 1)) }
}
