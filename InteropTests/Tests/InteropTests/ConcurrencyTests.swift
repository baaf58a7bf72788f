//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCCoreServer
import GRPCTransport
import NIOCore
import Synchronization
import Testing

@Suite("Many calls at once to the gRPC C core", .timeLimit(.minutes(2)))
struct ConcurrencyTests {
    @Test("Of calls made at once each gets its own answer, however few streams the server allows", arguments: [0, 1, 8])
    func unary(maximumStreams: Int32) async throws {
        var limits = core_server_limits()
        limits.maximum_concurrent_streams = maximumStreams
        try await withCore(limits: limits, handler: echo) { transport, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let message = bytes(index * 53, seed: UInt64(index))
                        let response = try await transport.unary(method, message: message, deadline: soon)
                        #expect(Array(buffer: response.message) == message)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Streams side by side keep their messages apart")
    func streams() async throws {
        try await withCore(handler: echo) { transport, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        let stream = try await transport.openStream(method, deadline: soon)
                        let messages = (0..<20).map { bytes(500, seed: UInt64(index * 100 + $0)) }
                        for message in messages { try await stream.send(message) }
                        stream.finishSending()
                        let found = try await stream.allMessages()
                        #expect(found == messages)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Calls that are cancelled at once trouble none of the others")
    func cancelSome() async throws {
        let handler: CoreServer.Handler = { call in
            if await call.receive() == [1] { _ = try await call.end.wait() } else { await call.send([0]) }
            await call.finish()
        }
        try await withCore(handler: handler) { transport, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let response = try await transport.unary(method, message: [0], deadline: soon)
                        #expect(Array(buffer: response.message) == [0])
                    }
                    group.addTask {
                        let call = Task { await unaryError(transport, [1]) }
                        call.cancel()
                        #expect(await call.value?.code == .cancelled)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
