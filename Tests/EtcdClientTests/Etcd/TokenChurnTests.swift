//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import MetricsTestKit
import TestWaiting
import Testing

@Suite("Tokens of many clients, on a real etcd")
struct TokenChurnTests {
    enum Tokens: Sendable, CaseIterable {
        case simple, jwt
    }

    /// What became of writes, each of a key of its own.
    private struct Writes: Sendable {
        var done: Set<String> = []
        var unknown: Set<String> = []
        var refused: [EtcdError] = []

        mutating func merge(_ other: Writes) {
            done.formUnion(other.done)
            unknown.formUnion(other.unknown)
            refused += other.refused
        }
    }

    /// Writes from three tasks until told to stop.
    private static func write(_ client: EtcdClient, _ prefix: String, until isOver: Flag) async -> Writes {
        await withTaskGroup(of: Writes.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    var (writes, number) = (Writes(), 0)
                    while !isOver.isSet, !Task.isCancelled {
                        number += 1
                        let key = "\(prefix)/\(writer)/\(number)"
                        do throws(EtcdError) {
                            try await client.put(key, "", deadline: .now + .seconds(60))
                            writes.done.insert(key)
                        } catch {
                            if error.outcome == .unknown { writes.unknown.insert(key) } else { writes.refused.append(error) }
                        }
                        // More would be work for the machine, not for the tokens.
                        do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
                    }
                    return writes
                }
            }
            return await group.reduce(into: Writes()) { $0.merge($1) }
        }
    }

    /// Adds users, each of which makes all tokens of before old, and kills the member now and then, which then knows no simple token any more.
    private static func disturb(_ cluster: EtcdCluster, _ root: EtcdClient, users: Int) async throws {
        let member = try #require(cluster.members.first)
        for user in 0..<users {
            do throws(EtcdError) {
                try await root.userAdd("user-\(user)", .password("secret"), deadline: .now + .seconds(60))
            } catch {
                guard error.outcome == .unknown else { throw error }
            }
            if user % 3 == 1 {
                await member.kill()
                try await member.start()
            }
            try await Task.sleep(for: .milliseconds(600))
        }
    }

    @Test(
        "No write is lost or done twice while tokens run out, users are added and the member is killed", .soakLimit(minutes: 4),
        arguments: Tokens.allCases)
    func churn(tokens: Tokens) async throws {
        let clients = Soak.seconds == nil ? 20 : 100
        let users = Soak.rounds(6, secondsPerRound: 1.5)
        try await TokenSigningKeys.withKeys { keys in
            let flag = tokens == .jwt ? keys.flag(seconds: 3) : "--auth-token-ttl=3"
            try await EtcdCluster.withAuthentication(flags: [flag]) { cluster in
                let metrics = TestMetrics()
                let alice = try configuration(of: cluster) {
                    $0.credentials = .user("alice", password: "secret")
                    $0.metricsFactory = metrics
                }
                let root = try configuration(of: cluster) { $0.credentials = .user("root", password: "root") }
                let (isOver, start) = (Flag(), ContinuousClock.now)
                let writes = try await withThrowingTaskGroup(of: Writes.self) { group in
                    for number in 0..<clients {
                        group.addTask { try await withClient(alice) { client in await Self.write(client, "a/\(number)", until: isOver) } }
                    }
                    defer { isOver.set() }
                    try await withClient(root) { client in try await Self.disturb(cluster, client, users: users) }
                    isOver.set()
                    return try await group.reduce(into: Writes()) { $0.merge($1) }
                }
                // On a small machine a hundred logins may take longer than their tokens live; what is then given up is said to be not done.
                let mayGiveUp = Soak.seconds != nil
                #expect(writes.refused.allSatisfy { mayGiveUp && $0.code == .unauthenticated }, "\(writes.refused)")
                #expect(writes.done.count > clients)
                let kvs = try await withClient(alice) { client in try await client.range(.prefix("a/")).kvs }
                let keys = Set(kvs.compactMap(\.keyText))
                #expect(writes.done.isSubset(of: keys))
                #expect(keys.subtracting(writes.done).isSubset(of: writes.unknown))
                #expect(kvs.allSatisfy { $0.version == 1 })
                // One for all tasks of a client: at first, after each user and each restart, and for what ran out meanwhile. Each may coincide with
                // another.
                let each = 4 + 3 * users + 2 * (users / 3 + 1) + Int(start.duration(to: .now) / .seconds(3))
                #expect((Int64(clients)...Int64(clients * each)).contains(metrics.logins), "\(metrics.logins) logins")
            }
        }
    }
}
