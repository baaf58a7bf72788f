//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import GRPCTransport
import MetricsTestKit
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Authentication, on a real etcd")
struct AuthenticationTests {
    private func alice(of cluster: EtcdCluster, _ metrics: TestMetrics = .init(), password: String = "secret") throws -> EtcdClientConfiguration {
        try configuration(of: cluster) {
            $0.credentials = .user("alice", password: password)
            $0.metricsFactory = metrics
        }
    }

    /// Runs a client that is "alice" to a cluster of one member that asks for names.
    private func withAlice(
        flags: [String] = [], password: String = "secret",
        _ body: @escaping @Sendable (EtcdClient, EtcdCluster, TestMetrics) async throws -> Void
    ) async throws {
        try await EtcdCluster.withAuthentication(flags: flags) { cluster in
            let metrics = TestMetrics()
            try await withClient(alice(of: cluster, metrics, password: password)) { client in try await body(client, cluster, metrics) }
        }
    }

    @Test("A simple token that ran out is replaced, without the callers hearing of it", .timeLimit(.minutes(2)))
    func simpleTokens() async throws {
        try await withAlice(flags: EtcdCluster.shortTokens) { client, _, metrics in
            try await client.put("a1", "1")
            let before = metrics.logins
            #expect(before >= 1)
            try await eventually("the end of a token") {
                // Each use would prolong it.
                try await Task.sleep(for: .seconds(4))
                try await client.put("a1", "2")
                return metrics.logins > before
            }
            #expect(try await client.range(.key("a1")).kvs.first?.valueText == "2")
            #expect(metrics.failedLogins == 0)
        }
    }

    @Test("Many writers lose no write and write none twice while tokens run out and users come and go", .soakLimit(minutes: 3))
    func jwtChurn() async throws {
        try await TokenSigningKeys.withKeys { keys in
            try await withAlice(flags: [keys.flag(seconds: 3)]) { client, cluster, metrics in
                let isOver = Flag()
                async let written = withThrowingTaskGroup(of: Int.self) { group in
                    for writer in 0..<50 {
                        group.addTask {
                            var number = 0
                            while !isOver.isSet {
                                number += 1
                                try await client.put("a/\(writer)/\(number)", "", deadline: .now + .seconds(30))
                                try await Task.sleep(for: .milliseconds(20))
                            }
                            return number
                        }
                    }
                    return try await group.reduce(0, +)
                }
                let (changes, start) = (Soak.rounds(5, secondsPerRound: 1), ContinuousClock.now)
                for user in 0..<changes {
                    try await cluster.etcdctlAsRoot(["user", "add", "user-\(user):secret"])
                    try await Task.sleep(for: .milliseconds(800))
                }
                isOver.set()
                let count = try await written
                let keys = try await client.range(.prefix("a/"))
                #expect(keys.count == Int64(count))
                #expect(keys.kvs.allSatisfy { $0.version == 1 })
                // One login for all writers a change, and for what ran out meanwhile; each may coincide with the next change.
                #expect(metrics.logins >= 2)
                #expect(metrics.logins <= Int64(changes) * 3 + Int64(start.duration(to: .now) / .seconds(3)) + 4)
                #expect(metrics.failedLogins == 0)
            }
        }
    }

    @Test("A restarted member, which forgets its simple tokens, and a watch that lives on and is made again", .timeLimit(.minutes(2)))
    func restart() async throws {
        try await withAlice(flags: EtcdCluster.shortTokens) { client, cluster, metrics in
            let member = try #require(cluster.members.first)
            try await client.put("a1", "1")
            let watch = try await client.watch(.prefix("a"))
            let seen = Counter()
            async let events = watch.events(of: 3, seen)
            try await client.put("a1", "2")
            try await eventually("the first event") { seen.value >= 1 }
            // Longer than the token lives: the stream doesn't mind.
            try await Task.sleep(for: .seconds(4))
            try await client.put("a1", "3")
            try await eventually("the second event") { seen.value >= 2 }
            await member.kill()
            try await member.start()
            try await client.put("a1", "4", deadline: .now + .seconds(30))
            #expect(try await events.map(\.kv.valueText) == ["2", "3", "4"])
            #expect(metrics.logins >= 2)
        }
    }

