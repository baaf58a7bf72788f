//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import TestWaiting
import Testing

@Suite("Faults, on a real etcd")
struct FaultTests {
    /// A value that tells a write from whatever else goes to a server.
    private static let long = String(repeating: "2", count: 1000)

    /// What the store itself remembers of a range, by a watch of another client from the beginning.
    private func history(of prefix: String, at endpoints: [String], events count: Int) async throws -> [WatchEvent] {
        try await withClient(of: endpoints) { client in
            try await client.watch(.prefix(prefix), options: .init(startRevision: 1)).events(count)
        }
    }

    /// Writes until told to stop; gives what is certain to have been written, and what isn't.
    private func write(_ client: EtcdClient, _ key: String, until isOver: Flag) async -> (
        done: Set<String>, notDone: Set<String>, unknown: Set<String>
    ) {
        var result: (done: Set<String>, notDone: Set<String>, unknown: Set<String>) = ([], [], [])
        var number = 0
        while !isOver.isSet {
            number += 1
            do throws(EtcdError) {
                try await client.put("\(key)/\(number)", "", deadline: .now + .seconds(2))
                result.done.insert("\(key)/\(number)")
            } catch {
                switch error.outcome {
                case .notDone: result.notDone.insert("\(key)/\(number)")
                case .unknown: result.unknown.insert("\(key)/\(number)")
                }
            }
        }
        return result
    }

    private func events(of watch: EtcdWatch, upTo last: String, _ seen: Counter) async throws -> [WatchEvent] {
        var events: [WatchEvent] = []
        while let batch = try await watch.nextBatch() {
            events += batch.events
            seen.value = events.count
            if batch.events.contains(where: { $0.kv.keyText == last }) { break }
        }
        return events
    }

    @Test(
        "A watch survives kill −9 and restart of etcd, again and again: no gap, no repetition; and failed writes tell the truth",
        .timeLimit(.minutes(5)))
    func kills() async throws {
        try await withOwnCluster { client, cluster in
            let member = try #require(cluster.members.first)
            let watch = try await client.watch(.prefix("a/"))
            let isOver = Flag()
            let seen = Counter()
            async let writes = withTaskGroup(of: (done: Set<String>, notDone: Set<String>, unknown: Set<String>).self) { group in
                for writer in 0..<4 { group.addTask { await write(client, "a/\(writer)", until: isOver) } }
                return await group.reduce(into: (done: Set<String>(), notDone: Set<String>(), unknown: Set<String>())) { all, one in
                    all.done.formUnion(one.done)
                    all.notDone.formUnion(one.notDone)
                    all.unknown.formUnion(one.unknown)
                }
            }
            async let watched = events(of: watch, upTo: "a/end", seen)
            for _ in 0..<4 {
                // Something must have come since the last restart before the next.
                let before = seen.value
                try await within("events after a restart") { while seen.value <= before { try await Task.sleep(for: .milliseconds(20)) } }
                await member.kill()
                try await member.start()
            }
            isOver.set()
            let result = await writes
            try await client.put("a/end", "", deadline: .now + .seconds(30))
            let events = try await watched

            let truth = try await history(of: "a/", at: cluster.endpoints, events: events.count)
            #expect(events == truth)
            let keys = Set(events.map(\.kv.keyText))
            #expect(keys.count == events.count, "each key is written once, so no write was repeated")
            #expect(result.done.isSubset(of: keys))
            #expect(result.notDone.isDisjoint(with: keys))
            #expect(keys.subtracting(result.done).subtracting(["a/end"]).isSubset(of: result.unknown))
        }
    }

    @Test("A write to a server that is killed before it answers has an unknown outcome; a read doesn't mind")
    func killedDuringWrite() async throws {
        try await withProxiedMember { client, member, proxy in
            try await client.put("a", "1")
            try await member.pauseCompletely()
            let before = proxy.statistics.bytesToServer
            let write = Task { await failure { try await client.put("a", Self.long, deadline: .now + .seconds(60)) } }
            try await proxy.waitForRequest(of: Self.long.utf8.count, after: before)
            async let read = client.range(.key("a"), deadline: .now + .seconds(60))
            await member.kill()
            let error = try await within("the end of a write") { await write.value }
            #expect(error?.code == .unknownOutcome)
            #expect(error?.outcome == .unknown)
            #expect(error?.message.contains("put \"a\"") == true)
            try await member.start()
            #expect(["1", Self.long].contains(try await read.kvs.first?.valueText))
        }
    }

