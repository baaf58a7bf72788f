//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CGRPCSessionTestSupport
import EtcdTestKit
import EtcdTestSupport
import GRPCTestSupport
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Ranges as streams, on a server that has them")
struct ScriptedRangeStreamTests {
    private static func answer(_ names: [String], header: Bool = true, more: Bool = false, count: Int = 0) -> [UInt8] {
        var writer = WireWriter()
        if header {
            writer.message(1) { header in
                header.number(1, 11)
                header.number(3, 7)
            }
        }
        for name in names {
            writer.message(2) { kv in
                kv.data(1, name)
                kv.data(5, "v")
            }
        }
        if more { writer.number(3, 1) }
        if count > 0 { writer.number(4, UInt64(count)) }
        return writer.bytes
    }

    /// A part of a stream; the last has a header.
    private static func part(_ names: [String], last count: Int? = nil) -> [UInt8] {
        var writer = WireWriter()
        writer.data(1, answer(names, header: count != nil, count: count ?? 0))
        return writer.bytes
    }

    private static let firstPage = answer(["k1", "k2"], more: true, count: 6)

    /// What was asked for.
    private struct Asked: Equatable {
        var key: [UInt8]
        var limit: Int64
        var revision: Int64

        init(_ request: ScriptedEtcd.Request) throws {
            self = try request.message.withUnsafeBytes { bytes in
                try MessageArena.decode(bytes, etcdserverpb__range_request__unpack) { Asked(Array($0.key), $0.limit, $0.revision) }
            }
        }

        init(_ key: [UInt8], _ limit: Int64, _ revision: Int64) {
            self.key = key
            self.limit = limit
            self.revision = revision
        }
    }

    @Test("The first page tells the revision, and the stream brings the rest")
    func stream() async throws {
        try await ScriptedEtcd.with { request in
            request.method == "KV/Range"
                ? ([Self.firstPage], .ok) : ([Self.part(["k3", "k4"]), Self.part(["k5"]), Self.part(["k6"], last: 4)], .ok)
        } _: { etcd, client, _ in
            var chunks: [RangeChunk] = []
            for try await chunk in client.rangeStream(.prefix("k")) { chunks.append(chunk) }
            #expect(chunks.map { $0.kvs.map(\.keyText) } == [["k1", "k2"], ["k3", "k4"], ["k5"], ["k6"]])
            #expect(chunks.allSatisfy { $0.revision == 7 })
            #expect(chunks.last?.summary?.count == 6 && chunks.last?.summary?.more == false && chunks.last?.summary?.header.clusterID == 11)
            #expect(etcd.requests.map(\.method) == ["KV/Range", "KV/RangeStream"])
            #expect(try Asked(etcd.requests[0]) == Asked(bytes("k"), 100, 0))
            #expect(try Asked(etcd.requests[1]) == Asked(bytes("k2") + [0], 0, 7))
        }
    }

    @Test("With a revision there's no page, and many parts lose nothing")
    func pinned() async throws {
        let names = (0..<500).map { "k\(1000 + $0)" }
        try await ScriptedEtcd.with { _ in
            (stride(from: 0, to: 500, by: 5).map { Self.part(Array(names[$0..<($0 + 5)])) } + [Self.part([], last: 500)], .ok)
        } _: { etcd, client, _ in
            let answer = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            #expect(answer.kvs.map(\.keyText) == names && answer.count == 500)
            #expect(etcd.requests.map(\.method) == ["KV/RangeStream"])
        }
    }

