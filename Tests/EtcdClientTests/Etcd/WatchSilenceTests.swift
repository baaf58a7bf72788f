//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdTestSupport
import GRPCTestSupport
import GRPCTransport
import Synchronization
import TestWaiting
import Testing

@testable import EtcdClient

/// A server of watches that says what a test has it say, and answers pings whatever else it leaves unanswered.
private final class ScriptedWatches: Sendable {
    private let answered = Mutex<[String: Int]>([:])
    /// What to say to a create, by the connection's number, its own on the stream, and its bytes; nil for nothing.
    private let answer: @Sendable (_ connection: Int, _ create: Int, _ request: [UInt8]) -> [[UInt8]]?

    init(_ answer: @escaping @Sendable (_ connection: Int, _ create: Int, _ request: [UInt8]) -> [[UInt8]]?) { self.answer = answer }

    convenience init(_ answer: @escaping @Sendable (_ connection: Int, _ create: Int) -> [[UInt8]]?) {
        self.init { connection, create, _ in answer(connection, create) }
    }

    var script: ScriptedPeer.Script {
        { server, connection, requests in
            for stream in stride(from: Int32(1), to: Int32(requests) * 2 + 1, by: 2) { self.serve(server, connection, stream) }
        }
    }

    private func serve(_ server: OpaquePointer, _ connection: Int, _ stream: Int32) {
        let creates = Self.creates(server, stream)
        let before = answered.withLock { answered in
            defer { answered["\(connection)/\(stream)"] = creates.count }
            return answered["\(connection)/\(stream)"] ?? 0
        }
        for create in before..<max(before, creates.count) {
            guard let messages = answer(connection, create, creates[create]) else { continue }
            if create == 0 { scripted_server_headers(server, stream, okHeaders, false) }
            for message in messages {
                let bytes = framed(message)
                scripted_server_data(server, stream, bytes, bytes.count, false)
            }
        }
    }

    /// The creates that a stream has got.
    private static func creates(_ server: OpaquePointer, _ stream: Int32) -> [[UInt8]] {
        var length = 0
        guard let body = scripted_server_request_body(server, stream, &length) else { return [] }
        var rest = UnsafeBufferPointer(start: body, count: length)[...]
        var creates: [[UInt8]] = []
        while rest.count >= 5 {
            let start = rest.startIndex
            let size = (1...4).reduce(0) { $0 << 8 | Int(rest[start + $1]) }
            guard rest.count >= 5 + size else { break }
            if size > 0, rest[start + 5] == 0x0a { creates.append(Array(rest.dropFirst(5).prefix(size))) }
            rest = rest.dropFirst(5 + size)
        }
        return creates
    }

    static func created(revision: UInt64 = 20, id: UInt64 = 0, clusterID: UInt64 = 0) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { header in
            if clusterID != 0 { header.number(1, clusterID) }
            header.number(3, revision)
        }
        writer.number(2, id)
        writer.number(3, 1)
        return writer.bytes
    }

    /// What etcd says to a create of no keys.
    static var refused: [UInt8] { refused(id: UInt64(bitPattern: -1)) }

    static func refused(id: UInt64) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { $0.number(3, 20) }
        writer.number(2, id)
        writer.number(3, 1)
        writer.number(4, 1)
        return writer.bytes
    }

    static func event(revision: UInt64, id: UInt64 = 0, value: [UInt8] = []) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { $0.number(3, revision) }
        writer.number(2, id)
        writer.message(11) { event in
            event.message(2) { kv in
                kv.number(3, revision)
                kv.data(5, value)
            }
        }
        return writer.bytes
    }
}

@Suite("Watches of servers that answer pings and nothing else")
struct WatchSilenceTests {
    private static func withWatch(
        _ server: ScriptedWatches, _ options: WatchOptions, probe: WatchOptions.Liveness? = nil,
        _ body: @escaping @Sendable (ScriptedPeer, EtcdWatch) async throws -> Void
    ) async throws {
        try await ScriptedPeer.with(script: server.script) { peer in
            var configuration = try EtcdClientConfiguration(endpoints: [peer.endpoint.description], readTimeout: .seconds(20))
            if let probe { configuration.watchProbe = probe }
            try await withClient(configuration) { client in
                try await body(peer, try await client.watch(.key("a"), options: options))
            }
        }
    }

    /// Waits until the first watcher was asked for, and the answer given.
    private static func waitForCreate(_ peer: ScriptedPeer) async throws {
        try await peer.waitForRequest()
        try await peer.wait { server in
            var length = 0
            return scripted_server_request_body(server, 1, &length) != nil && length > 5
        }
    }

