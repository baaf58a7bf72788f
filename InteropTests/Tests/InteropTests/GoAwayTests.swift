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

@Suite("The gRPC C core goes away", .timeLimit(.minutes(2)))
struct GoAwayTests {
    @Test("Calls in flight finish at the server that leaves; streams that asked for it end, and new calls go to another server")
    func leaving() async throws {
        let (began, mayFinish) = (Latch<Void>(), Latch<Void>())
        let leaving: CoreServer.Handler = { call in
            if call.method == "/interop.Test/Watch" {
                await call.send([0])
                _ = try await call.end.wait()
                return
            }
            _ = await call.receive()
            began.set()
            try await mayFinish.wait()
            await call.send([1])
            await call.finish()
        }
        let other: CoreServer.Handler = { call in
            await call.send([2])
            await call.finish()
        }
        try await CoreServer.with(handler: leaving) { first in
            try await CoreServer.with(handler: other) { second in
                try await withTransport(GRPCTransportConfiguration(endpoints: [first.endpoint])) { transport in
                    let stream = try await transport.openStream("/interop.Test/Watch", lane: .unary, deadline: soon, endsOnGoAway: true)
                    #expect(try await stream.nextMessages().count == 1)
                    async let inFlight = transport.unary(method, message: [1], deadline: soon)
                    try await began.wait()
                    // Known only now, or it might have been chosen at the start.
                    transport.updateEndpoints([first.endpoint, second.endpoint])
                    first.beginShutDown()
                    let moved = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                    #expect(moved?.origin == .serverGoingAway)
                    #expect(moved?.endpoint == first.endpoint)

                    let elsewhere = try await transport.unary(method, message: [1], deadline: soon)
                    #expect(Array(buffer: elsewhere.message) == [2])
                    mayFinish.set()
                    let finished = try await inFlight
                    #expect(Array(buffer: finished.message) == [1])
                    try await first.hasShutDown.wait()
                }
            }
        }
    }

    @Test("A call that the server drops when it stops has failed, and may have been executed")
    func dropping() async throws {
        let began = Latch<Void>()
        let handler: CoreServer.Handler = { call in
            began.set()
            _ = try await call.end.wait()
        }
        try await withCore(handler: handler) { transport, server in
            async let error = unaryError(transport)
            try await began.wait()
            server.beginShutDown()
            server.cancelCalls()
            let found = await error
            #expect(found?.code == .unavailable || found?.code == .cancelled, "\(String(describing: found))")
            #expect(found?.disposition == .mayHaveExecuted)
            try await server.hasShutDown.wait()
        }
    }

    @Test("While one connection after the other is told to go away, no call fails and no stream is cut")
    func connectionsAge() async throws {
        var limits = core_server_limits()
        limits.maximum_connection_age_milliseconds = 50
        let peers = Peers()
        let handler: CoreServer.Handler = { call in
            peers.add(call.peer)
            try await echo(call)
        }
        try await withCore(limits: limits, handler: handler) { transport, _ in
            let stream = try await transport.openStream(method, lane: .unary, deadline: soon)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        while peers.count < 6 { _ = try await transport.unary(method, message: [1], deadline: soon) }
                    }
                }
                while peers.count < 6 {
                    try await stream.send([2])
                    #expect(try await stream.nextMessages().map { Array(buffer: $0) } == [[2]])
                }
                try await group.waitForAll()
            }
            stream.finishSending()
            #expect(try await stream.nextMessages().isEmpty)
        }
    }
}

/// Which connections have been seen.
private final class Peers: Sendable {
    private let seen = Mutex<Set<String>>([])

    var count: Int { seen.withLock { $0.count } }

    func add(_ peer: String) {
        seen.withLock { _ = $0.insert(peer) }
    }
}
