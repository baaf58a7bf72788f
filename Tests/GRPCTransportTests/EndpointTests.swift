//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdTestKit
import GRPCTestSupport
import NIOCore
import Synchronization
import TestWaiting
import Testing

@testable import GRPCTransport

@Suite("Endpoints at run time")
struct EndpointTests {
    static let method: GRPCMethod = "/test.Service/Method"

    /// Answers every unary call at once with its own number.
    private static func numbered(_ number: UInt8) -> ScriptedPeer.Script {
        { server, _, requests in
            for request in 0..<requests where scripted_server_request_ended(server, Int32(request * 2 + 1)) {
                if scripted_server_answered(server, Int32(request * 2 + 1)) { continue }
                answer(server, stream: Int32(request * 2 + 1), [number])
            }
        }
    }

    private static func withPeers(_ body: @Sendable (ScriptedPeer, ScriptedPeer) async throws -> Void) async throws {
        try await ScriptedPeer.with(script: numbered(1)) { first in
            try await ScriptedPeer.with(script: numbered(2)) { second in try await body(first, second) }
        }
    }

    /// Two peers behind proxies, by which a test says where a new connection may go.
    private static func withProxiedPeers(
        _ body: @Sendable ([(proxy: FaultProxy, endpoint: GRPCEndpoint)]) async throws -> Void
    ) async throws {
        try await withPeers { first, second in
            try await FaultProxy.withProxy(to: UInt16(first.endpoint.port)) { one in
                try await FaultProxy.withProxy(to: UInt16(second.endpoint.port)) { two in
                    try await body([one, two].map { ($0, try GRPCEndpoint(parsing: $0.address)) })
                }
            }
        }
    }

    private static func ask(
        _ transport: GRPCTransport, at endpoint: GRPCEndpoint? = nil, lane: ConnectionLane = .unary
    ) async throws -> UInt8? {
        let response = try await transport.unary(method, message: [1], lane: lane, deadline: soon, endpoint: endpoint)
        return Array(buffer: response.message).first
    }

