//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import Synchronization
import TestWaiting
import Testing

@Suite("Streams that are refused for their token, on a server that refuses the first of each kind")
struct ScriptedLoginTests {
    /// What opens a stream.
    enum Kind: CaseIterable {
        case rangeStream, observer, sharedWatch, ownWatch, renewals

        var method: String {
            switch self {
            case .rangeStream: "KV/RangeStream"
            case .observer: "Election/Observe"
            case .sharedWatch, .ownWatch: "Watch/Watch"
            case .renewals: "Lease/LeaseKeepAlive"
            }
        }

        /// Uses the stream until the server has said something on it.
        func use(_ client: EtcdClient, _ etcd: ScriptedEtcd) async throws {
            switch self {
            case .rangeStream:
                #expect(try await client.rangeStream(.prefix("k"), options: .init(revision: 7)).collect().kvs.map(\.keyText) == ["k1"])
            case .observer:
                var leaders = client.observe("e").makeAsyncIterator()
                #expect(try await leaders.next()?.kv.keyText == "k1")
            case .sharedWatch, .ownWatch:
                let options = WatchOptions(startRevision: 7, stream: self == .ownWatch ? .dedicated : .shared)
                let watch = try await client.watch(.prefix("k"), options: options)
                #expect(try await watch.events(1).map(\.kv.keyText) == ["k1"])
            case .renewals:
                try await client.withSession(ttl: 60) { _ in
                    try await eventually("a second stream") { etcd.requests.count { $0.method == self.method } == 2 }
                }
            }
        }
    }

    private static func keyValue(_ kv: inout WireWriter) { ScriptedEtcd.keyValue("k1", &kv) }

    private static func answer(_ method: String) -> (messages: [[UInt8]], end: ScriptedEtcd.End) {
        switch method {
        case "KV/RangeStream":
            var part = WireWriter()
            part.data(1, ScriptedEtcd.answer { $0.message(2, keyValue) })
            return ([part.bytes], .ok)
        case "Election/Observe": return ([ScriptedEtcd.answer { $0.message(2, keyValue) }], .open)
        case "Watch/Watch":
            return ([ScriptedEtcd.answer { $0.number(3, 1) }, ScriptedEtcd.answer { $0.message(11) { $0.message(2, keyValue) } }], .open)
        case "Lease/LeaseGrant", "Lease/LeaseKeepAlive":
            return ([ScriptedEtcd.lease(77)], method == "Lease/LeaseGrant" ? .ok : .open)
        default: return ([ScriptedEtcd.answer()], .ok)
        }
    }

    @Test(
        "Each is opened again with another token, and none with the one that was refused, whoever logged in",
        arguments: Kind.allCases, [false, true])
    func opensAgain(kind: Kind, isLoggedIn: Bool) async throws {
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }) { request in
            if request.method == "Auth/Authenticate" { return ScriptedEtcd.logIn(request) }
            if request.method == kind.method, request.number == 0 { return ([], ScriptedEtcd.tokenRefused) }
            return Self.answer(request.method)
        } _: { etcd, client, _ in
            if isLoggedIn { _ = try await client.range(.key("k")) }
            try await kind.use(client, etcd)
            #expect(etcd.requests.filter { $0.method == kind.method }.map(\.token) == ["token-1", "token-2"])
            #expect(etcd.requests.count { $0.method == "Auth/Authenticate" } == 2)
        }
    }

    /// When each token was given, and what was answered.
    private struct Ledger {
        var given: [String: ContinuousClock.Instant] = [:]
        var answered: [String] = []
    }

    private static let lag: Duration = .milliseconds(250)

    /// A server that knows a token only some time after it was given.
    private static func lagging(_ ledger: borrowing Mutex<Ledger>, _ request: ScriptedEtcd.Request) -> (messages: [[UInt8]], end: ScriptedEtcd.End) {
        ledger.withLock { ledger in
            if request.method == "Auth/Authenticate" {
                ledger.given["token-\(request.number + 1)"] = .now
                return ScriptedEtcd.logIn(request)
            }
            let given = request.token.flatMap { ledger.given[String($0)] }
            guard let given, .now - given >= lag else { return ([], ScriptedEtcd.tokenRefused) }
            ledger.answered.append(request.method)
            return answer(request.method)
        }
    }

    private final class Server: Sendable {
        let ledger = Mutex(Ledger())
    }

    @Test("A member that hears of a token later than the one that gave it is waited for by what opens a stream", arguments: Kind.allCases)
    func streamsWait(kind: Kind) async throws {
        let server = Server()
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }) {
            Self.lagging(server.ledger, $0)
        } _: { etcd, client, _ in
            if kind == .renewals {
                try await client.withSession(ttl: 60) { _ in
                    try await eventually("a renewal") { server.ledger.withLock { $0.answered.contains(kind.method) } }
                }
            } else {
                try await kind.use(client, etcd)
            }
            #expect(server.ledger.withLock { $0.answered.contains(kind.method) })
        }
    }

    @Test("So it is by reads and by writes, which are sent again as often as they were refused", arguments: [true, false])
    func callsWait(writes: Bool) async throws {
        let server = Server()
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }) {
            Self.lagging(server.ledger, $0)
        } _: { etcd, client, _ in
            if writes { try await client.put("k", "v") } else { _ = try await client.range(.key("k")) }
            #expect(server.ledger.withLock { $0.answered.count } == 1)
            #expect(etcd.requests.count { $0.method == (writes ? "KV/Put" : "KV/Range") } > 1)
        }
    }
}
