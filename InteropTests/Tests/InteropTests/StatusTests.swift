//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import NIOCore
import Testing

@Suite("Statuses from the gRPC C core", .timeLimit(.minutes(2)))
struct StatusTests {
    /// When the server ends its call.
    enum Moment: CaseIterable {
        case first
        case afterHeaders
        case afterAMessage
    }

    static let failures = GRPCStatusCode.allCases.filter { $0 != .ok }

    @Test("Each failure arrives with its text, at whatever moment", arguments: failures, Moment.allCases)
    func failure(code: GRPCStatusCode, moment: Moment) async throws {
        let handler: CoreServer.Handler = { call in
            _ = await call.receive()
            if moment == .afterHeaders { await call.sendHeaders() }
            if moment == .afterAMessage { await call.send([1]) }
            await call.finish(code.rawValue, "reason \(code)")
        }
        try await withCore(handler: handler) { transport, server in
            let error = await unaryError(transport)
            #expect(error?.code == code)
            #expect(error?.message == "reason \(code)")
            #expect(error?.origin == .server)
            #expect(error?.disposition == .mayHaveExecuted)
            #expect(error?.endpoint == server.endpoint)
        }
    }

    @Test(
        "Texts beyond ASCII arrive as they were",
        arguments: [
            "100 % sure, 50%25, %zz", "größer als 4 – €", "🚢 keel", "two\nlines\tand a tab\r\n", " space before and after ", "\u{7f}\u{1}", "",
        ])
    func text(_ text: String) async throws {
        try await withCore(handler: { await $0.finish(9, text) }) { transport, _ in
            let error = await unaryError(transport)
            #expect(error?.code == .failedPrecondition)
            #expect(error?.message == text)
        }
    }

    @Test("A very long text is cut at four kibibytes")
    func longText() async throws {
        let text = String(repeating: "0123456789", count: 500)
        try await withCore(handler: { await $0.finish(3, text) }) { transport, _ in
            let error = await unaryError(transport)
            #expect(error?.code == .invalidArgument)
            #expect(error?.message == String(text.prefix(4096)))
        }
    }

    @Test("A failure's trailers come with it, whether headers were sent before or not", arguments: [false, true])
    func trailers(headersFirst: Bool) async throws {
        let handler: CoreServer.Handler = { call in
            if headersFirst { await call.sendHeaders() }
            call.add(trailer: .init("x-detail", "why"))
            await call.finish(10, "lost")
        }
        try await withCore(handler: handler) { transport, _ in
            let error = await unaryError(transport)
            #expect(error?.code == .aborted)
            #expect(error?.trailers["x-detail"] == "why")
        }
    }

    @Test("A stream delivers what came before its failure, then the failure")
    func streamFailure() async throws {
        let handler: CoreServer.Handler = { call in
            for byte: UInt8 in 1...3 { await call.send([byte]) }
            await call.finish(14, "later")
        }
        try await withCore(handler: handler) { transport, _ in
            let stream = try await transport.openStream(method, deadline: soon)
            var messages: [UInt8] = []
            let error = await grpcError { () async throws(GRPCError) in
                while case let batch = try await stream.nextMessages(), !batch.isEmpty { messages += batch.flatMap { Array(buffer: $0) } }
            }
            #expect(messages == [1, 2, 3])
            #expect(error?.code == .unavailable)
            #expect(error?.message == "later")
        }
    }

    @Test("A unary call that succeeds without a message is a failure of the server's")
    func successWithoutMessage() async throws {
        try await withCore(handler: { await $0.finish() }) { transport, _ in
            let error = await unaryError(transport)
            #expect(error != nil)
            #expect(error?.disposition == .mayHaveExecuted)
        }
    }

    @Test("A server that answers before it has read the request is believed, and the connection goes on")
    func earlyStatus() async throws {
        let handler: CoreServer.Handler = { call in
            if call.method == "/interop.Test/Early" { await call.finish(8, "no need to go on") } else { try await echo(call) }
        }
        try await withCore(handler: handler) { transport, _ in
            for _ in 0..<5 {
                let error = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary("/interop.Test/Early", message: bytes(3 << 20), deadline: soon)
                }
                #expect(error?.code == .resourceExhausted)
                #expect(error?.message == "no need to go on")
                let response = try await transport.unary(method, message: [5], deadline: soon)
                #expect(Array(buffer: response.message) == [5])
            }
        }
    }

    @Test("A sender learns that its stream has ended early, with the status")
    func earlyEndOfStream() async throws {
        try await withCore(handler: { await $0.finish(11, "enough") }) { transport, _ in
            let stream = try await transport.openStream(method, deadline: soon)
            let error = await grpcError { () async throws(GRPCError) in
                while true { try await stream.send(bytes(100_000)) }
            }
            #expect(error?.code == .outOfRange)
            #expect(error?.message == "enough")
        }
    }
}
