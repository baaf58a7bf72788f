//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Watches of a cluster that asks for names, on a real etcd")
struct WatchAuthenticationTests {
    private static func asUser(
        _ user: String, _ password: String, of cluster: EtcdCluster, _ body: @escaping @Sendable (EtcdClient) async throws -> Void
    ) async throws {
        try await withClient(try configuration(of: cluster) { $0.credentials = .user(user, password: password) }, body)
    }

    @Test("Watches outlive their token, and later ones get another, on another stream", .timeLimit(.minutes(3)))
    func expiry() async throws {
        try await EtcdCluster.withAuthentication(flags: EtcdCluster.shortTokens) { cluster in
            let member = try #require(cluster.members.first)
            try await Self.asUser("alice", "secret", of: cluster) { client in
                let options = WatchOptions(startRevision: 2)
                let early = try await client.watch(.prefix("a/"), options: options)
                let own = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, stream: .dedicated))
                try await client.put("a/0", "")
                for watch in [early, own] { #expect(try await watch.events(1).count == 1) }
                // The scenario is about time that passes.
                try await Task.sleep(for: .seconds(5))
                try await cluster.etcdctlAsRoot(["put", "a/1", ""])
                for watch in [early, own] { #expect(try await watch.events(1).map(\.kv.keyText) == ["a/1"]) }
                let late = try await client.watch(.prefix("a/"), options: options)
                let later = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, stream: .dedicated))
                for watch in [late, later] { #expect(try await watch.events(2).map(\.kv.keyText) == ["a/0", "a/1"]) }
                try await cluster.etcdctlAsRoot(["put", "a/2", ""])
                for watch in [early, own, late, later] { #expect(try await watch.events(1).map(\.kv.keyText) == ["a/2"]) }
                try await member.waitForWatchStreams(4)
            }
        }
    }

    @Test("A right that is missing, or taken away, ends the watch that wants it and no other on its stream", .timeLimit(.minutes(3)))
    func rights() async throws {
        try await EtcdCluster.withAuthentication { cluster in
            let member = try #require(cluster.members.first)
            try await cluster.etcdctlAsRoot(["role", "add", "below-c"])
            try await cluster.etcdctlAsRoot(["role", "grant-permission", "below-c", "readwrite", "c", "d"])
            try await cluster.etcdctlAsRoot(["user", "grant-role", "alice", "below-c"])
            try await Self.asUser("alice", "secret", of: cluster) { client in
                let options = WatchOptions(startRevision: 2)
                let first = try await client.watch(.prefix("a/"), options: options)
                let second = try await client.watch(.prefix("c/"), options: options)
                try await client.put("a/0", "")
                try await client.put("c/0", "")
                for watch in [first, second] { #expect(try await watch.events(1).count == 1) }
                for _ in 0..<3 {
                    let forbidden = try await client.watch(.prefix("x/"), options: options)
                    #expect(await failure { _ = try await forbidden.events(1) }?.code == .permissionDenied)
                }
                try await cluster.etcdctlAsRoot(["role", "revoke-permission", "below-a", "a", "b"])
                // Rights are looked at when a watcher is made, which is again after a restart. Then the token is gone as well.
                let end = Task { await failure { while try await first.nextBatch() != nil {} } }
                let going = Task { try await second.events(1).map(\.kv.keyText) }
                await member.kill()
                try await member.start()
                #expect(try await within("the end of a watch", .seconds(60)) { await end.value }?.code == .permissionDenied)
                try await client.put("c/1", "", deadline: .now + .seconds(30))
                #expect(try await within("an event", .seconds(60)) { try await going.value } == ["c/1"])
            }
        }
    }

    @Test("Probes that are refused for want of a right take nothing from a watch", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func probes(stream: WatchOptions.Stream) async throws {
        try await EtcdCluster.withAuthentication { cluster in
            let member = try #require(cluster.members.first)
            let settings = try configuration(of: cluster) {
                $0.credentials = .user("alice", password: "secret")
                $0.watchProbe = .init(interval: .milliseconds(50), timeout: .seconds(20))
            }
            try await withClient(settings) { client in
                let watch = try await client.watch(.prefix("a/"), options: .init(stream: stream))
                let seen = Task { try await watch.events(2).map(\.kv.keyText) }
                try await member.waitForWatchers(1)
                let sent: @Sendable () async -> Double = { await member.metric("grpc_server_msg_received_total") ?? 0 }
                for key in ["a/1", "a/2"] {
                    let before = await sent()
                    // Nobody else says anything.
                    try await within("refused probes") { while await sent() < before + 10 { try await Task.sleep(for: .milliseconds(50)) } }
                    try await client.put(key, "")
                }
                #expect(try await within("the events") { try await seen.value } == ["a/1", "a/2"])
                try await member.waitForWatchStreams(1)
            }
        }
    }

    @Test("A wrong password ends a watch with its reason, and doesn't try for ever", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func wrongPassword(stream: WatchOptions.Stream) async throws {
        try await EtcdCluster.withAuthentication { cluster in
            try await Self.asUser("alice", "wrong", of: cluster) { client in
                let watch = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, stream: stream))
                let error = try await within("the end of a watch") { await failure { _ = try await watch.nextBatch() } }
                #expect(error?.code == .authenticationFailed || error?.code == .unauthenticated, "\(String(describing: error))")
            }
        }
    }
}