    @Test("A wrong password ends every call with the reason, and the server is asked a few times, not once a call")
    func wrongPassword() async throws {
        try await withAlice(password: "guess") { client, _, metrics in
            try await withThrowingTaskGroup(of: EtcdError.Code?.self) { group in
                for number in 0..<50 { group.addTask { await failure { try await client.put("a\(number)", "") }?.code } }
                for try await code in group { #expect(code == .authenticationFailed) }
            }
            let error = await failure { try await client.put("a", "") }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.outcome == .notDone)
            #expect(error?.message.contains("put \"a\"") == true)
            #expect(error?.message.contains("secret") == false && error?.message.contains("guess") == false)
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 1))
            #expect(await failure { _ = try await watch.nextBatch() }?.code == .authenticationFailed)
            #expect((1...6).contains(metrics.failedLogins))
        }
    }

    @Test("What a user may not is refused by name, reads, writes and watches alike, and isn't tried again for ever")
    func permissions() async throws {
        try await withAlice { client, _, metrics in
            #expect(await failure { try await client.put("x", "") }?.code == .permissionDenied)
            #expect(await failure { _ = try await client.range(.key("x")) }?.code == .permissionDenied)
            let watch = try await client.watch(.key("x"), options: .init(startRevision: 1))
            let error = try await within("a refused watch") { await failure { _ = try await watch.nextBatch() } }
            #expect(error?.code == .permissionDenied)
            #expect(metrics.logins <= 5)
        }
    }

    @Test("A client without credentials is told so, and so is one whose ready token ran out; neither logs in")
    func withoutLogin() async throws {
        try await TokenSigningKeys.withKeys { keys in
            try await EtcdCluster.withAuthentication(flags: [keys.flag(seconds: 6)]) { cluster in
                try await withClient(configuration(of: cluster)) { client in
                    let error = await failure { try await client.put("a", "") }
                    #expect(error?.code == .unauthenticated)
                    #expect(error?.message.contains("give the client credentials") == true)
                }
                let token = try await withClient(alice(of: cluster)) { client in
                    try #require(try await client.logIn(.init(name: "alice", password: "secret")))
                }
                try await withClient(configuration(of: cluster) { $0.credentials = .token(token) }) { client in
                    try await client.put("a", "")
                    try await eventually("the end of the token") {
                        do throws(EtcdError) {
                            try await client.put("a", "")
                            return false
                        } catch {
                            #expect(error.code == .unauthenticated)
                            return true
                        }
                    }
                }
            }
        }
    }

    @Test("Credentials don't hurt where nobody asks, and serve from when somebody does; a provider is asked at each login")
    func enabledLater() async throws {
        struct NoVault: Error {}
        try await EtcdCluster.withCluster(flags: EtcdCluster.cheapLogins) { cluster in
            let asked = Counter()
            let configuration = try configuration(of: cluster) {
                $0.credentials = .provider {
                    asked.value += 1
                    return .init(name: "alice", password: "secret")
                }
            }
            try await withClient(configuration) { client in
                try await client.put("a", "1")
                #expect(asked.value == 1)
                try await cluster.enableAuthentication()
                try await client.put("a", "2")
                #expect(asked.value == 2)
            }
            let failing = try EtcdClientTests.configuration(of: cluster) { $0.credentials = .provider { throw NoVault() } }
            try await withClient(failing) { client in
                let error = await failure { try await client.put("a", "3") }
                #expect(error?.code == .credentialsUnavailable)
                #expect(error?.message.contains("NoVault") == true)
            }
        }
    }

    @Test("Authentication is enabled and disabled by the client: by root alone, and then everybody is served")
    func disabled() async throws {
        try await EtcdCluster.withCluster(flags: EtcdCluster.cheapLogins) { cluster in
            try await cluster.addUsers()
            let root = try configuration(of: cluster) { $0.credentials = .user("root", password: "root") }
            try await withClient(root) { root in
                try await root.authEnable()
                try await root.authEnable()
                #expect(try await root.authStatus().isEnabled)
                try await withClient(alice(of: cluster)) { alice in
                    #expect(await failure { try await alice.authDisable() }?.code == .permissionDenied)
                    try await withClient(of: cluster.endpoints) { nobody in
                        #expect(await failure { try await nobody.put("x", "1") }?.code == .unauthenticated)
                        try await root.authDisable()
                        try await nobody.put("x", "1")
                        try await alice.put("x", "2")
                        try await root.authDisable()
                        #expect(try await !root.authStatus().isEnabled)
                        try await root.put("x", "3")
                    }
                }
            }
        }
    }

    @Test("An observer of an election logs in when its token has run out, outlives a restart, and is told what it may not", .timeLimit(.minutes(2)))
    func observers() async throws {
        try await withAlice(flags: EtcdCluster.shortTokens) { client, cluster, metrics in
            let member = try #require(cluster.members.first)
            let lease = try await client.leaseGrant(ttl: 600).id
            let won = try await client.campaign("a/e", lease: lease, value: "0")
            let before = metrics.logins
            // Unused for longer than it lives.
            try await Task.sleep(for: .seconds(5))
            var leaders = client.observe("a/e").makeAsyncIterator()
            #expect(try await leaders.next()?.kv.valueText == "0")
            #expect(metrics.logins > before)
            await member.kill()
            try await member.start()
            try await client.proclaim(won.leader, value: "1", deadline: .now + .seconds(30))
            #expect(try await leaders.next()?.kv.valueText == "1")
            #expect(metrics.failedLogins == 0)
            let forbidden = await failure { for try await _ in client.observe("x") {} }
            #expect(forbidden?.code == .permissionDenied)
        }
    }

    @Test("A call waits for a login no longer than its deadline, nor than its task")
    func deadlines() async throws {
        try await withAlice { client, cluster, _ in
            let member = try #require(cluster.members.first)
            try await member.pauseCompletely()
            #expect(await failure { try await client.put("a", "", deadline: .now + .milliseconds(300)) }?.code == .deadlineExceeded)
            let call = Task { await failure { try await client.put("a", "", deadline: .now + .seconds(60)) } }
            try await Task.sleep(for: .milliseconds(100))
            call.cancel()
            #expect(await call.value?.code == .canceled)
            member.resume()
            try await client.put("a", "", deadline: .now + .seconds(60))
        }
    }

    @Test("Leases are kept alive, and locks held, under a token that runs out", .timeLimit(.minutes(2)))
    func leases() async throws {
        try await withAlice(flags: EtcdCluster.shortTokens) { client, _, _ in
            try await client.withSession(ttl: 6) { session in
                try await client.mutex("a/lock", session: session).withLock { lock in
                    // Longer than the lease lives by itself, and than the token does unused.
                    try await Task.sleep(for: .seconds(8))
                    try await lock.transaction(Transaction(success: [.put(bytes("a/1"), bytes("done"))]))
                }
            }
            #expect(try await client.range(.key("a/1")).count == 1)
        }
    }
}

extension EtcdWatch {
    /// So many events, counted as they come.
    fileprivate func events(of count: Int, _ seen: Counter) async throws -> [WatchEvent] {
        var events: [WatchEvent] = []
        while events.count < count, let batch = try await nextBatch() {
            events += batch.events
            seen.value = events.count
        }
        return events
    }
}