    private static let quick = WatchOptions.Liveness(interval: .milliseconds(100), timeout: .seconds(2))

    @Test("A stream on which progress isn't answered any more is left for another connection, and nothing is missed")
    func silence() async throws {
        let server = ScriptedWatches { connection, _ in
            connection == 0
                ? [ScriptedWatches.created(), ScriptedWatches.event(revision: 10)] : [ScriptedWatches.created(), ScriptedWatches.event(revision: 11)]
        }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: .dedicated, liveness: Self.quick)) { peer, watch in
            let revisions = try await watch.events(2).map(\.revision)
            #expect(revisions == [10, 11])
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("A watcher that isn't made is asked for again on another connection", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func create(stream: WatchOptions.Stream) async throws {
        let server = ScriptedWatches { connection, _ in connection == 0 ? nil : [ScriptedWatches.created(), ScriptedWatches.event(revision: 10)] }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: stream)) { peer, watch in
            let revisions = try await watch.events(1).map(\.revision)
            #expect(revisions == [10])
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("A watcher that isn't made is asked for again on another connection although others on its stream get events")
    func createAmongEvents() async throws {
        let server = ScriptedWatches { connection, create in
            let id = UInt64(create)
            if connection == 0 { return create == 0 ? [ScriptedWatches.created()] : nil }
            return [ScriptedWatches.created(id: id), ScriptedWatches.event(revision: 10, id: id)]
        }
        let probe = WatchOptions.Liveness(interval: .seconds(60), timeout: .seconds(1))
        try await Self.withWatch(server, WatchOptions(startRevision: 10), probe: probe) { peer, watch in
            let reader = Task { while try await watch.nextBatch() != nil {} }
            try await Self.waitForCreate(peer)
            let second = try await watch.client.watch(.key("b"), options: WatchOptions(startRevision: 10))
            let event = Task { try await second.events(1).map(\.revision) }
            let events = Task {
                // What it takes is time in which the stream is never silent.
                let bytes = framed(ScriptedWatches.event(revision: 10))
                while peer.connectionCount == 1 {
                    try await peer.act { server in scripted_server_data(server, 1, bytes, bytes.count, false) }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            #expect(try await event.value == [10])
            events.cancel()
            reader.cancel()
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("A server that never answers progress at all is asked on two streams, and then believed")
    func neverAnswers() async throws {
        let server = ScriptedWatches { _, _ in [ScriptedWatches.created()] }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: .dedicated, liveness: Self.quick)) { peer, watch in
            let event = Task { try await watch.events(1).map(\.revision) }
            try await within("the third connection") { while peer.connectionCount < 3 { try await Task.sleep(for: .milliseconds(20)) } }
            // Longer than it would take to be left.
            try await Task.sleep(for: .seconds(3))
            #expect(peer.connectionCount == 3)
            try await peer.act(on: 2) { server in
                let bytes = framed(ScriptedWatches.event(revision: 10))
                scripted_server_data(server, 1, bytes, bytes.count, false)
            }
            #expect(try await event.value == [10])
        }
    }

    private static let streams: [WatchOptions.Stream] = [.shared, .group("a"), .dedicated]

    @Test("A silent stream is probed, whatever its watches ask for, and left when that isn't answered; nothing is missed", arguments: streams)
    func probe(stream: WatchOptions.Stream) async throws {
        let server = ScriptedWatches { connection, create in
            if create > 0 { return connection == 0 ? nil : [ScriptedWatches.refused] }
            return [ScriptedWatches.created(), ScriptedWatches.event(revision: connection == 0 ? 10 : 11)]
        }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: stream), probe: Self.quick) { peer, watch in
            let revisions = try await watch.events(2).map(\.revision)
            #expect(revisions == [10, 11])
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("A watch that is to be asked seldom is probed as often as any other", arguments: streams)
    func seldomAsked(stream: WatchOptions.Stream) async throws {
        let server = ScriptedWatches { connection, create in
            if create > 0 { return connection == 0 ? nil : [ScriptedWatches.refused] }
            return [ScriptedWatches.created(), ScriptedWatches.event(revision: connection == 0 ? 10 : 11)]
        }
        let options = WatchOptions(startRevision: 10, stream: stream, liveness: .init(interval: .seconds(600), timeout: .seconds(600)))
        try await Self.withWatch(server, options, probe: Self.quick) { peer, watch in
            let revisions = try await watch.events(2).map(\.revision)
            #expect(revisions == [10, 11])
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("A server that answers probes and nothing else is stayed with", arguments: streams)
    func answered(stream: WatchOptions.Stream) async throws {
        let probes = Mutex(0)
        let server = ScriptedWatches { _, create in
            if create == 0 { return [ScriptedWatches.created()] }
            probes.withLock { $0 += 1 }
            return [ScriptedWatches.refused] + (create == 20 ? [ScriptedWatches.event(revision: 10)] : [])
        }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: stream), probe: Self.quick) { peer, watch in
            let revisions = try await watch.events(1).map(\.revision)
            #expect(revisions == [10])
            #expect(peer.connectionCount == 1)
            #expect(probes.withLock { $0 } >= 20)
        }
    }

    @Test("A long message is waited for as long as its bytes come, however long that takes", arguments: streams)
    func longMessage(stream: WatchOptions.Stream) async throws {
        let server = ScriptedWatches { _, create in create == 0 ? [ScriptedWatches.created()] : nil }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: stream), probe: Self.quick) { peer, watch in
            let event = Task { try await watch.events(1).map(\.kv.value.count) }
            let size = 600 << 10
            let message = framed(ScriptedWatches.event(revision: 10, value: [UInt8](repeating: 7, count: size)))
            try await Self.waitForCreate(peer)
            // The scenario is about time that passes: longer than the interval and the timeout.
            for start in stride(from: 0, to: message.count, by: 100 << 10) {
                try await Task.sleep(for: .milliseconds(450))
                let piece = Array(message[start..<min(start + 100 << 10, message.count)])
                try await peer.act { server in scripted_server_data(server, 1, piece, piece.count, false) }
            }
            #expect(try await event.value == [size])
            #expect(peer.connectionCount == 1)
        }
    }

    @Test("A server that keeps back what its watcher of a refused ID has to say isn't made to by probes", arguments: streams)
    func refusedID(stream: WatchOptions.Stream) async throws {
        let cutOff = Mutex(false)
        let server = ScriptedWatches { _, create, request in
            if create == 0 { return [ScriptedWatches.created(clusterID: 7)] }
            // As etcd 3.5.5 does for want of a right.
            let id: UInt64 = request == WatchMessage.probeWithID ? 1 << 62 : 0
            if id == 0 { cutOff.withLock { $0 = true } }
            let event = create == 5 && !cutOff.withLock { $0 } ? [ScriptedWatches.event(revision: 10)] : []
            return [ScriptedWatches.refused(id: id)] + event
        }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: stream), probe: Self.quick) { peer, watch in
            let revisions = try await watch.events(1).map(\.revision)
            #expect(revisions == [10])
            #expect(peer.connectionCount == 1)
        }
    }

    @Test("A server that names no cluster, and may not answer creates with an ID, is probed without", arguments: streams)
    func withoutID(stream: WatchOptions.Stream) async throws {
        let server = ScriptedWatches { _, create, request in
            if create == 0 { return [ScriptedWatches.created()] }
            guard request == WatchMessage.probe else { return nil }
            return [ScriptedWatches.refused] + (create == 5 ? [ScriptedWatches.event(revision: 10)] : [])
        }
        try await Self.withWatch(server, WatchOptions(startRevision: 10, stream: stream), probe: Self.quick) { peer, watch in
            let revisions = try await watch.events(1).map(\.revision)
            #expect(revisions == [10])
            #expect(peer.connectionCount == 1)
        }
    }

    @Test("A watch that comes to an open stream has it asked as often as it wants")
    func lateComer() async throws {
        let server = ScriptedWatches { connection, create in
            if create > 1 { return connection == 0 ? nil : [ScriptedWatches.refused] }
            let id = UInt64(create)
            return [ScriptedWatches.created(id: id)] + (connection == 0 ? [] : [ScriptedWatches.event(revision: 10, id: id)])
        }
        try await Self.withWatch(server, WatchOptions(startRevision: 10)) { peer, first in
            let event = Task { try await first.events(1).map(\.revision) }
            try await within("the first watcher") { while peer.connectionCount < 1 { try await Task.sleep(for: .milliseconds(20)) } }
            let second = try await first.client.watch(.key("b"), options: WatchOptions(startRevision: 10, liveness: Self.quick))
            let other = Task { try await second.events(1).map(\.revision) }
            #expect(try await event.value == [10])
            other.cancel()
            _ = await other.result
            #expect(peer.connectionCount == 2)
        }
    }
}
