//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdClient
import EtcdTestSupport
import GRPCTestSupport
import TestWaiting
import Testing

@Suite("Streams that a server resets")
struct ScriptedResetTests {
    /// REFUSED_STREAM.
    private static let refused: UInt32 = 7

    // All that HTTP/2 has a name for, and one that it hasn't.
    static let codes = Array(0...13) + [99] as [UInt32]

    /// Runs `body` with a server that does as `script` says, and a client of it.
    private static func with(
        script: @escaping ScriptedPeer.Script, _ body: @escaping @Sendable (ScriptedPeer, EtcdClient) async throws -> Void
    ) async throws {
        try await within("the course of the script", ScriptedEtcd.limit) {
            try await ScriptedPeer.with(script: script) { peer in
                let client = EtcdClient(configuration: EtcdClientConfiguration(endpoints: [peer.endpoint]))
                try await running({ try await client.run() }) { try await body(peer, client) }
            }
        }
    }

    private static func put(_ client: EtcdClient) async -> EtcdError? {
        do throws(EtcdError) {
            _ = try await client.put("k", "v")
            return nil
        } catch {
            return error
        }
    }

    @Test("Before an answer, a write may have been executed, unless the code says that it was refused: then it is sent again", arguments: codes)
    func beforeAnswer(code: UInt32) async throws {
        try await Self.with { server, _, requests in
            if requests == 1 { scripted_server_reset(server, 1, code) }
            if requests == 2 { answer(server, stream: 3, []) }
        } _: { peer, client in
            let error = await Self.put(client)
            #expect(error?.code == (code == Self.refused ? nil : .unknownOutcome))
            #expect(error?.outcome == (code == Self.refused ? nil : .unknown))
            let requests = try await peer.act { scripted_server_request_count($0) }
            #expect(requests == (code == Self.refused ? 2 : 1))
        }
    }

    @Test("Once an answer has begun, a write may have been executed, whatever the code", arguments: codes)
    func insideAnswer(code: UInt32) async throws {
        try await Self.with { server, _, requests in
            if requests == 1 { scripted_server_headers(server, 1, okHeaders, false) }
        } _: { peer, client in
            async let failed = Self.put(client)
            try await peer.waitForRequest()
            try await peer.act { scripted_server_reset($0, 1, code) }
            let error = await failed
            #expect(error?.code == .unknownOutcome)
            #expect(error?.outcome == .unknown)
            let requests = try await peer.act { scripted_server_request_count($0) }
            #expect(requests == 1)
        }
    }

    @Test("A watch is opened again, whatever the code", arguments: codes)
    func watch(code: UInt32) async throws {
        try await ScriptedEtcd.with { request in
            request.number == 0 ? ([], .reset(code)) : ([], .open)
        } _: { etcd, client, _ in
            let watch = try await client.watch(.prefix("k"), options: WatchOptions(startRevision: 7))
            async let batch = watch.nextBatch()
            try await eventually("a second stream") { etcd.requests.count { $0.method == "Watch/Watch" } == 2 }
            watch.cancel()
            let isOver = try await batch == nil
            #expect(isOver)
        }
    }
}
