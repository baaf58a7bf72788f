//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation
import GRPCTransport
import NIOCore
import TestWaiting
import Testing

/// Etcd's servers: grpc-go's own HTTP/2 behind a plaintext port, Go's net/http2 behind a TLS port, grpc-go alone when HTTP has a port of its own,
/// and a Unix socket.
enum ServerKind: String, CaseIterable, Codable, CustomTestStringConvertible {
    case plaintext
    case tls
    case plaintextWithoutHTTP
    case tlsWithoutHTTP
    case unixSocket

    var testDescription: String { rawValue }

    /// Runs `body` with a member of this kind, what to call it by, and its TLS.
    func withMember(_ body: (EtcdCluster, String) async throws -> Void) async throws {
        var options = EtcdClusterOptions()
        switch self {
        case .plaintext: break
        case .tls: options.tls = true
        case .plaintextWithoutHTTP: options.flags = ["--listen-client-http-urls=http://127.0.0.1:0"]
        case .tlsWithoutHTTP:
            options.tls = true
            options.flags = ["--listen-client-http-urls=https://127.0.0.1:0"]
        case .unixSocket:
            let path = NSTemporaryDirectory() + "/keelson-\(UUID().uuidString.prefix(8)).sock"
            // The last flag counts; readiness is asked on the metrics port.
            options.flags = ["--listen-client-urls=unix://\(path)"]
            try await EtcdCluster.withCluster(options) { try await body($0, "unix://\(path)") }
            return
        }
        try await EtcdCluster.withCluster(options) { try await body($0, $0.endpoints[0]) }
    }
}

@Suite("Each of etcd's servers")
struct EtcdServerKindTests {
    @Test("Calls, errors and large values", arguments: ServerKind.allCases)
    func calls(kind: ServerKind) async throws {
        try await kind.withMember { cluster, endpoint in
            try await withTransport([endpoint], tls: cluster.tls) { transport in
                let value = String(repeating: "v", count: 1_000_000)
                _ = try await transport.unary(Etcd.put, message: Etcd.putRequest("large", value), deadline: soon)
                for lane in ConnectionLane.allCases {
                    let answer = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("large"), lane: lane, deadline: soon)
                    #expect(answer.message.readableBytes > value.utf8.count)
                }
                let missing = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Etcd.leaseRevoke, message: [0x08, 0x7b], deadline: soon)
                }
                #expect(missing?.code == .notFound)
                let unknown = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary("/etcdserverpb.KV/Nothing", message: [], deadline: soon)
                }
                #expect(unknown?.code == .unimplemented)
                // Beyond --max-request-bytes, and beyond what gRPC takes at all.
                for (size, code) in [(1_700_000, GRPCStatusCode.invalidArgument), (3_000_000, .resourceExhausted)] {
                    let error = await grpcError { () async throws(GRPCError) in
                        _ = try await transport.unary(
                            Etcd.put, message: Etcd.putRequest("large", String(repeating: "v", count: size)), deadline: soon)
                    }
                    #expect(error?.code == code, "\(size)")
                }
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("large"), deadline: soon)
            }
        }
    }

    @Test("A watch ends at once when the server is told to stop, and a new one opens when it is back", arguments: ServerKind.allCases)
    func termination(kind: ServerKind) async throws {
        try await kind.withMember { cluster, endpoint in
            try await withTransport([endpoint], tls: cluster.tls) { transport in
                let stream = try await transport.openStream(Etcd.watch, deadline: soon)
                try await stream.send(Etcd.watchRequest("watched"))
                _ = try await stream.nextMessages()
                let start = ContinuousClock.now
                cluster.members[0].beginTermination()
                let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
                // Behind TLS the handler may end first, without a status.
                let isEnd = error?.code == .unavailable || error?.message == "the server ended the call without a grpc-status"
                #expect(isEnd, "\(error.map { "\($0)" } ?? "no error")")
                #expect(start.duration(to: .now) < .seconds(6), "etcd would keep the watch open and silent for seven seconds")
                await cluster.members[0].terminate()
                async let put = transport.unary(Etcd.put, message: Etcd.putRequest("watched", "after"), deadline: soon)
                try await cluster.members[0].start()
                _ = try await put
                let next = try await transport.openStream(Etcd.watch, deadline: soon)
                try await next.send(Etcd.watchRequest("watched"))
                let created = try await next.nextMessages()
                #expect(created.count == 1)
            }
        }
    }

    @Test("A thousand watches that are opened and cancelled leave nothing behind, here or there", arguments: ServerKind.allCases)
    func cancellation(kind: ServerKind) async {
        // In a process of its own, where no other test opens files.
        await #expect(processExitsWith: .success) { [kind = kind as ServerKind] in
            // What is thrown would end the process without a word of why.
            do { try await EtcdServerKindTests.leaveNothingBehind(kind) } catch { Issue.record(error) }
        }
    }

    private static func leaveNothingBehind(_ kind: ServerKind) async throws {
        try await kind.withMember { cluster, endpoint in
            let member = cluster.members[0]
            try await withTransport([endpoint], tls: cluster.tls) { transport in
                try await openAndCancel(transport, rounds: 2)
                try await waitForNoWatchers(member)
                let before = openFiles()
                try await openAndCancel(transport, rounds: 20)
                try await waitForNoWatchers(member)
                try await eventually("return to \(before) open files") { openFiles() <= before }
                // The connection still serves.
                _ = try await transport.unary(Etcd.range, message: Etcd.rangeRequest("a"), lane: .watch, deadline: soon)
            }
        }
    }

    /// Opens fifty watches at once a round, and cancels each at a random point.
    private static func openAndCancel(_ transport: GRPCTransport, rounds: Int) async throws {
        for _ in 0..<rounds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let stream = try await transport.openStream(Etcd.watch, deadline: soon)
                        if number % 5 == 0 { return }
                        try await stream.send(Etcd.watchRequest("key-\(number)"))
                        if number % 5 == 1 { return stream.cancel() }
                        let reader = Task { await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() } }
                        if number % 5 == 2 { reader.cancel() }
                        _ = await reader.value
                        if number % 5 == 3 { stream.finishSending() }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Waits until the member counts no watcher and no watch stream.
    private static func waitForNoWatchers(_ member: EtcdMember) async throws {
        for metric in ["etcd_debugging_mvcc_watcher_total", "etcd_debugging_mvcc_watch_stream_total"] {
            try await eventually("end of all that \(metric) counts") { await member.metric(metric) == 0 }
        }
    }

    private static func openFiles() -> Int {
        #if os(Linux)
        do { return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count } catch { return 0 }
        #else
        return 0
        #endif
    }
}
