//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Testing

@Suite("Slow consumers of watches, on a real etcd")
struct WatchSlowTests {
    private static let value = [UInt8](repeating: 7, count: 20_000)

    /// Writes keys `a/0`, `a/1` … from many tasks.
    private static func write(_ count: Int, _ client: EtcdClient, value: [UInt8] = value) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask {
                    for number in stride(from: writer, to: count, by: 16) { try await client.put(bytes("a/\(number)"), value) }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "One that stops reading doesn't stop the others on its stream, holds a bounded amount, and gets everything later",
        .soakLimit(minutes: 3))
    func shared() async throws {
        for _ in 0..<Soak.rounds(1, secondsPerRound: 15) { try await Self.stopReading() }
    }

    private static func stopReading() async throws {
        // 60 MB, of which the slow one may hold half of one.
        try await withSlowReader(missing: 2999) { client, member, slow, missed in
            #expect(slow.lag > 0)
            #expect(try await slow.events(2999) == missed)
            #expect(slow.lag == 0)
            try await member.waitForWatchers(2)
        }
    }

    /// Runs `body` with a watch that stopped reading after its first event, and the events that it missed, which another on its stream has all read.
    private static func withSlowReader(
        missing count: Int, _ body: @escaping @Sendable (EtcdClient, EtcdMember, EtcdWatch, [WatchEvent]) async throws -> Void
    ) async throws {
        try await withOwnMember { client, member in
            let options = WatchOptions(startRevision: 2, bufferLimit: 256 * 1024)
            let slow = try await client.watch(.prefix("a/"), options: options)
            let fast = try await client.watch(.prefix("a/"), options: options)
            async let seen = fast.events(count + 1)
            try await client.put(bytes("a/first"), Self.value)
            #expect(try await slow.events(1).count == 1)
            try await Self.write(count, client)
            let all = try await seen
            // It isn't the server's any more, so nothing more comes.
            try await member.waitForWatchers(1)
            try await body(client, member, slow, Array(all.dropFirst()))
        }
    }

    @Test("One that is so slow that its next revision is compacted is told so, after all that it has")
    func compacted() async throws {
        try await Self.withSlowReader(missing: 500) { client, _, slow, _ in
            let revision = try await client.range(.key("a")).header.revision
            try await client.compact(revision: revision)
            let error = await failure { while try await slow.nextBatch() != nil {} }
            #expect(error?.code == .compacted)
            #expect(error?.compactRevision == revision)
        }
    }

    @Test("Two seconds for each event, at full speed: the one watch crawls, the others don't, whatever their stream", .timeLimit(.minutes(3)))
    func crawling() async throws {
        try await withOwnCluster { client, _ in
            let crawling = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, bufferLimit: 64 * 1024))
            let shared = try await client.watch(.prefix("a/"), options: .init(startRevision: 2))
            let dedicated = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, stream: .dedicated))
            try await withThrowingTaskGroup(of: Void.self) { group in
                let count = 2000
                let isOver = Flag()
                group.addTask {
                    var last: Int64 = 0
                    for try await event in crawling.events where !isOver.isSet {
                        #expect(event.revision > last)
                        last = event.revision
                        // What the scenario is about is time that passes.
                        try await Task.sleep(for: .seconds(2))
                    }
                }
                for watch in [shared, dedicated] {
                    group.addTask {
                        let seen = try await watch.events(count).count
                        #expect(seen == count)
                    }
                }
                try await Self.write(count, client, value: [UInt8](repeating: 7, count: 1000))
                try await group.next()
                try await group.next()
                isOver.set()
                crawling.cancel()
                try await group.waitForAll()
            }
        }
    }

    @Test("A dedicated watch that isn't read takes one window from the server, and no more")
    func dedicated() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            try await FaultProxy.withProxy(to: member.clientPort) { proxy in
                try await withClient(of: ["http://\(proxy.address)"]) { reader in
                    try await withClient(of: cluster.endpoints) { writer in
                        let watch = try await reader.watch(.prefix("a/"), options: .init(startRevision: 2, stream: .dedicated))
                        try await writer.put(bytes("a/first"), Self.value)
                        #expect(try await watch.events(1).count == 1)
                        let before = proxy.statistics.bytesToClient
                        // 40 MB, of which a megabyte fits into the window.
                        try await Self.write(2000, writer)
                        // A round trip on the same proxy, so that what was under way is through.
                        _ = try await reader.range(.key("a"))
                        #expect(proxy.statistics.bytesToClient - before < 3 << 20)
                        let events = try await watch.events(2000)
                        #expect(zip(events, events.dropFirst()).allSatisfy { $0.revision < $1.revision })
                    }
                }
            }
        }
    }
}
