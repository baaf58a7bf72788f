//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCCoreServer
import GRPCTransport
import NIOCore
import Testing

@Suite("Messages to and from the gRPC C core", .timeLimit(.minutes(2)))
struct MessageTests {
    static let unlimited = core_server_limits(
        maximum_message_size: -1, maximum_concurrent_streams: 0, maximum_connection_age_milliseconds: 0)

    @Test(
        "A unary call's message comes back as it was sent, whatever frames it takes",
        arguments: [0, 1, 16_378, 16_379, 16_380, 65_530, 65_531, 1 << 20])
    func unary(size: Int) async throws {
        try await withCore(handler: echo) { transport, _ in
            let message = bytes(size)
            let response = try await transport.unary(method, message: message, deadline: soon)
            #expect(Array(buffer: response.message) == message)
        }
    }

    @Test("Messages beyond four mebibytes go both ways, on every lane", arguments: ConnectionLane.allCases)
    func large(lane: ConnectionLane) async throws {
        try await withCore(limits: Self.unlimited, handler: echo) { transport, _ in
            let message = bytes(6 << 20)
            let response = try await transport.unary(method, message: message, lane: lane, deadline: soon)
            #expect(Array(buffer: response.message) == message)
        }
    }

    @Test("A server streams messages of all sizes, which arrive complete and in order, and then trailers")
    func serverStreaming() async throws {
        let sizes = (0..<200).map { $0 * $0 * 7 % 40_000 }
        let handler: CoreServer.Handler = { call in
            let request = await call.receive()
            #expect(request == [7])
            let end = await call.receive()
            #expect(end == nil)
            for (index, size) in sizes.enumerated() { await call.send(bytes(size, seed: UInt64(index))) }
            await call.finish()
        }
        try await withCore(handler: handler) { transport, _ in
            let stream = try await transport.openStream(method, deadline: soon)
            try await stream.send([7])
            stream.finishSending()
            let messages = try await stream.allMessages()
            #expect(messages == sizes.enumerated().map { bytes($1, seed: UInt64($0)) })
        }
    }

    @Test("A conversation goes on message by message until the client finishes")
    func conversation() async throws {
        try await withCore(handler: echo) { transport, _ in
            let stream = try await transport.openStream(method, deadline: soon)
            for round in 0..<100 {
                let message = bytes(round * 97, seed: UInt64(round))
                try await stream.send(message)
                let answer = try await stream.nextMessages()
                #expect(answer.map { Array(buffer: $0) } == [message])
            }
            stream.finishSending()
            #expect(try await stream.nextMessages().isEmpty)
        }
    }

    @Test("Many messages are sent while many are received")
    func bothWays() async throws {
        try await withCore(handler: echo) { transport, _ in
            let stream = try await transport.openStream(method, deadline: soon)
            let messages = (0..<64).map { bytes(100_000, seed: UInt64($0)) }
            async let received = stream.allMessages()
            for message in messages { try await stream.send(message) }
            stream.finishSending()
            let found = try await received
            #expect(found == messages)
        }
    }

    @Test("A server that does not read holds up its own call alone, and loses nothing")
    func serverDoesNotRead() async throws {
        let mayRead = Latch<Void>()
        let handler: CoreServer.Handler = { call in
            if call.method == "/interop.Test/Slow" { try await mayRead.wait() }
            try await echo(call)
        }
        try await withCore(limits: Self.unlimited, handler: handler) { transport, _ in
            let slow = bytes(8 << 20, seed: 2)
            async let answer = transport.unary("/interop.Test/Slow", message: slow, deadline: soon)
            // On the same connection, where the large message has filled whatever window there was.
            for _ in 0..<50 { _ = try await transport.unary(method, message: bytes(2_000), deadline: soon) }
            mayRead.set()
            let found = try await answer
            #expect(Array(buffer: found.message) == slow)
        }
    }

    @Test("A client that does not read stops the server of this stream alone, and loses nothing")
    func clientDoesNotRead() async throws {
        let (count, size) = (40, 256 << 10)
        let sent = Counter()
        let handler: CoreServer.Handler = { call in
            guard call.method == "/interop.Test/Flood" else { return try await echo(call) }
            for index in 0..<count {
                await call.send(bytes(size, seed: UInt64(index)))
                sent.increment()
            }
            await call.finish()
        }
        try await withCore(handler: handler) { transport, _ in
            let flood = try await transport.openStream("/interop.Test/Flood", lane: .unary, deadline: soon)
            flood.finishSending()
            for _ in 0..<50 { _ = try await transport.unary(method, message: bytes(2_000), deadline: soon) }
            #expect(sent.value < count)
            let messages = try await flood.allMessages()
            #expect(messages == (0..<count).map { bytes(size, seed: UInt64($0)) })
        }
    }

    @Test("A message beyond the server's limit fails its call with the core's RESOURCE_EXHAUSTED, and no other call")
    func beyondTheServersLimit() async throws {
        var limits = core_server_limits()
        limits.maximum_message_size = 100_000
        try await withCore(limits: limits, handler: echo) { transport, _ in
            let error = await unaryError(transport, bytes(100_001))
            #expect(error?.code == .resourceExhausted)
            #expect(error?.origin == .server)
            let response = try await transport.unary(method, message: bytes(100_000), deadline: soon)
            #expect(response.message.readableBytes == 100_000)
        }
    }

    @Test("A message beyond our limit is not taken, and the server learns that the call is over")
    func beyondOurLimit() async throws {
        let ended = Latch<Bool>()
        let handler: CoreServer.Handler = { call in
            let message = await call.receive()
            await call.send([UInt8](repeating: 1, count: (message?.first == 1 ? 100_001 : 100_000)))
            if message?.first == 1 { ended.set(try await call.end.wait()) } else { await call.finish() }
        }
        try await withCore(configure: { $0.maximumMessageSize = 100_000 }, handler: handler) { transport, _ in
            let error = await unaryError(transport, [1])
            #expect(error?.code == .resourceExhausted)
            #expect(error?.origin == .protocolViolation)
            #expect(try await ended.wait() == false)
            let response = try await transport.unary(method, message: [0], deadline: soon)
            #expect(response.message.readableBytes == 100_000)
        }
    }
}
