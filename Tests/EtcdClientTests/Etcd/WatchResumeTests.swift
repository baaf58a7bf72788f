//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Synchronization
import TestWaiting
import Testing

@Suite("Watches through breaks, on a real etcd")
struct WatchResumeTests {
    @Test("When all members are gone for a while the watches go on when they are back", .timeLimit(.minutes(3)))
    func fullRestart() async throws {
        try await withOwnCluster(.init(members: 3)) { client, cluster in
            var watches: [EtcdWatch] = []
            for index in 0..<10 {
                watches.append(
                    try await client.watch(.prefix("a/"), options: .init(startRevision: 2, stream: index < 8 ? .shared : .dedicated)))
            }
            try await withThrowingTaskGroup(of: [WatchEvent].self) { group in
                let seen = Counter()
                for watch in watches { group.addTask { try await watch.events(upTo: "a/end", seen) } }
                for value in 0..<20 { try await client.put("a/\(value)", "") }
                try await within("the first events") { while seen.value < 10 { try await Task.sleep(for: .milliseconds(10)) } }
                for member in cluster.members { await member.kill() }
                // Long enough for several attempts.
                try await Task.sleep(for: .seconds(2))
                for member in cluster.members.shuffled() { try await member.start(waitUntilReady: false) }
                try await cluster.waitUntilReady()
                try await client.put("a/end", "", deadline: .now + .seconds(60))
                while let events = try await group.next() {
                    #expect(events.map(\.kv.keyText) == (0..<20).map { "a/\($0)" } + ["a/end"])
                }
            }
        }
    }
}
