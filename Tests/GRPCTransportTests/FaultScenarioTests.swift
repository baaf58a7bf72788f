//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import NIOCore
import Testing

@Suite("An etcd behind a faulty network")
struct FaultScenarioTests {
    @Test(
        "A connection through which nothing comes any more, one way or both, is found by a ping within its time",
        arguments: [[.toServer], [.toClient], [.toServer, .toClient]] as [Set<FaultProxy.Direction>])
    func blackhole(directions: Set<FaultProxy.Direction>) async throws {
        let cluster = try await EtcdCluster.shared()
        guard let member = cluster.members.first else { return }
        try await FaultProxy.withProxy(to: member.clientPort) { proxy in
            let configure: (inout GRPCTransportConfiguration) -> Void = { $0.keepalive = .init(interval: .seconds(5), timeout: .seconds(1)) }
            try await withTransport([proxy.address], configure: configure) { transport in
                let stream = try await transport.openStream(Etcd.watch, deadline: soon)
                try await stream.send(Etcd.watchRequest("watched"))
                _ = try await stream.nextMessages()
                proxy.blackhole(directions)
                let start = ContinuousClock.now
                let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                #expect(error?.code == .unavailable)
                #expect(error?.origin == .connection)
                #expect(start.duration(to: .now) < .seconds(15))
                proxy.restore()
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), lane: .watch, deadline: soon)
            }
        }
    }

    /// Runs `body` with one etcd that is reached by two ways.
    private static func withTwoWays(
        _ body: (FaultProxy, FaultProxy, GRPCTransport) async throws -> Void
    ) async throws {
        let cluster = try await EtcdCluster.shared()
        guard let member = cluster.members.first else { return }
        try await FaultProxy.withProxy(to: member.clientPort) { first in
            try await FaultProxy.withProxy(to: member.clientPort) { second in
                let configuration = GRPCTransportConfiguration(
                    endpoints: try [first, second].map { try GRPCEndpoint(parsing: $0.address) })
                let transport = GRPCTransport(configuration: configuration, logger: quiet)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await transport.run() }
                    _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                    if first.statistics.open > 0 { try await body(first, second, transport) } else { try await body(second, first, transport) }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("Calls leave an endpoint where they run out of time for one where they don't, and it takes few of them to see")
    func deadlines() async throws {
        try await Self.withTwoWays { used, other, transport in
            used.blackhole()
            var missed = 0
            for _ in 0..<10 {
                let error = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: .now + .seconds(1))
                }
                if error != nil { missed += 1 }
            }
            #expect(missed <= 3, "\(missed) of ten calls ran out of time")
            #expect(other.statistics.accepted >= 1)
        }
    }

    @Test("Calls go to the faster of two ways when one becomes slow and jittery, none fails, and they stay there")
    func slowEndpoint() async throws {
        try await Self.withTwoWays { used, other, transport in
            used.delay(.milliseconds(200), jitter: .milliseconds(150))
            let limit = ContinuousClock.now + .seconds(40)
            var fast = 0
            while fast < 20, ContinuousClock.now < limit {
                let start = ContinuousClock.now
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                fast = start.duration(to: .now) < .milliseconds(50) ? fast + 1 : 0
            }
            #expect(fast == 20, "calls are still slow")
            let connections = (used.statistics.accepted, other.statistics.accepted)
            for _ in 0..<50 {
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect((used.statistics.accepted, other.statistics.accepted) == connections)
        }
    }

    @Test("Jitter that stays below what is felt moves nobody")
    func jitter() async throws {
        try await Self.withTwoWays { used, other, transport in
            // For each piece of a call in each direction, of which there are several.
            used.delay(.milliseconds(5), jitter: .milliseconds(4))
            for _ in 0..<150 { _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon) }
            #expect(used.statistics.accepted == 1)
            #expect(other.statistics.accepted == 0)
        }
    }

    @Test("Connections that are reset every now and then cost calls, never the transport")
    func resets() async throws {
        try await Self.withTwoWays { used, other, transport in
            used.reset(every: .milliseconds(300))
            other.reset(every: .milliseconds(300))
            var answered = 0
            for _ in 0..<100 {
                let error = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
                }
                if error == nil { answered += 1 } else { #expect(error?.origin == .connection) }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(answered > 50)
            used.reset(every: nil)
            other.reset(every: nil)
            _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), deadline: soon)
        }
    }
}
