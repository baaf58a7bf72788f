//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import Crypto
import EtcdTestKit
import EtcdTestSupport
import GRPCTestSupport
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Snapshots, on a server that errs")
struct ScriptedSnapshotTests {
    private static func piece(_ blob: [UInt8], _ remaining: Int) -> [UInt8] {
        var writer = WireWriter()
        writer.number(2, UInt64(remaining))
        writer.data(3, blob)
        writer.data(4, "3.6.0")
        return writer.bytes
    }

    private static let data = [UInt8](repeating: 5, count: 32768)
    private static let digest = Array(SHA256.hash(data: data + data))
    private static let whole = [piece(data, 32768), piece(data, 0), piece(digest, 0)]

    @Test("The digest is checked, and isn't part of the file")
    func complete() async throws {
        try await ScriptedEtcd.with { _ in
            (Self.whole, .ok)
        } _: { _, client, _ in
            let snapshot = try await client.snapshot()
            #expect(snapshot.version == "3.6.0" && snapshot.totalBytes == 65536)
            var bytes: [UInt8] = []
            for try await chunk in snapshot { bytes += chunk }
            #expect(bytes == Self.data + Self.data && snapshot.digest == Self.digest)
        }
    }

    @Test("A stream that fails before its first message is opened again; one that fails later isn't")
    func reopened() async throws {
        try await ScriptedEtcd.with { request in
            switch request.number {
            case 0: ([], .status(14, "etcdserver: server stopped"))
            case 1: ([Self.whole[0]], .status(14, "etcdserver: server stopped"))
            default: (Self.whole, .ok)
            }
        } _: { etcd, client, _ in
            let snapshot = try await client.snapshot()
            let error = await failure { while try await snapshot.nextChunk() != nil {} }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("after 32768 of 65536 bytes") == true, "\(String(describing: error))")
            #expect(etcd.requests.count == 2)
        }
    }

    @Test("What is torn, cut short or unproven is no snapshot")
    func broken() async throws {
        let cases: [([[UInt8]], EtcdError.Code)] = [
            (Array(Self.whole.dropLast()), .snapshotIncomplete), ([Self.whole[0]], .snapshotIncomplete), ([], .snapshotIncomplete),
            ([Self.piece([1] + Self.data.dropFirst(), 32768), Self.whole[1], Self.whole[2]], .snapshotCorrupt),
            ([Self.whole[0], [0xff]], .malformedResponse),
        ]
        for (index, (messages, code)) in cases.enumerated() {
            try await ScriptedEtcd.with { _ in
                (messages, .ok)
            } _: { _, client, peer in
                let error = await failure {
                    let snapshot = try await client.snapshot()
                    while try await snapshot.nextChunk() != nil {}
                }
                #expect(error?.code == code, "case \(index): \(String(describing: error))")
                #expect(error?.message.hasPrefix("snapshot of \(peer.endpoint)") == true, "case \(index): \(String(describing: error))")
            }
        }
    }

    @Test("A server that answers pings and sends nothing more loses its connection, and the next snapshot comes on another", arguments: [0, 1])
    func silence(after messages: Int) async throws {
        try await ScriptedEtcd.with { request in
            request.number == 0 ? (Array(Self.whole.prefix(messages)), .open) : (Self.whole, .ok)
        } _: { _, client, peer in
            let error = await failure {
                let snapshot = try await client.snapshot(of: nil, deadline: nil, patience: .seconds(1))
                while try await snapshot.nextChunk() != nil {}
            }
            #expect(error?.code == .deadlineExceeded, "\(String(describing: error))")
            try await within("the end of the stream") { try await peer.wait { scripted_server_reset_code($0, 1) >= 0 } }
            // The connection is left on its own thread, which may be a moment later.
            try await eventually("a snapshot by another connection") {
                var received = 0
                for try await chunk in try await client.snapshot() { received += chunk.count }
                #expect(received == 65536)
                return peer.connectionCount == 2
            }
        }
    }

    @Test("A snapshot that its reader has no time for says nothing against the connection", arguments: [0, 1])
    func hasty(messages: Int) async throws {
        try await ScriptedEtcd.with { request in
            request.number == 0 ? (Array(Self.whole.prefix(messages)), .open) : (Self.whole, .ok)
        } _: { _, client, peer in
            let error = await failure {
                let snapshot = try await client.snapshot(deadline: .now + .seconds(1))
                while try await snapshot.nextChunk() != nil {}
            }
            #expect(error?.code == .deadlineExceeded, "\(String(describing: error))")
            var received = 0
            for try await chunk in try await client.snapshot() { received += chunk.count }
            #expect(received == 65536 && peer.connectionCount == 1)
        }
    }

    @Test("A reader that stops stops the server at its window; going on it loses nothing")
    func backPressure() async throws {
        let count = 200
        let blobs = (0..<count).map { Self.piece(Self.data, (count - 1 - $0) * 32768) }
        var hash = SHA256()
        for _ in 0..<count { hash.update(data: Self.data) }
        let digest = Array(hash.finalize())
        try await ScriptedEtcd.with { _ in
            (blobs + [Self.piece(digest, 0)], .ok)
        } _: { _, client, peer in
            let snapshot = try await client.snapshot()
            // Of six megabytes one is under way, and stays so.
            try await within("the end of the window") { try await peer.wait { scripted_server_window($0, 1) <= 0 } }
            var received = 0
            for try await chunk in snapshot { received += chunk.count }
            #expect(received == count * 32768)
        }
    }
}
