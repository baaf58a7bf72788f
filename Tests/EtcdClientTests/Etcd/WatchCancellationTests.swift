//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Watches cancelled at any point, on a real etcd")
struct WatchCancellationTests {
    private enum Way: CaseIterable { case cancel, cancelTask, letGo, fromHandler, fromOtherTask, leaveScope }

    @Test("A thousand watches, opened and cancelled at random points, leave nothing behind at the server", .soakLimit(minutes: 5))
    func storm() async throws {
        try await withOwnMember { client, member in
            for round in 0..<Soak.rounds(1, secondsPerRound: 20) {
                let seed = Soak.seed &+ UInt64(round)
                let isOver = Flag()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var number = 0
                        while !isOver.isSet {
                            number += 1
                            try await client.put("a/\(number % 10)", "\(number)")
                        }
                    }
                    try await withThrowingTaskGroup(of: Void.self) { watches in
                        for index in 0..<1000 {
                            watches.addTask { try await Self.watch(client, seed: seed &+ UInt64(index) << 32) }
                            // So many at once as there may be.
                            if index >= 200 { try await watches.next() }
                        }
                        try await watches.waitForAll()
                    }
                    isOver.set()
                    try await group.waitForAll()
                }
                try await member.waitForWatchers(0)
                try await member.waitForWatchStreams(0)
            }
            #expect(try await client.range(.key("a")).count == 0, "the client goes on")
        }
    }

    /// One watch that comes to its end in one of the ways there are.
    private static func watch(_ client: EtcdClient, seed: UInt64) async throws {
        var random = SeededRandom(seed)
        let stream: WatchOptions.Stream = random.chance(60) ? .shared : random.chance(50) ? .group("other") : .dedicated
        let options = WatchOptions(startRevision: 1, stream: stream, bufferLimit: random.chance(20) ? 1000 : 4 << 20)
        let range = KeyRange.key("a/\(Int.random(in: 0..<10, using: &random))")
        let pause = Duration.microseconds(Int.random(in: 0...20_000, using: &random))
        let batches = Int.random(in: 1...3, using: &random)
        switch Way.allCases.randomElement(using: &random) ?? .cancel {
        case .cancel:
            let watch = try await client.watch(range, options: options)
            if random.chance(50) { _ = try await watch.nextBatch() }
            watch.cancel()
            #expect(try await watch.nextBatch() == nil)
        case .letGo:
            let watch = try await client.watch(range, options: options)
            if random.chance(70) { _ = try await watch.nextBatch() }
        case .leaveScope:
            try await client.withWatch(range, options: options) { _ = try await $0.nextBatch() }
        case .fromHandler:
            let watch = try await client.watch(range, options: options)
            var count = 0
            for try await _ in watch {
                count += 1
                if count == batches { watch.cancel() }
            }
            #expect(count == batches)
        case .fromOtherTask:
            let watch = try await client.watch(range, options: options)
            async let end: Void = { while try await watch.nextBatch() != nil {} }()
            try await Task.sleep(for: pause)
            watch.cancel()
            try await end
        case .cancelTask:
            let task = Task {
                let watch = try await client.watch(range, options: options)
                while try await watch.nextBatch() != nil {}
            }
            try await Task.sleep(for: pause)
            task.cancel()
            let error = await failure { try await task.value }
            #expect(error?.code == .canceled)
        }
    }

    @Test("A client that ends with a thousand watches open ends them all", .timeLimit(.minutes(3)))
    func clientEnds() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            let ends = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: cluster.endpoints))
                let run = Task { try await client.run() }
                for index in 0..<1000 {
                    group.addTask {
                        let watch = try await client.watch(
                            .key("a/\(index)"), options: .init(startRevision: 1, stream: index.isMultiple(of: 10) ? .dedicated : .shared))
                        let error = await failure { while try await watch.nextBatch() != nil {} }
                        #expect(error?.code == .stopped)
                        ends.increment()
                    }
                }
                try await member.waitForWatchers(1000)
                try await member.waitForWatchStreams(101)
                run.cancel()
                try await within("the end of the client") { try await run.value }
                try await group.waitForAll()
            }
            #expect(ends.value == 1000)
            try await member.waitForWatchers(0)
            try await member.waitForWatchStreams(0)
        }
    }
}