    @Test(
        "A long answer that is cut off, however much of it was read, comes whole from the next connection", .timeLimit(.minutes(3)),
        arguments: [90_000, 700_000, 2_900_000])
    func cutAnswer(after bytes: Int) async throws {
        try await withProxiedMember { client, _, proxy in
            let value = { (number: Int) in String(repeating: String(number % 10), count: 10_000 + number) }
            for number in 0..<300 { try await client.put("a/\(String(number + 1000))", value(number)) }
            // The bulk's connection is made now, so that all that is counted is the answer.
            #expect(try await client.range(.prefix("a/"), options: .init(limit: 17)).kvs.count == 17)
            proxy.cut(after: bytes, .toClient, by: .reset, of: .open)
            let opened = proxy.statistics.accepted
            let answer = try await client.range(.prefix("a/"), deadline: .now + .seconds(60))
            #expect(proxy.statistics.accepted > opened)
            #expect(answer.kvs.map(\.keyText) == (0..<300).map { "a/\($0 + 1000)" })
            #expect(answer.kvs.enumerated().allSatisfy { $1.valueText == value($0) })
            #expect(answer.count == 300)
        }
    }

    @Test("A deadline that passes while a server hangs leaves a write's outcome unknown, and a read's plain")
    func deadlines() async throws {
        try await withOwnMember { client, member in
            try await client.put("a", "1")
            try await member.pauseCompletely()
            defer { member.resume() }
            // The deadline is also for a busy machine to send the write.
            #expect(await failure { try await client.put("a", "2", deadline: .now + .seconds(2)) }?.code == .unknownOutcome)
            #expect(await failure { _ = try await client.range(.key("a"), deadline: .now + .milliseconds(300)) }?.code == .deadlineExceeded)
        }
    }

    @Test("Without a server a write is known not to have happened", arguments: [true, false])
    func unreachable(wasThere: Bool) async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            if !wasThere { await member.kill() }
            try await withClient(of: cluster.endpoints) { client in
                if wasThere {
                    try await client.put("a", "1")
                    await member.kill()
                    // The connection's end may be seen after this begins; only then is the first one's outcome unknown.
                    _ = await failure { try await client.put("a", "2", deadline: .now + .milliseconds(500)) }
                }
                let error = await failure { try await client.put("b", "1", deadline: .now + .milliseconds(500)) }
                #expect(error?.outcome == .notDone)
                #expect(error.map { [.unavailable, .deadlineExceeded].contains($0.code) } == true)
                try await member.start()
                #expect(try await client.range(.key("b"), deadline: .now + .seconds(30)).count == 0)
            }
        }
    }

    @Test("A cancelled task's write, once it was sent, is of unknown outcome")
    func canceled() async throws {
        try await withProxiedMember { client, member, proxy in
            try await client.put("a", "1")
            try await member.pauseCompletely()
            defer { member.resume() }
            let before = proxy.statistics.bytesToServer
            let write = Task { await failure { try await client.put("a", Self.long, deadline: .now + .seconds(60)) } }
            try await proxy.waitForRequest(of: Self.long.utf8.count, after: before)
            write.cancel()
            let error = try await within("the end of a cancelled write") { await write.value }
            #expect(error?.code == .unknownOutcome)
        }
    }

    @Test("When members leave one by one, gracefully or not, calls and watches go on with the others", .timeLimit(.minutes(5)))
    func failover() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            let watch = try await client.watch(.prefix("a/"))
            var written = 0
            var revisions: [Int64] = []
            for (index, member) in cluster.members.enumerated() {
                if index == 1 { await member.kill() } else { member.beginTermination() }
                for _ in 0..<5 {
                    // A write whose fate isn't known is one that the watch can tell.
                    let key = "a/\(written)"
                    _ = try await within("a write in spite of a lost member") {
                        while true {
                            do throws(EtcdError) {
                                return try await client.put(key, "", options: .init(prevKV: true), deadline: .now + .seconds(5))
                            } catch {
                                try Task.checkCancellation()
                            }
                        }
                    }
                    written += 1
                    // Writes of unknown outcome come as often as they were done.
                    var events: [WatchEvent] = []
                    repeat { events += try await watch.events(1) } while events.last?.kv.keyText != key
                    revisions += events.map(\.revision)
                    #expect(events.allSatisfy { $0.kv.keyText == key || $0.kv.keyText == "a/\(written - 2)" })
                }
                await member.terminate()
                try await member.start()
            }
            #expect(zip(revisions, revisions.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test("A watch that finds itself at another cluster ends with history lost")
    func otherCluster() async throws {
        try await EtcdCluster.withCluster { first in
            try await EtcdCluster.withCluster { second in
                var clusterIDs: [UInt64] = []
                for cluster in [first, second] {
                    clusterIDs.append(try await withClient(of: cluster.endpoints) { try await $0.put("a", "").header.clusterID })
                }
                let identifiers = clusterIDs
                try await withClient(of: first.endpoints + second.endpoints) { client in
                    let watch = try await client.watch(.key("a"), options: .init(startRevision: 2))
                    let batch = try #require(try await watch.batches(events: 1).first)
                    let cluster = batch.header.clusterID == identifiers[0] ? first : second
                    let member = try #require(cluster.members.first)
                    await member.kill()
                    let error = await failure { _ = try await watch.events(1) }
                    #expect(error?.code == .historyLost)
                }
            }
        }
    }
}