    @Test("A stream that breaks is taken up after the last key", arguments: [ScriptedEtcd.End.reset(2), .status(14, "etcdserver: leader changed")])
    func resumes(end: ScriptedEtcd.End) async throws {
        try await ScriptedEtcd.with { request in
            if request.method == "KV/Range" { return ([Self.firstPage], .ok) }
            if request.number == 0 { return ([Self.part(["k3", "k4"])], end) }
            // A reset may overtake what was sent before it.
            let hasAll = (try? Asked(request).key) == bytes("k4") + [0]
            return ([hasAll ? Self.part(["k5", "k6"], last: 2) : Self.part(["k3", "k4", "k5", "k6"], last: 4)], .ok)
        } _: { etcd, client, _ in
            let answer = try await client.rangeStream(.prefix("k")).collect()
            #expect(answer.kvs.map(\.keyText) == ["k1", "k2", "k3", "k4", "k5", "k6"] && answer.count == 6)
            let again = try Asked(try #require(etcd.requests.last))
            #expect([Asked(bytes("k4") + [0], 0, 7), Asked(bytes("k2") + [0], 0, 7)].contains(again))
        }
    }

    @Test("A cut connection is no more than a pause")
    func cut() async throws {
        try await ScriptedEtcd.with { request in
            if request.method == "KV/Range" { return ([Self.firstPage], .ok) }
            return request.number == 0 ? ([Self.part(["k3", "k4"])], .open) : ([Self.part(["k5", "k6"], last: 2)], .ok)
        } _: { etcd, client, peer in
            var names: [String] = []
            for try await chunk in client.rangeStream(.prefix("k")) {
                names += chunk.kvs.map(\.keyText)
                if names.last == "k4" { for connection in 0..<peer.connectionCount { try await peer.cut(connection) } }
            }
            #expect(names == ["k1", "k2", "k3", "k4", "k5", "k6"])
            #expect(try Asked(try #require(etcd.requests.last)) == Asked(bytes("k4") + [0], 0, 7))
        }
    }

    @Test("A stream on which nothing more comes, although its connection lives, is taken up after the last key on another")
    func silent() async throws {
        try await ScriptedEtcd.with(configure: { $0.readTimeout = .seconds(6) }) { request in
            request.number == 0 ? ([Self.part(["k1", "k2"])], .open) : ([Self.part(["k3"], last: 1)], .ok)
        } _: { etcd, client, peer in
            let answer = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            #expect(answer.kvs.map(\.keyText) == ["k1", "k2", "k3"])
            #expect(try etcd.requests.map { try Asked($0).key } == [bytes("k"), bytes("k2") + [0]])
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("A server that says nothing at all is given up when the read's time is over")
    func mute() async throws {
        try await ScriptedEtcd.with(configure: { $0.readTimeout = .seconds(2) }) { _ in
            ([], .open)
        } _: { _, client, _ in
            let error = await failure { _ = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect() }
            #expect(error?.code == .deadlineExceeded && error?.message.contains("k") == true)
        }
    }

    @Test("A part that comes slowly is waited for as long as some of it comes")
    func thinLine() async throws {
        let value = [UInt8](repeating: 7, count: 800_000)
        var part = WireWriter()
        part.message(1) { answer in
            answer.message(1) { $0.number(3, 7) }
            answer.message(2) { kv in
                kv.data(1, "k1")
                kv.data(5, value)
            }
            answer.number(4, 1)
        }
        let bytes = framed(part.bytes)
        try await ScriptedEtcd.with(configure: { $0.readTimeout = .seconds(4) }) { _ in
            ([], .open)
        } _: { etcd, client, peer in
            async let answer = client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            try await peer.waitForRequest()
            // Each piece completes what is passed on by itself, and all of them take longer than the read's time.
            for start in stride(from: 0, to: bytes.count, by: 80_000) {
                if start > 0 { try await Task.sleep(for: .milliseconds(500)) }
                let piece = Array(bytes[start..<min(start + 80_000, bytes.count)])
                try await peer.act { scripted_server_data($0, 1, piece, piece.count, false) }
            }
            try await peer.act { scripted_server_trailers($0, 1, "grpc-status: 0\n") }
            let kvs = try await answer.kvs
            #expect(kvs.map(\.value) == [value])
            #expect(etcd.requests.count == 1 && peer.connectionCount == 1)
        }
    }

    @Test("A reader in a hurry says nothing against the server")
    func hasty() async throws {
        try await ScriptedEtcd.with { request in
            (try? Asked(request).key) == bytes("slow") ? ([], .open) : ([Self.part(["k1"], last: 1)], .ok)
        } _: { _, client, peer in
            let options = RangeOptions(revision: 7)
            let late = await failure {
                _ = try await client.rangeStream(.prefix("slow"), options: options, deadline: .now + .milliseconds(300)).collect()
            }
            #expect(late?.code == .deadlineExceeded)
            let hasty = client.with(CallOptions(timeout: .milliseconds(200)))
            let hastier = await failure { _ = try await hasty.rangeStream(.prefix("slow"), options: options).collect() }
            #expect(hastier != nil)
            for _ in 0..<5 { _ = try await client.rangeStream(.prefix("k"), options: options).collect() }
            #expect(peer.connectionCount == 1)
        }
    }

    @Test("A server without streams is read by pages, and remembered")
    func unimplemented() async throws {
        try await ScriptedEtcd.with { request in
            if request.method == "KV/RangeStream" { return ([], .status(12, "unknown method RangeStream for service etcdserverpb.KV")) }
            return request.number.isMultiple(of: 2) ? ([Self.firstPage], .ok) : ([Self.answer(["k3", "k4"], count: 2)], .ok)
        } _: { etcd, client, _ in
            for _ in 0..<3 {
                let answer = try await client.rangeStream(.prefix("k")).collect()
                #expect(answer.kvs.map(\.keyText) == ["k1", "k2", "k3", "k4"] && answer.count == 6)
            }
            #expect(etcd.requests.count { $0.method == "KV/RangeStream" } == 1)
        }
    }

    @Test("What a stream can't do isn't asked of one, and a server isn't thought old for it")
    func unsupportedOptions() async throws {
        try await ScriptedEtcd.with { request in
            request.method == "KV/Range" ? ([Self.answer(["k1"], count: 1)], .ok) : ([Self.part(["k1"], last: 1)], .ok)
        } _: { etcd, client, _ in
            for options in [RangeOptions(revision: 7, sort: .init(by: .value)), .init(revision: 7, minModRevision: 1)] {
                _ = try await client.rangeStream(.prefix("k"), options: options).collect()
            }
            #expect(etcd.requests.map(\.method) == ["KV/Range", "KV/Range"])
            _ = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            #expect(etcd.requests.last?.method == "KV/RangeStream")
        }
    }

    @Test(
        "An end that isn't a good one is typed",
        arguments: [
            (ScriptedEtcd.End.status(11, "etcdserver: mvcc: required revision has been compacted"), .compacted),
            (.status(7, "etcdserver: permission denied"), .permissionDenied), (.ok, .malformedResponse),
        ] as [(ScriptedEtcd.End, EtcdError.Code)])
    func ends(end: ScriptedEtcd.End, code: EtcdError.Code) async throws {
        try await ScriptedEtcd.with { request in
            request.method == "KV/Range" ? ([Self.firstPage], .ok) : ([Self.part(["k3"])], end)
        } _: { _, client, _ async throws in
            var iterator = client.rangeStream(.prefix("k")).makeAsyncIterator()
            #expect(try await iterator.next()?.kvs.count == 2)
            #expect(try await iterator.next()?.kvs.count == 1)
            do throws(EtcdError) {
                let next = try await iterator.next()
                Issue.record("it hasn't ended well, but came to \(String(describing: next))")
            } catch {
                #expect(error.code == code)
            }
            #expect(try await iterator.next() == nil)
        }
    }

    @Test("A stream that is refused for its token is opened again with another, and one that breaks later goes on after the last key")
    func logsIn() async throws {
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }) { request in
            if request.method == "Auth/Authenticate" { return ScriptedEtcd.logIn(request) }
            switch request.number {
            case 0: return ([], ScriptedEtcd.tokenRefused)
            case 1: return ([Self.part(["k1"])], .status(14, "etcdserver: leader changed"))
            case 2: return ([], ScriptedEtcd.tokenRefused)
            default: return ([Self.part(["k2"], last: 1)], .ok)
            }
        } _: { etcd, client, _ in
            let answer = try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect()
            #expect(answer.kvs.map(\.keyText) == ["k1", "k2"])
            let streams = etcd.requests.filter { $0.method == "KV/RangeStream" }
            #expect(streams.map(\.token) == ["token-1", "token-2", "token-2", "token-3"])
            #expect(try streams.map { try Asked($0).key } == [bytes("k"), bytes("k"), bytes("k1") + [0], bytes("k1") + [0]])
        }
    }

    @Test("Who stops reading stops the stream at the server")
    func dropped() async throws {
        try await ScriptedEtcd.with { _ in
            ([Self.part(["k1"])], .open)
        } _: { _, client, peer in
            for try await _ in client.rangeStream(.prefix("k"), options: .init(revision: 7)) { break }
            try await within("the reset") { try await peer.wait { scripted_server_reset_code($0, 1) >= 0 } }
        }
    }
}
