//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import Synchronization
import TestWaiting
import Testing

@Suite("Watches through cut connections, on a real etcd")
struct WatchBreakTests {
    @Test("After fifty breaks each of many watches has seen every event once, in order", .soakLimit(minutes: 5))
    func fiftyBreaks() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            try await FaultProxy.withProxy(to: member.clientPort) { proxy in
                var impatient = try EtcdClientConfiguration(endpoints: ["http://\(proxy.address)"])
                // A connection that breaks soon counts as one that failed; the scenario is about many breaks, not about long waits.
                impatient.transport.backoff.maximum = .milliseconds(50)
                try await withClient(impatient) { reader in
                    try await withClient(of: cluster.endpoints) { writer in
                        let kinds: [WatchOptions.Stream] = Array(repeating: .shared, count: 20) + [.group("a"), .dedicated, .dedicated]
                        var watches: [EtcdWatch] = []
                        for stream in kinds {
                            watches.append(try await reader.watch(.prefix("a/"), options: .init(startRevision: 2, stream: stream)))
                        }
                        try await Self.breakAgainAndAgain(Soak.rounds(50, secondsPerRound: 0.3), proxy, watches, writer)
                    }
                }
            }
        }
    }

    private static func breakAgainAndAgain(_ rounds: Int, _ proxy: FaultProxy, _ watches: [EtcdWatch], _ writer: EtcdClient) async throws {
        let isOver = Flag()
        let seen = watches.map { _ in Counter() }
        try await withThrowingTaskGroup(of: [WatchEvent]?.self) { group in
            group.addTask {
                var number = 0
                while !isOver.isSet {
                    number += 1
                    _ = try await writer.transaction(Transaction(success: (0..<3).map { .put(bytes("a/\($0)"), bytes("\(number)")) }))
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await writer.put("a/end", "")
                return nil
            }
            for (watch, seen) in zip(watches, seen) { group.addTask { try await watch.events(upTo: "a/end", seen) } }
            for round in 0..<rounds {
                // Every watch has heard something since the last break before the next.
                let before = seen.map(\.value)
                try await within("news after break \(round)") {
                    while zip(seen, before).contains(where: { $0.value <= $1 }) { try await Task.sleep(for: .milliseconds(2)) }
                }
                proxy.endAll(round.isMultiple(of: 2) ? .reset : .close)
            }
            isOver.set()
            let truth = try await within("the truth", .seconds(60)) {
                try await writer.watch(.prefix("a/"), options: .init(startRevision: 2)).events(upTo: "a/end")
            }
            while let events = try await group.next() { if let events { #expect(events == truth) } }
        }
    }

    @Test(
        "A session cut at any byte, either way, is gone on with so that every event comes once, in order, and no revision is torn",
        .soakLimit(minutes: 5), arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func cuts(stream: WatchOptions.Stream) async throws {
        // Answers are cut into pieces above max-request-bytes and half a megabyte.
        try await EtcdCluster.withCluster(EtcdClusterOptions(maxRequestBytes: 16 * 1024)) { cluster in
            let member = try #require(cluster.members.first)
            let truth = try await withClient(of: cluster.endpoints) { try await Self.history($0) }
            try await FaultProxy.withProxy(to: member.clientPort) { proxy in
                let session = Session(proxy: proxy, stream: stream, truth: truth)
                // Uncut, to know its length.
                try await session.run(cutting: nil)
                let length = proxy.statistics.bytesToClient
                #expect(length > 1 << 20)
                let isOver = Soak.seconds.map { ContinuousClock.now + .seconds($0) }
                for (direction, offset) in Self.offsets(length, proxy.statistics.bytesToServer) {
                    if let isOver, ContinuousClock.now > isOver { break }
                    try await session.run(cutting: (direction, offset))
                }
            }
        }
    }

    @Test(
        "A watch whose connection is cut after any number of its bytes goes on: every event comes once, in order, and no revision is torn",
        .timeLimit(.minutes(5)), arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func everyByte(stream: WatchOptions.Stream) async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            let truth = try await withClient(of: cluster.endpoints) { client in
                for round in 0..<3 {
                    _ = try await client.transaction(Transaction(success: (0..<2).map { .put(bytes("a/\($0)"), bytes("\(round)")) }))
                }
                return try await client.watch(.prefix("a/"), options: .init(startRevision: 2)).events(6)
            }
            try await FaultProxy.withProxy(to: member.clientPort) { proxy in
                // Uncut, to know its length.
                try await Session(proxy: proxy, stream: stream, truth: truth).run(cutting: nil)
                let length = proxy.statistics.bytesToClient
                #expect((200...2000).contains(length))
                let next = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await FaultProxy.withProxy(to: member.clientPort) { proxy in
                                let session = Session(proxy: proxy, stream: stream, truth: truth)
                                while let offset = next.take(below: length) { try await session.run(cutting: (.toClient, offset)) }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Transactions and large values, so that a replay comes in pieces that end within a revision.
    private static func history(_ client: EtcdClient) async throws -> [WatchEvent] {
        for round in 0..<120 {
            _ = try await client.transaction(
                Transaction(success: (0..<4).map { .put(bytes("a/\($0)"), [UInt8](repeating: UInt8(round), count: 2500)) }))
        }
        return try await client.watch(.prefix("a/"), options: .init(startRevision: 2)).events(480)
    }

    /// All there are, in any order, or a few. The first of a session, where its headers are, more than others.
    private static func offsets(_ toClient: Int, _ toServer: Int) -> [(FaultProxy.Direction, Int)] {
        var random = SeededRandom(Soak.seed)
        if Soak.seconds != nil {
            let all = (0..<toClient).map { (FaultProxy.Direction.toClient, $0) } + (0..<toServer).map { (.toServer, $0) }
            return all.shuffled(using: &random)
        }
        let early = (0..<15).map { _ in (FaultProxy.Direction.toClient, Int.random(in: 0..<300, using: &random)) }
        let late = (0..<30).map { _ in (FaultProxy.Direction.toClient, Int.random(in: 300..<toClient, using: &random)) }
        return early + late + (0..<10).map { _ in (.toServer, Int.random(in: 0..<toServer, using: &random)) }
    }

    private struct Session: Sendable {
        let proxy: FaultProxy
        let stream: WatchOptions.Stream
        let truth: [WatchEvent]

        func run(cutting cut: (direction: FaultProxy.Direction, offset: Int)?) async throws {
            if let cut { proxy.cut(after: cut.offset, cut.direction, of: .next(1)) }
            var impatient = try EtcdClientConfiguration(endpoints: ["http://\(proxy.address)"])
            impatient.transport.backoff.maximum = .milliseconds(50)
            let (stream, truth) = (stream, truth)
            let what: Comment = "cut \(String(describing: cut)), KEELSON_SEED=\(Soak.seed)"
            let batches: [WatchBatch]
            do {
                batches = try await withClient(impatient) { client in
                    let options = WatchOptions(startRevision: 2, fragment: true, stream: stream)
                    return try await client.watch(.prefix("a/"), options: options).batches(events: truth.count)
                }
            } catch {
                Issue.record(error, what)
                return
            }
            proxy.forgetPlans()
            #expect(batches.flatMap(\.events) == truth, what)
            for batch in batches { #expect(batch.revision == batch.events.last?.revision, what) }
            for (earlier, later) in zip(batches, batches.dropFirst()) { #expect(earlier.revision < later.events[0].revision, what) }
        }
    }
}
