//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import GRPCTestSupport
import LogRecording
import Logging
import NIOCore
import Testing

@testable import GRPCTransport

@Suite("A server that goes away")
struct GoAwayTests {
    static let method: GRPCMethod = "/test.Service/Method"

    @Test("Every call above a GOAWAY is sent again, whatever its code, and none of it surfaces", arguments: [0, 2, 11] as [UInt32])
    func above(code: UInt32) async throws {
        let script: ScriptedPeer.Script = { server, connection, requests in
            if connection == 0, requests == 20 { scripted_server_goaway(server, 1, code, code == 11 ? "too_many_pings" : "") }
            if connection > 0 { answering(server, connection, requests) }
        }
        try await ScriptedPeer.with(script: script) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                async let first = transport.unary(Self.method, message: [1], deadline: soon)
                try await peer.waitForRequest()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<19 { group.addTask { _ = try await transport.unary(Self.method, message: [2], deadline: soon) } }
                    try await group.waitForAll()
                }
                try await peer.act { answer($0, stream: 1, [11]) }
                #expect(Array(buffer: try await first.message) == [11])
                let again = try await peer.act(on: 1) { scripted_server_request_count($0) }
                #expect(again == 19)
            }
        }
    }

    @Test("A second GOAWAY with a lower last stream ends what is above it; a higher one breaks the connection")
    func second() async throws {
        let script: ScriptedPeer.Script = { server, connection, requests in if connection > 0 { answering(server, connection, requests) } }
        try await ScriptedPeer.with(script: script) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                async let low = grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                }
                try await peer.waitForRequest()
                async let high = transport.unary(Self.method, message: [1], deadline: soon)
                try await peer.wait { scripted_server_request_count($0) == 2 }
                try await peer.act { scripted_server_goaway($0, Int32.max, 0, "graceful_stop") }
                try await peer.act { scripted_server_goaway($0, 1, 0, "") }
                // It was refused, so it may be sent again.
                _ = try await high
                try await peer.write([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0])
                let error = await low
                #expect(error?.code == .unavailable)
                #expect(error?.origin == .connection)
                #expect(error?.disposition == .mayHaveExecuted)
            }
        }
    }

    @Test("Each complaint about pings doubles the interval of the next connection to that endpoint, and of none to another")
    func tooManyPings() async throws {
        try await ScriptedPeer.with(script: answering) { complaining in
            try await ScriptedPeer.with(script: answering) { content in
                try await withTransport([complaining.endpoint.description]) { transport in
                    for (connection, seconds) in [10, 20, 40, 80].enumerated() {
                        let stream = try await transport.openStream(Self.method, lane: .unary, endsOnGoAway: true)
                        try await stream.send([1])
                        _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                        #expect(try await Self.pingInterval(transport, Route(lane: .unary)) == .seconds(Int64(seconds)))
                        // grpc-go's words, and HTTP/2's ENHANCE_YOUR_CALM. Another code, or other words, are no complaint about pings.
                        try await complaining.act(on: connection) { scripted_server_goaway($0, Int32.max, 11, "too_many_pings") }
                        let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                        #expect(end?.origin == .serverGoingAway)
                    }
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon, endpoint: content.endpoint)
                    #expect(try await Self.pingInterval(transport, Route(lane: .unary, endpoint: content.endpoint)) == .seconds(10))
                }
            }
        }
    }

    @Test("A complaint about pings that is said a hundred times on one connection counts once")
    func repeatedComplaint() async throws {
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                // It keeps the connection until all complaints are heard.
                let stream = try await transport.openStream(Self.method, lane: .unary, endsOnGoAway: false)
                try await stream.send([1])
                try await peer.waitForRequest()
                let complaint = Frames.goAway(UInt32(Int32.max), 11, "too_many_pings")
                try await peer.write((0..<100).flatMap { _ in complaint })
                try await peer.act { answer($0, stream: 1, [5]) }
                #expect(try await stream.nextMessages().map { Array(buffer: $0) } == [[5]])
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                #expect(try await Self.pingInterval(transport, Route(lane: .unary)) == .seconds(20))
            }
        }
    }

    @Test("Complaints about pings on several connections at once double the interval once")
    func complaintsAtOnce() async throws {
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                var streams: [GRPCStream] = []
                for lane in ConnectionLane.allCases {
                    let stream = try await transport.openStream(Self.method, lane: lane, endsOnGoAway: true)
                    try await stream.send([1])
                    _ = try await transport.unary(Self.method, message: [1], lane: lane, deadline: soon)
                    streams.append(stream)
                }
                for connection in streams.indices {
                    try await peer.act(on: connection) { scripted_server_goaway($0, Int32.max, 11, "too_many_pings") }
                }
                for stream in streams {
                    let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                    #expect(end?.origin == .serverGoingAway)
                }
                for connection in streams.indices { try await peer.waitUntilClosed(connection) }
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                #expect(try await Self.pingInterval(transport, Route(lane: .unary)) == .seconds(20))
            }
        }
    }

    @Test("A server that leaves for another reason is pinged as often as before", arguments: [(0, "too_many_pings"), (11, "calm down")])
    func otherReason(code: UInt32, text: String) async throws {
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                let stream = try await transport.openStream(Self.method, lane: .unary, endsOnGoAway: true)
                try await stream.send([1])
                try await peer.waitForRequest()
                try await peer.act { scripted_server_goaway($0, Int32.max, code, text) }
                let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                #expect(end?.origin == .serverGoingAway)
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                #expect(peer.connectionCount == 2)
                #expect(try await Self.pingInterval(transport, Route(lane: .unary)) == .seconds(10))
            }
        }
    }

    /// After what silence a lane's connection is pinged.
    private static func pingInterval(_ transport: GRPCTransport, _ route: Route) async throws -> TimeAmount? {
        let channel = try #require(transport.pool.currentConnection(for: route)).channel
        return try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).pings.policy?.interval
        }.get()
    }

    @Test("A connection whose server leaves, or that is reset, is replaced without a word that anybody has to read", arguments: [true, false])
    func silence(announces: Bool) async throws {
        let log = LogRecorder(level: .debug)
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description], logger: log.logger) { transport in
                for connection in 0..<3 {
                    let stream = try await transport.openStream(Self.method, lane: .unary, endsOnGoAway: true)
                    try await stream.send([1])
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    if announces {
                        try await peer.act(on: connection) { scripted_server_goaway($0, Int32.max, 0, "graceful_stop") }
                    } else {
                        try await peer.cut(connection)
                    }
                    let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                    #expect(end != nil)
                }
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
            }
        }
        #expect(log.lines.count { $0.message == "Connected" } == 4)
        #expect(!log.lines.contains { $0.level > .info }, "\(log.lines)")
    }

    @Test("A server that breaks HTTP/2 loses that connection only: the next call is made on another")
    func brokenProtocol() async throws {
        let script: ScriptedPeer.Script = { server, connection, requests in if connection > 0 { answering(server, connection, requests) } }
        try await ScriptedPeer.with(script: script) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                async let broken = grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                }
                try await peer.waitForRequest()
                // DATA on stream 0.
                try await peer.write([0, 0, 1, 0, 0, 0, 0, 0, 0, 42])
                let error = await broken
                #expect(error?.code == .unavailable)
                #expect(error?.disposition == .mayHaveExecuted)
                try await peer.waitUntilClosed(0)
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
            }
        }
    }
}
