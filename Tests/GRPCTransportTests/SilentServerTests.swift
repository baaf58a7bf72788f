//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import GRPCTestSupport
import NIOCore
import Synchronization
import TestWaiting
import Testing

@testable import GRPCTransport

/// A server that lives and answers pings, but no calls.
@Suite("A server that leaves calls without an answer")
struct SilentServerTests {
    static let method: GRPCMethod = "/test.Service/Method"
    private static let silence: Duration = .milliseconds(300)

    private struct Scene: Sendable {
        var transport: GRPCTransport
        /// Where the lane is at first; it answers what it's told to.
        var mute: ScriptedPeer
        /// It answers all calls, with 2.
        var other: ScriptedPeer

        func call(mayBeRepeated: Bool = false, mayBlock: Bool = false) async throws -> UInt8? {
            let answer = try await transport.unaryReceived(
                method, message: [1], lane: .unary, metadata: [:], deadline: NIODeadline(soon), mayBlock: mayBlock, mayBeRepeated: mayBeRepeated)
            return Array(buffer: answer.message).first
        }

        /// Waits until the mute one has got so many calls.
        func waitForCalls(_ count: Int) async throws {
            try await mute.waitForRequest()
            try await mute.wait { scripted_server_request_count($0) >= count }
        }

        func offerOther() { transport.updateEndpoints([mute.endpoint, other.endpoint]) }

        /// When it was last held against the mute one that it's silent.
        var lastStrike: NIODeadline? {
            let record = transport.pool.state.withLock { $0.scores.record(of: mute.endpoint) }
            return record.strikes == 0 ? nil : record.lastStrike
        }

        /// Whether the lane's connection has a look at the silence there.
        func isWatching() async throws -> Bool { try await transport.withUnaryHandler { $0.silenceTimer != nil } }
    }

    private static func with(silence: Duration? = silence, _ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        try await ScriptedPeer.with(script: { _, _, _ in }) { mute in
            try await ScriptedPeer.with(script: { server, _, requests in
                for stream in (0..<requests).map({ Int32($0 * 2 + 1) }) where !scripted_server_answered(server, stream) {
                    answer(server, stream: stream, [2])
                }
            }) { other in
                try await withTransport([mute.endpoint.description], configure: { $0.silenceTimeout = silence }) { transport in
                    try await body(Scene(transport: transport, mute: mute, other: other))
                }
            }
        }
    }

    @Test("Those that may be made twice end, as streams do that can move; others stay, and new ones go elsewhere")
    func left() async throws {
        try await Self.with { scene in
            async let staying = scene.call()
            try await scene.waitForCalls(1)
            async let moving = grpcError { () async throws(GRPCError) in
                _ = try await scene.transport.unaryReceived(
                    Self.method, message: [1], lane: .unary, metadata: [:], deadline: NIODeadline(soon), mayBeRepeated: true)
            }
            try await scene.waitForCalls(2)
            let stream = try await scene.transport.openStream(Self.method, endsOnGoAway: true)
            scene.offerOther()
            let error = await moving
            #expect(error?.code == .unavailable)
            #expect(error?.origin == .connection)
            #expect(error?.disposition == .mayHaveExecuted)
            #expect(error?.message.contains("another server can be asked") == true)
            // CANCEL.
            try await scene.mute.wait { scripted_server_reset_code($0, 3) == 8 }
            let end = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
            #expect(end?.origin == .serverGoingAway)
            #expect(try await scene.call() == 2)
            try await scene.mute.act { answer($0, stream: 1, [7]) }
            #expect(try await staying == 7)
        }
    }

    @Test("Where there is no other they wait")
    func alone() async throws {
        try await Self.with { scene in
            async let waiting = scene.call(mayBeRepeated: true)
            try await scene.waitForCalls(1)
            try await eventually("a strike") { scene.lastStrike != nil }
            let first = scene.lastStrike
            try await eventually("another strike") { scene.lastStrike != first }
            try await scene.mute.act { answer($0, stream: 1, [7]) }
            #expect(try await waiting == 7)
        }
    }

    @Test("One that is slow where others are answered waits")
    func answersToOthers() async throws {
        try await Self.with(silence: .seconds(1)) { scene in
            async let waiting = scene.call(mayBeRepeated: true)
            try await scene.waitForCalls(1)
            scene.offerOther()
            let start = ContinuousClock.now
            var stream: Int32 = 1
            while ContinuousClock.now - start < .seconds(3) {
                stream += 2
                async let answered = scene.call()
                try await scene.waitForCalls((Int(stream) + 1) / 2)
                try await scene.mute.act { [stream] in answer($0, stream: stream, [7]) }
                #expect(try await answered == 7)
                // The server keeps but some hundred requests.
                try await Task.sleep(for: .milliseconds(10))
            }
            try await scene.mute.act { answer($0, stream: 1, [7]) }
            #expect(try await waiting == 7)
            #expect(scene.lastStrike == nil)
        }
    }

    @Test("Calls that may wait there for as long as they like are not looked at, nor any where that isn't wanted", arguments: [true, false])
    func notWatched(mayBlock: Bool) async throws {
        try await Self.with(silence: mayBlock ? Self.silence : nil) { scene in
            async let waiting = scene.call(mayBeRepeated: true, mayBlock: mayBlock)
            try await scene.waitForCalls(1)
            #expect(try await !scene.isWatching())
            try await scene.mute.act { answer($0, stream: 1, [7]) }
            #expect(try await waiting == 7)
        }
    }

    @Test("Nobody looks when no call waits")
    func idle() async throws {
        try await Self.with { scene in
            async let waiting = scene.call()
            try await scene.waitForCalls(1)
            #expect(try await scene.isWatching())
            try await scene.mute.act { answer($0, stream: 1, [7]) }
            #expect(try await waiting == 7)
            try await eventually("the end of the watch") { try await !scene.isWatching() }
        }
    }
}
