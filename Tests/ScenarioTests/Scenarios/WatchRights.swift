//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

extension Scenarios {
    @Suite("Rights that come and go") struct WatchRights {
        @Test("S32: a right that is taken away ends the watches that want it, and no other; none loses an event", .soakLimit)
        func comeAndGo() async throws {
            var options = EtcdClusterOptions.proxiedTrio
            options.flags = ["--bcrypt-cost=4"]
            try await EtcdCluster.withCluster(options) { cluster in
                try await RightsKeeper.prepare(cluster)
                try await withClient(of: cluster.directEndpoints, configure: { $0.credentials = .user("root", password: "root") }) { root in
                    let credentials = EtcdCredentials.user(RightsKeeper.user, password: RightsKeeper.password)
                    try await withClient(of: cluster.endpoints, configure: { $0.credentials = credentials }) { reader in
                        let end = ContinuousClock.now + Soak.duration(.zero)
                        var number: UInt64 = 0
                        repeat {
                            let seed = Soak.seed &+ number
                            do {
                                try await Round(cluster, root: root, reader: reader, SeededRandom(seed)).run("KEELSON_SEED=\(seed)")
                            } catch {
                                Issue.record("KEELSON_SEED=\(seed): \(error)")
                                throw error
                            }
                            number += 1
                        } while ContinuousClock.now < end
                    }
                }
            }
        }
    }
}

/// Some ranges, some watches of each, and rights to them that change while the ranges are written to.
private final class Round: Sendable {
    private let cluster: EtcdCluster
    private let root: EtcdClient
    private let reader: EtcdClient
    private let prefix: String
    private let rights: RightsKeeper
    private let ranges: [KeyRange]
    private let random: SeededRandom

    init(_ cluster: EtcdCluster, root: EtcdClient, reader: EtcdClient, _ random: SeededRandom) {
        self.cluster = cluster
        self.root = root
        self.reader = reader
        self.random = random
        let prefix = cluster.uniquePrefix()
        self.prefix = prefix
        rights = RightsKeeper(root: root, cluster: cluster)
        ranges = (0..<6).map { .prefix("\(prefix)/\($0)/") }
    }

    func run(_ what: Comment) async throws {
        var random = random
        let start = try await root.range(.key(prefix)).header.revision + 1
        try await rights.grant(ranges)
        let streams: [WatchOptions.Stream] = [.shared, .shared, .group("others"), .dedicated]
        let followers = ranges.flatMap { range in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in
                RangeFollower(range, streams[Int.random(in: streams.indices, using: &random)], from: start, rights)
            }
        }
        let isOver = Flag()
        let steps = random.fork()
        let writes = random.fork()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for follower in followers { group.addTask { try await follower.follow(self.reader) } }
            async let written: Void = write(until: isOver, writes)
            try await change(followers, steps) { follower in group.addTask { try await follower.follow(self.reader) } }
            isOver.set()
            try await written
            try await finish(followers, from: start, what)
            try await group.waitForAll()
        }
        for follower in followers { #expect(follower.unexpected.isEmpty, "\(follower.unexpected), \(what)") }
        try await rights.revoke(ranges)
    }

    private func write(until isOver: Flag, _ random: SeededRandom) async throws {
        var (random, number) = (random, 0)
        while !isOver.isSet {
            number += 1
            try await root.put(
                "\(prefix)/\(Int.random(in: ranges.indices, using: &random))/\(number % 5)", "\(number)", deadline: .now + .seconds(30))
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...10, using: &random)))
        }
    }

    /// Takes rights away and gives them back, and breaks connections, which has the server look at rights again.
    private func change(_ followers: [RangeFollower], _ random: SeededRandom, follow: (RangeFollower) -> Void) async throws {
        var random = random
        for _ in 0..<4 {
            let taken = ranges.filter { _ in random.chance(40) }
            try await rights.revoke(taken)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...200, using: &random)))
            if random.chance(30) {
                // Nothing looks at rights as long as a watcher lives: those who lost theirs may go on, and all others do.
                try await expectRefusal(of: taken.randomElement(using: &random))
            } else {
                try await loseRights(to: taken, followers, &random)
            }
            try await rights.grant(taken)
            for follower in followers where follower.revive() { follow(follower) }
            try await expectEvents(of: followers)
        }
    }

    private func loseRights(to taken: [KeyRange], _ followers: [RangeFollower], _ random: inout SeededRandom) async throws {
        for proxy in cluster.proxies { proxy.endAll(random.chance(50) ? .close : .reset) }
        for follower in followers where taken.contains(follower.range) {
            try await eventually("end of the watch of \(follower.range)") { follower.end?.code == .permissionDenied }
        }
        try await expectRefusal(of: taken.randomElement(using: &random))
        try await expectEvents(of: followers.filter { !taken.contains($0.range) })
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...200, using: &random)))
    }

    /// A watch without the right to it is told so, on the stream of others.
    private func expectRefusal(of range: KeyRange?) async throws {
        let watch = try await reader.watch(range ?? .prefix("\(prefix)/forbidden/"), options: .init(startRevision: 1))
        let error = try await within("a refusal") { await failure { while try await watch.nextBatch() != nil {} } }
        #expect(error?.code == .permissionDenied, "\(error as Any)")
    }

    /// Those who may are told of what is written from here on.
    private func expectEvents(of followers: [RangeFollower]) async throws {
        let revision = try await root.range(.key(prefix)).header.revision
        for follower in followers {
            try await eventually("an event of \(follower.range) after revision \(revision)") { (follower.seen.last?.revision ?? 0) > revision }
        }
    }

    private func finish(_ followers: [RangeFollower], from start: Int64, _ what: Comment) async throws {
        var last: Int64 = 0
        for index in ranges.indices { last = try await root.put("\(prefix)/\(index)/last", "last").header.revision }
        let history = try await root.watch(.prefix("\(prefix)/"), options: .init(startRevision: start))
        var written: [RangeFollower.Seen] = []
        while (written.last?.revision ?? 0) < last, let batch = try await history.nextBatch() {
            written += batch.events.map { .init(revision: $0.revision, key: $0.kv.keyText, value: $0.kv.valueText) }
        }
        history.cancel()
        for follower in followers {
            let expected = written.filter { follower.range.contains($0.key) }
            try await eventually("the last event of \(follower.range)") { follower.seen.last == expected.last }
            #expect(follower.seen == expected, what)
            follower.stop()
        }
    }
}

extension KeyRange {
    fileprivate func contains(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return !bytes.lexicographicallyPrecedes(start) && bytes.lexicographicallyPrecedes(end)
    }
}
