//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import GRPCTestSupport

/// A session whose server is written by hand, and whose memory is measured.
final class MeteredSession {
    struct End: Equatable {
        var status: Int32
        var refused: Bool
        var origin: grpc_session_end_origin
    }

    private let meter: UnsafeMutablePointer<allocation_meter>
    private let session: OpaquePointer
    private var output = ClientFrames()
    private var nextUser: UInt64 = 1
    /// The ends of the calls; more than one of a call is an error.
    private(set) var ends: [UInt64: [End]] = [:]
    /// Which frames the client sent.
    private(set) var sent: [ClientFrames.Frame] = []
    private(set) var hasFailed = false
    /// What came for a call that had ended, or after the session's failure.
    private(set) var late = 0

    init?(_ limits: Misbehaviour.Limits, takesFrom first: [UInt8] = Frames.settings()) {
        meter = .allocate(capacity: 1)
        meter.initialize(to: allocation_meter())
        var allocator = metered_allocator(meter)
        let created = "http".withCString { scheme in
            "server.test:2379".withCString { authority in
                withUnsafePointer(to: &allocator) { allocator in
                    var configuration = grpc_session_configuration()
                    configuration.scheme = scheme
                    configuration.authority = authority
                    configuration.stream_window = 65535
                    configuration.connection_window = 1 << 20
                    configuration.maximum_header_list_size = UInt32(limits.headerListSize)
                    configuration.maximum_message_size = UInt32(limits.messageSize)
                    configuration.maximum_idle_frames = UInt32(limits.idleFrames)
                    configuration.allocator = allocator
                    return grpc_session_create(&configuration)
                }
            }
        }
        guard let created else { return nil }
        session = created
        takeOutput()
        receive(first + Frames.settingsAcknowledgement)
    }

    /// Ends it, and gives what is still held: nothing.
    func close() -> Int {
        grpc_session_destroy(session)
        defer { meter.deallocate() }
        return meter.pointee.held
    }

    /// The most memory that it held at a time.
    var mostHeld: Int { meter.pointee.most }

    /// Starts a call whose stream is the next: 1, 3, 5…
    func start(unary: Bool) -> UInt64? {
        var call: UInt64 = 0
        let path = "/test.Service/Method"
        guard grpc_session_start(session, path, path.utf8.count, nil, 0, 0, unary, nextUser, &call) == GRPC_SESSION_OK else { return nil }
        grpc_session_send(session, call, [7], 1, unary)
        takeOutput()
        nextUser += 1
        return nextUser - 1
    }

    func receive(_ bytes: [UInt8]) {
        var taken = 0
        while taken < bytes.count {
            taken += bytes[taken...].withUnsafeBufferPointer { grpc_session_receive(session, $0.baseAddress, $0.count) }
            takeEvents()
        }
        takeOutput()
        takeEvents()
    }

    func loseConnection() {
        grpc_session_connection_lost(session, "the connection was closed")
        takeEvents()
    }

    var openCalls: Int { grpc_session_open_calls(session) }

    private func takeOutput() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = grpc_session_take_output(session, &buffer, buffer.count), count > 0 {
            if hasFailed { late += 1 }
            sent += output.receive(buffer[..<count])
        }
    }

    private func takeEvents() {
        var event = grpc_session_event()
        while grpc_session_next_event(session, &event) {
            if hasFailed || ends[event.user] != nil { late += 1 }
            switch event.kind {
            case GRPC_SESSION_EVENT_MESSAGE: grpc_session_consume(session, event.call, event.length + 5)
            case GRPC_SESSION_EVENT_ENDED:
                ends[event.user, default: []].append(End(status: event.status, refused: event.refused, origin: event.origin))
            case GRPC_SESSION_EVENT_FAILED: hasFailed = true
            default: break
            }
        }
    }
}
