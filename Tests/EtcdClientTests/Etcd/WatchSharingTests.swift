//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Watches that share streams, on a real etcd")
struct WatchSharingTests {
    @Test("Watches share one stream, each group has one, and a dedicated watch has its own")
    func streams() async throws {
        try await withOwnMember { client, member in
            let kinds: [WatchOptions.Stream] = [.shared, .group("a"), .group("b"), .dedicated]
            try await withWatches(kinds.flatMap { Array(repeating: $0, count: 20) }, of: client) { watches in
                try await member.waitForWatchers(80)
                try await member.waitForWatchStreams(3 + 20)
                for watch in watches[20..<40] { watch.cancel() }
                try await member.waitForWatchers(60)
                try await member.waitForWatchStreams(2 + 20)
                try await client.put("a/3", "")
                #expect(try await watches[3].events(1).count == 1)
                #expect(try await watches[43].events(1).count == 1)
            }
            try await member.waitForWatchers(0)
            try await member.waitForWatchStreams(0)
        }
    }

    /// Watches of `a/0`, `a/1` …, 20 keys in turn, that the server has made.
    private func withWatches(
        _ streams: [WatchOptions.Stream], of client: EtcdClient, _ body: ([EtcdWatch]) async throws -> Void
    ) async throws {
        var watches: [EtcdWatch] = []
        let revision = try await client.range(.key("a")).header.revision
        for (index, stream) in streams.enumerated() {
            watches.append(try await client.watch(.key("a/\(index % 20)"), options: .init(startRevision: revision + 1, stream: stream)))
        }
        for key in 0..<min(20, streams.count) { try await client.put("a/\(key)", "") }
        // All at once: a watcher is made when its watch is read.
        try await within("\(watches.count) watches") { [watches] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, watch) in watches.enumerated() {
                    group.addTask {
                        let keys = try await watch.events(1).map(\.kv.keyText)
                        #expect(keys == ["a/\(index % 20)"])
                    }
                }
                try await group.waitForAll()
            }
        }
        try await body(watches)
        for watch in watches { watch.cancel() }
    }

    @Test("Each of many watches on one stream gets all that is its own, in order, and nothing else")
    func separation() async throws {
        try await withSharedCluster { client, prefix in
            let revision = try await client.range(.key(prefix)).header.revision
            let watches = try await watches(of: (0..<30).map { .prefix("\(prefix)/\($0)/") }, client, startRevision: revision + 1)
            let all = try await client.watch(.prefix(prefix), options: .init(startRevision: revision + 1))
            async let whole = all.events(30 * 40)
            async let parts = withThrowingTaskGroup(of: (Int, [WatchEvent]).self) { group in
                for (index, watch) in watches.enumerated() { group.addTask { (index, try await watch.events(40)) } }
                return try await group.reduce(into: [Int: [WatchEvent]]()) { $0[$1.0] = $1.1 }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for value in 0..<10 {
                            for key in 0..<30 { try await client.put("\(prefix)/\(key)/\(writer)", "\(value)") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let (events, own) = try await (whole, parts)
            #expect(zip(events, events.dropFirst()).allSatisfy { $0.revision < $1.revision })
            for index in 0..<30 { #expect(own[index] == events.filter { $0.kv.keyText.hasPrefix("\(prefix)/\(index)/") }) }
        }
    }

    private func watches(of ranges: [KeyRange], _ client: EtcdClient, startRevision: Int64) async throws -> [EtcdWatch] {
        var watches: [EtcdWatch] = []
        for range in ranges { watches.append(try await client.watch(range, options: .init(startRevision: startRevision))) }
        return watches
    }

    @Test("A watch that is refused leaves the others alone")
    func refused() async throws {
        try await withSharedCluster { client, prefix in
            let good = try await client.watch(.prefix(prefix))
            try await client.put("\(prefix)/0", "")
            #expect(try await good.events(1).count == 1)
            for _ in 0..<5 {
                let bad = try await client.watch(.range(from: "\(prefix)/b", to: "\(prefix)/a"))
                #expect(await failure { _ = try await bad.events(1) }?.code == .invalidArgument)
            }
            try await client.put("\(prefix)/1", "")
            #expect(try await good.events(1).map(\.kv.keyText) == ["\(prefix)/1"])
        }
    }

    @Test("Compaction ends the watch that is behind, and none that isn't")
    func compacted() async throws {
        try await withOwnCluster { client, _ in
            for value in 0..<20 { try await client.put("a", "\(value)") }
            let current = try await client.watch(.key("a"))
            try await client.put("a", "20")
            #expect(try await current.events(1).count == 1)
            let revision = try await client.range(.key("a")).header.revision
            try await client.compact(revision: revision)
            let old = try await client.watch(.key("a"), options: .init(startRevision: 3))
            let error = await failure { _ = try await old.events(1) }
            #expect(error?.code == .compacted)
            #expect(error?.compactRevision == revision)
            try await client.put("a", "21")
            #expect(try await current.events(1).map(\.kv.valueText) == ["21"])
        }
    }

    @Test("Progress that one asks for is told to all")
    func progress() async throws {
        try await withSharedCluster { client, prefix in
            // Nobody else is on this stream.
            let options = WatchOptions(stream: .group(prefix))
            let first = try await client.watch(.prefix("\(prefix)/a"), options: options)
            let second = try await client.watch(.prefix("\(prefix)/b"), options: options)
            let written = try await client.put("\(prefix)/c", "").header.revision
            try await within("progress") {
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        // The server keeps silent while a watcher isn't up to date, so asking is repeated.
                        while !Task.isCancelled {
                            try await first.requestProgress()
                            try await Task.sleep(for: .milliseconds(50))
                        }
                        return false
                    }
                    for watch in [first, second] {
                        group.addTask { try await watch.firstBatch { $0.isProgress && $0.revision >= written } != nil }
                    }
                    for _ in 0..<2 {
                        let isTold = try await group.next()
                        #expect(isTold == true)
                    }
                    group.cancelAll()
                    while let result = await group.nextResult() { _ = result }
                }
            }
        }
    }

    @Test(
        "A quiet watch that is kept alive goes on from where the store is, after a compaction too",
        arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func quiet(stream: WatchOptions.Stream) async throws {
        try await withOwnMember { client, member in
            let watch = try await client.watch(
                .key("quiet"), options: .init(stream: stream, liveness: .init(interval: .milliseconds(100), timeout: .seconds(20))))
            let seen = Task { try await watch.events.first { _ in true } }
            var revision: Int64 = 0
            for value in 0..<50 { revision = try await client.put("loud", "\(value)").header.revision }
            try await within("a fresh place to resume at") { [revision] in
                while watch.nextRevision <= revision { try await Task.sleep(for: .milliseconds(20)) }
            }
            try await client.compact(revision: revision)
            await member.kill()
            try await member.start()
            try await client.put("quiet", "at last", deadline: .now + .seconds(30))
            #expect(try await within("the event") { try await seen.value }?.kv.valueText == "at last")
            #expect(watch.lag == 0)
        }
    }

    @Test("etcd answers probes at once, and nothing is left at the server of them", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func probes(stream: WatchOptions.Stream) async throws {
        let probe = WatchOptions.Liveness(interval: .milliseconds(50), timeout: .seconds(20))
        try await withOwnMember(configure: { $0.watchProbe = probe }) { client, member in
            let watch = try await client.watch(.key("a"), options: .init(stream: stream))
            let seen = Task { try await watch.events.first { _ in true } }
            try await member.waitForWatchers(1)
            let sent: @Sendable () async -> Double = { await member.metric("grpc_server_msg_received_total") ?? 0 }
            let before = await sent()
            // Nobody else says anything.
            try await within("many probes") { while await sent() < before + 20 { try await Task.sleep(for: .milliseconds(50)) } }
            try await member.waitForWatchers(1)
            try await client.put("a", "")
            #expect(try await within("the event") { try await seen.value }?.kv.keyText == "a")
        }
    }

    @Test("A watch that is made and read before the client runs waits for it", arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func early(stream: WatchOptions.Stream) async throws {
        let cluster = try await EtcdCluster.shared()
        let prefix = cluster.uniquePrefix()
        let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls))
        let watch = try await client.watch(.prefix(prefix), options: .init(startRevision: 1, stream: stream))
        try await within("the first event") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let count = try await watch.events(1).count
                    #expect(count == 1)
                }
                group.addTask { try await client.put(prefix, "", deadline: .now + .seconds(30)) }
                await Task.yield()
                group.addTask { try await client.run() }
                try await group.next()
                try await group.next()
                group.cancelAll()
                while let result = await group.nextResult() { _ = result }
            }
        }
    }

    @Test(
        "The end of the client ends all watches with its reason, those too that are made later",
        arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func stopped(stream: WatchOptions.Stream) async throws {
        let cluster = try await EtcdCluster.shared()
        let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls))
        let watch = try await client.watch(.key("a"), options: .init(startRevision: 1, stream: stream))
        let run = Task { try await client.run() }
        let end = Task { await failure { while try await watch.nextBatch() != nil {} } }
        try await client.put("\(cluster.uniquePrefix())", "")
        run.cancel()
        #expect(try await within("the watch's end") { await end.value }?.code == .stopped)
        try await run.value
        let late = try await client.watch(.key("a"), options: .init(startRevision: 1, stream: stream))
        #expect(await failure { _ = try await late.nextBatch() }?.code == .stopped)
    }

    @Test("Events one by one are those of the batches, and a scope ends its watch")
    func conveniences() async throws {
        try await withSharedCluster { client, prefix in
            let kept = try await client.withWatch(.prefix(prefix)) { watch in
                _ = try await client.transaction(Transaction(success: (0..<5).map { .put(bytes("\(prefix)/\($0)"), []) }))
                try await client.put("\(prefix)/5", "")
                var keys: [String] = []
                for try await event in watch.events {
                    keys.append(event.kv.keyText)
                    if keys.count == 6 { break }
                }
                #expect(keys == (0..<6).map { "\(prefix)/\($0)" })
                return watch
            }
            #expect(try await kept.nextBatch() == nil)
        }
    }
}