    @Test("A call that names its endpoint goes there, whether it is in the list or not, and such calls share a connection")
    func pinned() async throws {
        try await Self.withPeers { first, second in
            try await withTransport([first.endpoint.description]) { transport in
                #expect(try await Self.ask(transport) == 1)
                #expect(try await Self.ask(transport, at: first.endpoint) == 1)
                for _ in 0..<5 { #expect(try await Self.ask(transport, at: second.endpoint) == 2) }
                #expect(first.connectionCount == 2, "calls that name it don't share with those that don't")
                #expect(second.connectionCount == 1)
                let stream = try await transport.openStream(Self.method, lane: .unary, endpoint: second.endpoint)
                #expect(stream.endpoint == second.endpoint)
                try await stream.send([1])
                stream.finishSending()
                #expect(try await stream.nextMessages().map { Array(buffer: $0) } == [[2]])
                #expect(second.connectionCount == 1)
            }
        }
    }

    @Test("A connection for calls that name their endpoint is closed when idle, and made again on demand")
    func pinnedIdle() async throws {
        try await Self.withPeers { first, second in
            try await withTransport(
                [first.endpoint.description], configure: { $0.pinnedConnectionIdleTime = .milliseconds(200) }
            ) { transport in
                #expect(try await Self.ask(transport, at: second.endpoint) == 2)
                try await second.waitUntilClosed(0)
                #expect(try await Self.ask(transport, at: second.endpoint) == 2)
                #expect(second.connectionCount == 2)
            }
        }
    }

    @Test("A connection for calls that name their endpoint is nobody's once it is idle, though a stream stays on it")
    func pinnedStream() async throws {
        let metrics = CountingMetrics()
        try await Self.withPeers { first, second in
            try await withTransport(
                [first.endpoint.description],
                configure: {
                    $0.pinnedConnectionIdleTime = .milliseconds(200)
                    $0.metricsFactory = metrics
                }
            ) { transport in
                let stream = try await transport.openStream(Self.method, endsOnGoAway: false, endpoint: second.endpoint)
                try await stream.send([1])
                try await second.waitForRequest()
                try await eventually("the lane is gone") { transport.pool.state.withLock { !$0.freeLanes.isEmpty } }
                let isNobodys = transport.pool.state.withLock { $0.lanes.allSatisfy { $0.current == nil } }
                #expect(isNobodys)
                stream.finishSending()
                _ = try await stream.nextMessages()
                try await second.waitUntilClosed(0)
            }
        }
        #expect(metrics.sum("grpc_client_reconnects_total") == 0)
    }

    @Test("A call that names an endpoint where nobody listens says so when its deadline passes, and no other call waits for it")
    func pinnedUnreachable() async throws {
        try await Self.withPeers { first, _ in
            try await withTransport([first.endpoint.description]) { transport in
                let nowhere = GRPCEndpoint(scheme: .http, host: "127.0.0.1", port: 1)
                async let lost = grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8), endpoint: nowhere)
                }
                let other = try await Self.ask(transport)
                #expect(other == 1)
                let error = await lost
                #expect(error?.code == .deadlineExceeded)
                #expect(error?.disposition == .notSent)
                #expect(error?.endpoint == nowhere)
                #expect(error?.message.contains("refused") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test("Calls go to the new endpoints at once; what is open on an old one finishes, and its movable streams move")
    func update() async throws {
        let script: ScriptedPeer.Script = { _, _, _ in }
        try await ScriptedPeer.with(script: script) { old in
            try await ScriptedPeer.with(script: Self.numbered(2)) { new in
                try await withTransport([old.endpoint.description]) { transport in
                    #expect(transport.endpoints == [old.endpoint])
                    async let open = transport.unary(Self.method, message: [1], deadline: soon)
                    try await old.waitForRequest()
                    let moving = try await transport.openStream(Self.method, lane: .watch)
                    try await moving.send([1])
                    try await old.wait(on: 1) { scripted_server_request_count($0) == 1 }

                    transport.updateEndpoints([new.endpoint])
                    #expect(transport.endpoints == [new.endpoint])
                    let error = await grpcError { () async throws(GRPCError) in _ = try await moving.nextMessages() }
                    #expect(error?.origin == .serverGoingAway)
                    #expect(try await Self.ask(transport) == 2)
                    #expect(try await Self.ask(transport, lane: .watch) == 2)
                    try await old.act { answer($0, stream: 1, [1]) }
                    #expect(Array(buffer: try await open.message) == [1])
                    try await old.waitUntilClosed(0)
                    try await old.waitUntilClosed(1)
                    #expect(old.connectionCount == 2)
                }
            }
        }
    }

    @Test("Endpoints can be replaced while nothing is connected, and an empty list changes nothing")
    func updateWhileDisconnected() async throws {
        try await Self.withPeers { first, _ in
            try await withTransport(["http://127.0.0.1:1"]) { transport in
                async let waiting = Self.ask(transport)
                transport.updateEndpoints([])
                #expect(transport.endpoints.count == 1)
                transport.updateEndpoints([first.endpoint, first.endpoint])
                #expect(transport.endpoints == [first.endpoint])
                let answer = try await waiting
                #expect(answer == 1)
            }
        }
    }

    @Test("After a report the next call goes elsewhere", arguments: [GRPCEndpointOutcome.unavailable, .unsuited])
    func report(outcome: GRPCEndpointOutcome) async throws {
        try await Self.withProxiedPeers { peers in
            try await withTransport(peers.map(\.endpoint.description)) { transport in
                let before = try #require(try await Self.ask(transport))
                let used = peers[Int(before) - 1]
                // The connection that is there could still be used. What sits out would be connected to again if the other were slow to answer.
                used.proxy.accept(.refuse)
                transport.report(outcome, of: used.endpoint)
                #expect(try await Self.ask(transport) == 3 - before)
            }
        }
    }

    @Test("A report about the only endpoint changes nothing")
    func reportSingle() async throws {
        try await Self.withPeers { first, second in
            try await withTransport([first.endpoint.description]) { transport in
                let before = try await Self.ask(transport)
                transport.report(.unavailable, of: first.endpoint)
                transport.report(.unavailable, of: second.endpoint)
                let after = try await Self.ask(transport)
                #expect(before == 1 && after == 1)
                #expect(first.connectionCount == 1)
            }
        }
    }

    @Test("Clients don't all begin with the same endpoint")
    func spread() async throws {
        try await Self.withPeers { first, second in
            var seen: Set<UInt8> = []
            for _ in 0..<40 where seen.count < 2 {
                try await withTransport([first.endpoint.description, second.endpoint.description]) { transport in
                    _ = try await Self.ask(transport)
                }
                if first.connectionCount > 0 { seen.insert(1) }
                if second.connectionCount > 0 { seen.insert(2) }
            }
            #expect(seen == [1, 2])
        }
    }

    @Test("An endpoint that accepts and says nothing doesn't hold up the next")
    func stalled() async throws {
        try await Self.withProxiedPeers { peers in
            let (silent, good) = (peers[0], peers[1])
            silent.proxy.blackhole()
            // Which comes first is drawn by lot.
            for _ in 0..<40 where silent.proxy.statistics.accepted == 0 {
                try await withTransport(
                    [silent.endpoint.description, good.endpoint.description], configure: { $0.connectTimeout = .seconds(300) }
                ) { transport in
                    let answer = try await Self.ask(transport)
                    #expect(answer == 2)
                }
            }
            #expect(silent.proxy.statistics.accepted > 0)
        }
    }

    @Test("A server that answers calls with UNAVAILABLE again and again is left for another")
    func unavailable() async throws {
        let script: ScriptedPeer.Script = { server, _, requests in
            guard requests > 0 else { return }
            let stream = Int32(requests * 2 - 1)
            if scripted_server_answered(server, stream) { return }
            scripted_server_headers(server, stream, okHeaders + "grpc-status: 14\ngrpc-message: no leader\n", true)
        }
        try await ScriptedPeer.with(script: script) { bad in
            try await ScriptedPeer.with(script: Self.numbered(2)) { good in
                try await FaultProxy.withProxy(to: UInt16(bad.endpoint.port)) { proxy in
                    try await withTransport([proxy.address]) { transport in
                        for number in 0..<5 {
                            let error = await grpcError { () async throws(GRPCError) in
                                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                            }
                            if number < 2 { #expect(error?.message == "no leader") } else { #expect(error == nil) }
                            guard number == 0 else { continue }
                            // From here on there is a choice, and no way back to what sits out when the other is slow to answer.
                            transport.updateEndpoints([try GRPCEndpoint(parsing: proxy.address), good.endpoint])
                            proxy.accept(.refuse)
                        }
                    }
                }
            }
        }
    }

    @Test("A connection whose server answers pings and no calls is replaced, and its movable streams move")
    func wedged() async throws {
        let script: ScriptedPeer.Script = { server, connection, requests in if connection == 1 { Self.numbered(2)(server, connection, requests) } }
        try await ScriptedPeer.with(script: script) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                let moving = try await transport.openStream(Self.method, lane: .unary, endsOnGoAway: true)
                try await moving.send([1])
                try await peer.waitForRequest()
                // Three that run out of time at the server do it. On a slow machine one may not come so far.
                for _ in 0..<30 {
                    let error = await grpcError { () async throws(GRPCError) in
                        _ = try await transport.unary(Self.method, message: [1], deadline: .now + .milliseconds(400))
                    }
                    guard let error else { break }
                    #expect(error.code == .deadlineExceeded)
                }
                let error = await grpcError { () async throws(GRPCError) in _ = try await moving.nextMessages() }
                #expect(error?.origin == .serverGoingAway)
                #expect(try await Self.ask(transport) == 2)
                #expect(peer.connectionCount == 2)
            }
        }
    }

    @Test("A stream's owner can have its connection replaced")
    func reportedWedged() async throws {
        try await ScriptedPeer.with(script: { _, _, _ in }) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                let stream = try await transport.openStream(Self.method)
                try await stream.send([1])
                try await peer.waitForRequest()
                stream.reportWedged()
                let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                #expect(error?.origin == .serverGoingAway)
                let next = try await transport.openStream(Self.method)
                try await next.send([1])
                try await peer.wait(on: 1) { scripted_server_request_count($0) == 1 }
                #expect(peer.connectionCount == 2)
            }
        }
    }
}
