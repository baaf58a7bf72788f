//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdTestKit
import GRPCTestSupport
import Metrics
import NIOCore
import TestWaiting
import Testing

@testable import GRPCTransport

@Suite("What can be seen of a transport")
struct ObservationTests {
    static let method: GRPCMethod = "/test.Service/Method"

    @Test("An observer sees every state, in order: from idle to ready, to disconnected and back, and to the end")
    func states() async throws {
        try await ScriptedPeer.with(script: answering) { peer in
            try await FaultProxy.withProxy(to: UInt16(peer.endpoint.port)) { proxy in
                let endpoint = try GRPCEndpoint(parsing: proxy.address)
                // An observer may miss what is short, so nothing is: connections come to be when the test has seen enough.
                let transport = try await withTransport([proxy.address], configure: { $0.connectTimeout = .seconds(60) }) { transport in
                    var states = transport.states.makeAsyncIterator()
                    await Self.expect(.idle, of: &states)
                    proxy.blackhole()
                    async let first = transport.unary(Self.method, message: [1], deadline: soon)
                    await Self.expect(.connecting, of: &states)
                    proxy.restore()
                    _ = try await first
                    await Self.expect(.ready([endpoint]), of: &states)
                    #expect(transport.state == .ready([endpoint]))

                    proxy.endAll()
                    await Self.expect(.idle, of: &states, "no call waits for another connection")
                    proxy.blackhole()
                    async let second = transport.unary(Self.method, message: [1], deadline: soon)
                    await Self.expect(.connecting, of: &states)
                    let accepted = proxy.statistics.accepted
                    try await proxy.wait("attempt") { $0.open > 0 }
                    proxy.endAll()
                    let broken = await states.next()
                    guard case .disconnected(let reason) = broken else {
                        Issue.record("it was \(broken.map { "\($0)" } ?? "over"), and is \(transport.state)")
                        return transport
                    }
                    #expect(reason.contains("\(endpoint): "))
                    try await proxy.wait("next attempt") { $0.accepted > accepted }
                    proxy.restore()
                    _ = try await second
                    // The endpoint has failed a moment ago, and there's no better one.
                    let next = await states.next()
                    guard case .degraded([endpoint], let why) = next else {
                        Issue.record("it was \(next.map { "\($0)" } ?? "over"), and is \(transport.state)")
                        return transport
                    }
                    #expect(why.hasPrefix("\(endpoint): "))
                    // That passes by itself.
                    await Self.expect(.ready([endpoint]), of: &states)
                    return transport
                }
                var states = transport.states.makeAsyncIterator()
                #expect(await states.next() == .shutDown)
                await Self.expect(nil, of: &states)
            }
        }
    }

    private static func expect(
        _ expected: GRPCTransportState?, of states: inout GRPCTransportStates.AsyncIterator, _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let state = await states.next()
        #expect(state == expected, comment, sourceLocation: sourceLocation)
    }

    @Test("Many observers of one transport all see the latest state, and cancelling one ends it alone")
    func observers() async throws {
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            for await state in transport.states { if case .ready = state { return true } }
                            return false
                        }
                    }
                    let cancelled = Task { for await _ in transport.states {} }
                    cancelled.cancel()
                    await cancelled.value
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                    for try await saw in group { #expect(saw) }
                }
            }
        }
    }

    @Test("A transport is degraded while its only endpoint does badly, and when one lane can't connect")
    func degraded() async throws {
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                transport.report(.unavailable, of: peer.endpoint)
                guard case .degraded(let endpoints, let reason) = transport.state else {
                    Issue.record("it is \(transport.state)")
                    return
                }
                #expect(endpoints == [peer.endpoint])
                #expect(reason.contains("\(peer.endpoint)"))
            }
        }
    }

    @Test("While nothing can be connected to, attempts are few")
    func disconnected() async throws {
        let metrics = CountingMetrics()
        try await withTransport(["http://127.0.0.1:1", "http://127.0.0.1:2"], configure: { $0.metricsFactory = metrics }) { transport in
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(4))
            }
            #expect(error?.code == .deadlineExceeded)
        }
        let attempts = metrics.sum("grpc_client_connections_failed_total")
        // Rounds after 0, 50, 80, 128, 205, 328, 524, 839 and 1342 ms, of two attempts each.
        #expect(attempts >= 1 && attempts <= 24, "\(attempts) attempts in four seconds")
        #expect(metrics.labels(of: "grpc_client_connections_failed_total").allSatisfy { $0.contains("reason=connect") })
    }

    @Test("Nothing is attempted that nobody asked for")
    func noDemand() async throws {
        let metrics = CountingMetrics()
        try await withTransport(["http://127.0.0.1:1"], configure: { $0.metricsFactory = metrics }) { _ in
            // Nothing could happen sooner than at once.
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(metrics.sum("grpc_client_connections_failed_total") == 0)
    }

    @Test("A connection that was made in vain, because another was sooner, counts as opened and as closed")
    func lateConnection() async throws {
        let metrics = CountingMetrics()
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description], configure: { $0.metricsFactory = metrics }) { transport in
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                let pool = transport.pool
                let late = try await pool.connector.connect(
                    to: peer.endpoint, route: Route(lane: .unary), laneID: ConnectionLane.unary.rawValue, keepaliveInterval: nil, observer: pool
                ) { _ in true }
                pool.discard(late)
                try await late.channel.closeFuture.get()
            }
        }
        #expect(metrics.sum("grpc_client_connections_opened_total") == 2)
        #expect(metrics.sum("grpc_client_connections_closed_total") == 2)
    }

    @Test("Connections, traffic, streams, GOAWAYs and scores are counted")
    func metrics() async throws {
        let metrics = CountingMetrics()
        try await ScriptedPeer.with(script: answering) { peer in
            try await withTransport([peer.endpoint.description], configure: { $0.metricsFactory = metrics }) { transport in
                let stream = try await transport.openStream(Self.method, lane: .unary, endsOnGoAway: true)
                try await stream.send([1])
                try await peer.waitForRequest()
                #expect(metrics.last("grpc_client_open_streams") == 1)
                try await peer.act { scripted_server_goaway($0, Int32.max, 0, "graceful_stop") }
                _ = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                _ = try await transport.unary(Self.method, message: [UInt8](repeating: 1, count: 1000), deadline: soon)
            }
        }
        #expect(metrics.sum("grpc_client_connections_opened_total") == 2)
        #expect(metrics.sum("grpc_client_goaways_total") == 1)
        #expect(metrics.sum("grpc_client_reconnects_total") >= 1)
        #expect(metrics.labels(of: "grpc_client_connections_closed_total").contains { $0.contains("reason=goaway") })
        #expect(metrics.sum("grpc_client_sent_bytes_total") > 1000)
        #expect(metrics.sum("grpc_client_received_bytes_total") > 100)
        #expect(metrics.last("grpc_client_open_streams") == 0)
        #expect(metrics.last("grpc_client_endpoint_score") != nil)
    }
}
