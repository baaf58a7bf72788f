//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
package import EtcdClient
package import GRPCTestSupport
import GRPCTransport
import Synchronization
import TestWaiting

/// A server that answers etcd's calls as a test wants, in ways that no etcd that can be had does.
package final class ScriptedEtcd: Sendable {
    /// A call that came in.
    package struct Request: Sendable {
        /// As in `KV/Range`.
        package var method: String
        /// A line for each, as in `name: value`; with `!` before it when it is never to be indexed.
        package var headers: String
        /// The message, without gRPC's frame.
        package var message: [UInt8]
        /// How many calls of this method came before.
        package var number: Int
        /// Which member it came to.
        package var member: Int

        /// The token that it was sent with.
        package var token: Substring? {
            headers.split(separator: "\n").first { $0.hasPrefix("!token: ") }?.dropFirst("!token: ".count)
        }
    }

    /// What becomes of a call after its messages.
    package enum End: Sendable {
        case ok
        case status(Int, String)
        case reset(UInt32)
        /// Nothing more for now.
        case open
    }

    package typealias Script = @Sendable (Request) -> (messages: [[UInt8]], end: End)

    /// The answer to a login: the token `token-1` for the first, and so on.
    package static func logIn(_ request: Request) -> (messages: [[UInt8]], end: End) {
        var writer = WireWriter()
        writer.data(2, "token-\(request.number + 1)")
        return ([writer.bytes], .ok)
    }

    /// An answer whose header is of one cluster, and what else `fill` writes.
    package static func answer(revision: UInt64 = 7, _ fill: (inout WireWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { header in
            header.number(1, 11)
            header.number(3, revision)
        }
        fill(&writer)
        return writer.bytes
    }

    /// The answer to a grant or a renewal: a minute to live.
    package static func lease(_ id: UInt64) -> [UInt8] {
        answer { lease in
            lease.number(2, id)
            lease.number(3, 60)
        }
    }

    /// Writes a key that has this number for its revisions and its version.
    package static func keyValue(_ key: String, revision: UInt64 = 7, _ kv: inout WireWriter) {
        kv.data(1, key)
        for field in 2...4 as ClosedRange<UInt64> { kv.number(field, revision) }
    }

    /// How etcd refuses a token that it doesn't know, or know any more.
    package static let tokenRefused = End.status(16, "etcdserver: invalid auth token")

    private struct Seen {
        var answered: Set<[Int]> = []
        var requests: [Request] = []
    }

    private let seen = Mutex(Seen())
    private let script: Script

    private init(script: @escaping Script) { self.script = script }

    /// All calls so far.
    package var requests: [Request] { seen.withLock { $0.requests } }

    /// Runs `body` with servers that answer by `script`, a client of them, and the first of them.
    ///
    /// Fails when that takes longer than ``limit``, whatever gets no answer.
    package static func with(
        members: Int = 1, configure: @escaping @Sendable (inout EtcdClientConfiguration) -> Void = { _ in }, script: @escaping Script,
        _ body: @escaping @Sendable (ScriptedEtcd, EtcdClient, ScriptedPeer) async throws -> Void
    ) async throws {
        let etcd = ScriptedEtcd(script: script)
        try await within("the course of the script", limit) {
            try await etcd.serve(members: members, after: []) { peers in
                var configuration = EtcdClientConfiguration(endpoints: peers.map(\.endpoint))
                // Nothing here waits for time to pass; a busy machine may.
                configuration.readTimeout = .seconds(60)
                configure(&configuration)
                let client = EtcdClient(configuration: configuration)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await client.run() }
                    defer { group.cancelAll() }
                    try await body(etcd, client, peers[0])
                }
            }
        }
    }

    /// What takes part of a second by itself, on a machine that has much else to do.
    package static let limit: Duration = .seconds(30)

    private func serve(members: Int, after peers: [ScriptedPeer], _ body: ([ScriptedPeer]) async throws -> Void) async throws {
        if peers.count == members { return try await body(peers) }
        let member = peers.count
        try await ScriptedPeer.with(script: { server, connection, count in self.serve(server, member, connection, count) }) { peer in
            try await serve(members: members, after: peers + [peer], body)
        }
    }

    private func serve(_ server: ScriptedPeer.Server, _ member: Int, _ connection: Int, _ count: Int) {
        for index in 0..<count {
            let stream = Int32(2 * index + 1)
            guard Self.isWhole(server, stream), seen.withLock({ $0.answered.insert([member, connection, index]).inserted }) else { continue }
            let request = seen.withLock { seen in
                let headers = String(cString: scripted_server_request_headers(server, stream))
                let method = Self.method(headers)
                let request = Request(
                    method: method, headers: headers, message: Self.message(server, stream), number: seen.requests.count { $0.method == method },
                    member: member)
                seen.requests.append(request)
                return request
            }
            let (messages, end) = script(request)
            scripted_server_headers(server, stream, ":status: 200\ncontent-type: application/grpc\n", false)
            for message in messages {
                let bytes = framed(message)
                scripted_server_data(server, stream, bytes, bytes.count, false)
            }
            switch end {
            case .ok: scripted_server_trailers(server, stream, "grpc-status: 0\n")
            case .status(let code, let text): scripted_server_trailers(server, stream, "grpc-status: \(code)\ngrpc-message: \(text)\n")
            case .reset(let code): scripted_server_reset(server, stream, code)
            case .open: break
            }
        }
    }

    /// Whether all has come that the answer depends on: of watches and renewals, whose requests don't end, the first message.
    private static func isWhole(_ server: ScriptedPeer.Server, _ stream: Int32) -> Bool {
        if scripted_server_request_ended(server, stream) { return true }
        var length = 0
        guard scripted_server_request_body(server, stream, &length) != nil, length >= 5 else { return false }
        return ["Watch/Watch", "Lease/LeaseKeepAlive"].contains(method(String(cString: scripted_server_request_headers(server, stream))))
    }

    private static func method(_ headers: String) -> String {
        let path = headers.split(separator: "\n").first { $0.hasPrefix(":path: ") }
        return path.map { $0.split(separator: "/").suffix(2).joined(separator: "/") }.map { String($0.split(separator: ".").last ?? "") } ?? ""
    }

    private static func message(_ server: ScriptedPeer.Server, _ stream: Int32) -> [UInt8] {
        var length = 0
        guard let body = scripted_server_request_body(server, stream, &length) else { return [] }
        return Array(UnsafeBufferPointer(start: body, count: length).dropFirst(5))
    }
}
