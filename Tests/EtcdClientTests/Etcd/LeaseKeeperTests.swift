//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation
import Logging
import MetricsTestKit
import TestWaiting
import Testing

@testable import EtcdClient

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Leases that are kept alive, on a real etcd")
struct LeaseKeeperTests {
    /// How many renewals a member was asked for over streams, or answered on them, as it counts itself.
    private func renewals(_ member: EtcdMember, _ metric: String = "grpc_server_msg_received_total") async throws -> Int {
        let url = try #require(URL(string: member.metricsURL + "/metrics"))
        let (data, _) = try await URLSession.shared.data(from: url)
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix(metric) && $0.contains("LeaseKeepAlive")
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
    }

    @Test("A thousand leases outlive their time on one stream, by three renewals each and a half", .timeLimit(.minutes(3)))
    func thousand() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            let metrics = TestMetrics()
            try await withClient(configuration(of: cluster) { $0.metricsFactory = metrics }) { client in
                let sessions = Log<EtcdSession>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for batch in 0..<20 {
                        group.addTask { for _ in 0..<50 { sessions.append(try await client.session(ttl: 12)) } }
                        _ = batch
                    }
                    try await group.waitForAll()
                }
                let (begin, start) = (try await renewals(member), ContinuousClock.now)
                try await Task.sleep(for: .seconds(18))
                #expect(sessions.all.allSatisfy { $0.loss == nil })
                for session in sessions.all.prefix(20) { #expect(try await client.leaseTimeToLive(session.lease).ttl > 0) }
                let (asked, elapsed) = (try await renewals(member) - begin, start.duration(to: .now))
                // Every four seconds; the machine may be slow, but nothing is asked twice.
                #expect((1000...Int(elapsed / .seconds(4) * 1000) + 1500).contains(asked), "\(asked) renewals in \(elapsed)")
                #expect(try metrics.expectGauge("etcd_client_leases").lastValue == 1000)
                #expect(
                    metrics.counterTotal(label: "etcd_client_calls_total", dimensions: [("method", "Lease/LeaseKeepAlive"), ("code", "ok")]) <= 3)
                #expect(metrics.counterTotal(label: "etcd_client_lost_leases_total") == 0)
            }
        }
    }

    @Test("A lease survives a server that is silent for less than its time", .soakLimit(minutes: 2))
    func gap() async throws {
        try await withOwnMember { client, member in
            try await client.withSession(ttl: 15) { session in
                for _ in 0..<Soak.rounds(2, secondsPerRound: 11) {
                    member.pause()
                    // Longer than a stream may be silent that owes a renewal.
                    try await Task.sleep(for: .seconds(6))
                    member.resume()
                    try await Task.sleep(for: .seconds(5))
                }
                try session.check()
                #expect(try await client.leaseTimeToLive(session.lease, deadline: .now + .seconds(30)).ttl > 0)
            }
        }
    }

    /// The next renewal is due a third of the lease's time after the last. A gap that begins with a renewal is survived when it leaves time for a
    /// connection within the lease's time; one that begins when the next is due must be shorter by that third. So with five seconds to live one of
    /// three leaves between two seconds and a third of one, while in one of four the server's own lease may end, whatever a client does.
    @Test(
        "A lease of five seconds survives three without a network, whether what was sent then comes late or never", .soakLimit(minutes: 2),
        arguments: [.hold, .drop] as [FaultProxy.Hole])
    func shortGap(hole: FaultProxy.Hole) async throws {
        try await withProxiedMember { client, member, proxy in
            try await client.withSession(ttl: 5) { session in
                func answered() async throws -> Int { try await renewals(member, "grpc_server_msg_sent_total") }
                for _ in 0..<Soak.rounds(2, secondsPerRound: 5) {
                    let before = try await answered()
                    try await eventually("a renewal") { try await answered() > before }
                    proxy.blackhole(by: hole)
                    try await Task.sleep(for: .seconds(3))
                    let after = try await answered()
                    proxy.restore()
                    try await eventually("a renewal after the gap") { try await answered() > after }
                    try session.check()
                }
                #expect(try await client.leaseTimeToLive(session.lease, deadline: .now + .seconds(30)).ttl > 0)
            }
        }
    }

    @Test("Answers to renewals that come late lose no lease, and nothing is asked twice for them", .timeLimit(.minutes(2)))
    func lateAnswers() async throws {
        try await withProxiedMember { client, member, proxy in
            try await client.withSession(ttl: 9) { session in
                proxy.delay(.milliseconds(1500), jitter: .milliseconds(300), [.toClient])
                let (begin, start) = (try await renewals(member), ContinuousClock.now)
                // More than twice as long as it lives by itself.
                try await Task.sleep(for: .seconds(20))
                let (asked, elapsed) = (try await renewals(member) - begin, start.duration(to: .now))
                #expect(session.loss == nil)
                // Every three seconds.
                #expect((4...Int(elapsed / .seconds(3)) + 2).contains(asked), "\(asked) renewals in \(elapsed)")
                #expect(try await client.leaseTimeToLive(session.lease, deadline: .now + .seconds(30)).ttl > 0)
            }
        }
    }

    @Test("A lease survives its leader, as often as it likes", .soakLimit(minutes: 3))
    func leaders() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            try await client.withSession(ttl: 10) { session in
                for _ in 0..<Soak.rounds(2, secondsPerRound: 12) {
                    let leader = try await cluster.leader()
                    await leader.kill()
                    // Longer than it lives by itself.
                    try await Task.sleep(for: .seconds(8))
                    try await leader.start()
                }
                try session.check()
                #expect(try await client.leaseTimeToLive(session.lease, deadline: .now + .seconds(30)).ttl > 0)
            }
        }
    }

    @Test("A lease whose server is gone for its whole time is lost, and the reason says so; work under it is cancelled", .timeLimit(.minutes(2)))
    func gone() async throws {
        try await withOwnMember { client, member in
            let session = try await client.session(ttl: 3)
            let work = Task { await failure { try await session.guarding { try await Task.sleep(for: .seconds(600)) } } }
            await member.kill()
            let reason = try await within("the loss of a lease") { await session.waitForLoss() }
            #expect(reason.code == .leaseExpired)
            #expect(reason.message.contains("lease \(session.lease)"))
            #expect(await work.value?.code == .leaseExpired)
            #expect(session.loss?.code == .leaseExpired)
            #expect(await failure { _ = try await client.mutex("a", session: session).lock() }?.code == .leaseExpired)
        }
    }

    @Test("The end of the client ends its leases' renewal, and says so")
    func stopped() async throws {
        try await EtcdCluster.withCluster { cluster in
            let session = try await withClient(of: cluster.endpoints) { client in
                let session = try await client.session(ttl: 60)
                #expect(session.loss == nil)
                return session
            }
            #expect(session.loss?.code == .stopped)
            #expect(await session.waitForLoss().code == .stopped)
        }
    }

    @Test("After a stop of the whole process the clock tells of the loss before any timer does")
    func frozen() async throws {
        // Nothing runs: as when all of the process has just begun to go on.
        let keeper = LeaseKeeper(logger: Logger(label: "test"), observer: nil)
        let long = keeper.keep(1, ttl: 5, since: .now - .seconds(6))
        let short = keeper.keep(2, ttl: 60, since: .now - .seconds(6))
        #expect(keeper.loss(long)?.code == .leaseExpired)
        #expect(await keeper.waitForLoss(long).code == .leaseExpired)
        #expect(keeper.loss(short) == nil)
        keeper.release(short)
        #expect(keeper.loss(short)?.code == .canceled)
    }

    @Test("Whoever keeps a lease that another gives up, or loses, at the same moment has it renewed, or is told", .timeLimit(.minutes(1)))
    func atOnce() async throws {
        let keeper = LeaseKeeper(logger: Logger(label: "test"), observer: nil)
        let isOver = Flag()
        async let losses: Void = {
            while !isOver.isSet {
                for _ in 0..<100 { keeper.advance(.answered(1, ttl: 0, .now)) }
                // Others have leases that must be renewed in time.
                await Task.yield()
            }
        }()
        for round in 0..<100_000 {
            if round % 100 == 0 { await Task.yield() }
            keeper.release(keeper.keep(1, ttl: 60, since: .now))
            if keeper.renews(1) {
                Issue.record("renewed for nobody")
                break
            }
        }
        isOver.set()
        await losses
    }

    @Test("Each of those who keep one lease is told of its end, and one who stops keeping it doesn't end it for the others")
    func shared() async throws {
        try await withSharedCluster { client, _ in
            let since = ContinuousClock.now
            let lease = try await client.leaseGrant(ttl: 6)
            let one = Task { await failure { try await client.leaseKeepAlive(lease.id, ttl: lease.ttl, since: since) } }
            let two = Task { await failure { try await client.leaseKeepAlive(lease.id, ttl: lease.ttl, since: since) } }
            try await Task.sleep(for: .milliseconds(300))
            one.cancel()
            #expect(await one.value?.code == .canceled)
            // Longer than the lease lives by itself.
            try await Task.sleep(for: .seconds(9))
            #expect(try await client.leaseTimeToLive(lease.id).ttl >= 0)
            try await client.leaseRevoke(lease.id)
            #expect(try await within("the end of a lease") { await two.value }?.code == .leaseNotFound)
        }
    }
}
