//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import NIOCore
import Testing

@Suite("Deadlines and cancellation at the gRPC C core", .timeLimit(.minutes(2)))
struct CancellationTests {
    @Test("The server knows how much time is left, in whatever unit it was sent", arguments: [20, 3_000, 400_000, 50_000_000])
    func deadlineIsSent(seconds: Int) async throws {
        let left = Latch<Duration?>()
        let handler: CoreServer.Handler = { call in
            left.set(call.timeLeft)
            try await echo(call)
        }
        try await withCore(handler: handler) { transport, _ in
            _ = try await transport.unary(method, message: [1], deadline: .now + .seconds(seconds))
            let found = try #require(try await left.wait())
            #expect(found <= .seconds(seconds + 1))
            #expect(found > .seconds(seconds - 20))
        }
    }

    @Test("A call without a deadline has none at the server")
    func noDeadline() async throws {
        let left = Latch<Duration?>()
        let handler: CoreServer.Handler = { call in
            left.set(call.timeLeft)
            try await echo(call)
        }
        try await withCore(handler: handler) { transport, _ in
            _ = try await transport.unary(method, message: [1])
            #expect(try await left.wait() == nil)
        }
    }

    @Test("A server slower than the deadline leads to DEADLINE_EXCEEDED, and notices that nobody waits any more")
    func deadlinePasses() async throws {
        let ended = Latch<Bool>()
        let handler: CoreServer.Handler = { call in
            let message = await call.receive()
            guard message == [1] else {
                await call.send(message ?? [])
                await call.finish()
                return
            }
            ended.set(try await call.end.wait())
        }
        try await withCore(handler: handler) { transport, _ in
            _ = try await transport.unary(method, message: [0], deadline: soon)
            let error = await unaryError(transport, [1], deadline: .now + .milliseconds(300))
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.disposition == .mayHaveExecuted)
            #expect(try await ended.wait() == false)
            _ = try await transport.unary(method, message: [0], deadline: soon)
        }
    }

    @Test("A stream's deadline ends it on both sides, after messages came")
    func streamDeadline() async throws {
        let ended = Latch<Bool>()
        let handler: CoreServer.Handler = { call in
            await call.send([1])
            ended.set(try await call.end.wait())
        }
        try await withCore(handler: handler) { transport, _ in
            let stream = try await transport.openStream(method, deadline: .now + .seconds(2))
            let batch = try await stream.nextMessages()
            #expect(batch.count == 1)
            let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
            #expect(error?.code == .deadlineExceeded)
            #expect(try await ended.wait() == false)
        }
    }

    /// How a client gives up a stream.
    enum GivingUp: CaseIterable {
        case cancel
        case release
        case taskCancellation
    }

    @Test("However a client gives up a stream, the server is told, and the connection goes on", arguments: GivingUp.allCases)
    func givingUp(_ way: GivingUp) async throws {
        let (began, ended) = (Latch<Void>(), Latch<Bool>())
        let handler: CoreServer.Handler = { call in
            if call.method != method.path { return try await echo(call) }
            began.set()
            ended.set(try await call.end.wait())
        }
        try await withCore(handler: handler) { transport, _ in
            do {
                let stream = try await transport.openStream(method, lane: .unary, deadline: soon)
                try await stream.send([1])
                try await began.wait()
                switch way {
                case .cancel: stream.cancel()
                case .release: break
                case .taskCancellation:
                    let reader = Task { await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() } }
                    reader.cancel()
                    #expect(await reader.value?.code == .cancelled)
                }
            }
            #expect(try await ended.wait() == false)
            _ = try await transport.unary("/interop.Test/Other", message: [1], deadline: soon)
        }
    }

    @Test("Cancelling a unary call's task reaches the server")
    func unary() async throws {
        let (began, ended) = (Latch<Void>(), Latch<Bool>())
        let handler: CoreServer.Handler = { call in
            began.set()
            ended.set(try await call.end.wait())
        }
        try await withCore(handler: handler) { transport, _ in
            let call = Task { await unaryError(transport) }
            try await began.wait()
            call.cancel()
            #expect(await call.value?.code == .cancelled)
            #expect(try await ended.wait() == false)
        }
    }

    @Test("A stream given up in the midst of a flood leaves room for other calls")
    func duringAFlood() async throws {
        let ended = Latch<Bool>()
        let handler: CoreServer.Handler = { call in
            guard call.method == "/interop.Test/Flood" else { return try await echo(call) }
            while await call.send(bytes(100_000)) {}
            ended.set(try await call.end.wait())
        }
        try await withCore(handler: handler) { transport, _ in
            let stream = try await transport.openStream("/interop.Test/Flood", lane: .unary, deadline: soon)
            var received = 0
            while received < 30 { received += try await stream.nextMessages().count }
            stream.cancel()
            #expect(try await ended.wait() == false)
            for _ in 0..<20 { _ = try await transport.unary(method, message: bytes(100_000), deadline: soon) }
        }
    }

    @Test("A call that the server resets has failed, and may have been executed")
    func serverCancels() async throws {
        let handler: CoreServer.Handler = { call in
            _ = await call.receive()
            call.cancel()
        }
        try await withCore(handler: handler) { transport, _ in
            let error = await unaryError(transport)
            #expect(error?.code == .cancelled)
            #expect(error?.origin == .server)
            #expect(error?.disposition == .mayHaveExecuted)
        }
    }
}
