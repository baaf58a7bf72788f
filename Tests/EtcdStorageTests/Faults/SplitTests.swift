//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Storage
import Testing

@testable import EtcdStorage

/// A cluster that is torn apart, and one that is replaced by its own past.
@Suite(.timeLimit(.minutes(4))) struct SplitTests {
    @Test("A leader that is cut off takes no write that the others don't have, answers no stale read, and ends its watches' silence")
    func isolatedLeader() async throws {
        try await StorageHarness.runAlone(
            EtcdClusterOptions(members: 3, proxiedPeers: true), readTimeout: .seconds(10), writeTimeout: .seconds(5)
        ) { harness in
            try await harness.create("counter", n: 0)
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions()))
            _ = try await reader.next()
            let leader = try await harness.cluster.leader()
            let index = try #require(harness.cluster.members.firstIndex { $0 === leader })
            var done = 0
            var unknown = 0
            for round in 0..<30 {
                if round == 10 { harness.cluster.isolate(index) }
                if round == 14 { harness.cluster.healPeers() }
                do throws(StorageError) {
                    _ = try await harness.storage.guaranteedUpdate(
                        StorageHarness.key("counter"), ignoreNotFound: false, preconditions: nil, suggestion: nil
                    ) { UpdateProposal(bytes: StorageHarness.pod("counter", n: try StorageHarness.number($0) + 1)) }
                    done += 1
                    // What was confirmed is what the next read sees, whoever answers it.
                    let number = await value(harness)
                    if let number { #expect(number >= done && number <= done + unknown) }
                } catch {
                    if error.code == .unknownOutcome { unknown += 1 }
                    #expect([.unknownOutcome, .unreachable, .timeout].contains(error.code), "\(error)")
                }
            }
            harness.cluster.healPeers()
            try await harness.cluster.waitUntilReady()
            let last = try await harness.update("last", n: 1)
            let final = try #require(await value(harness))
            #expect(final >= done && final <= done + unknown)
            var numbers: [Int] = []
            while true {
                let change = try await reader.change()
                if change.object.key == last.key { break }
                numbers.append(try StorageHarness.number(change.object))
            }
            #expect(numbers == Array(1...max(1, final)))
        }
    }

    /// Nil when it can't be read now.
    private func value(_ harness: StorageHarness) async -> Int? {
        do {
            return try StorageHarness.number(try await harness.get("counter"))
        } catch {
            return nil
        }
    }

    @Test("When an older store takes the place of the watched one, watches end as expired and reads give what there is", arguments: [true, false])
    func replaced(keepsClusterID: Bool) async throws {
        try await StorageHarness.runAlone { harness in
            let old = try await harness.create("a", n: 1)
            let snapshot = try await harness.cluster.saveSnapshot()
            for number in 2..<30 { try await harness.update("a", n: number) }
            let newest = try #require(try await harness.get("a"))
            let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: newest.resourceVersion)))
            try await harness.cluster.restore(snapshot, keepsClusterID: keepsClusterID)
            #expect(try await reader.lines(2) == ["ERROR \(StorageError.Code.expired)", "END"])
            #expect(try await harness.get("a")?.resourceVersion == old.resourceVersion)
            let stale = try await storageError {
                try await harness.storage.get("/pods/ns/a", options: GetOptions(resourceVersion: newest.resourceVersion))
            }
            #expect(stale.code == .resourceVersionTooLarge)
            let again = EventReader(try await harness.storage.watch("/pods", options: ListOptions()))
            #expect(try await again.nextLine() == WatchChange.Kind.added.of(old))
            let updated = try await harness.update("a", n: 99)
            #expect(try await again.nextLine() == WatchChange.Kind.modified.of(updated))
        }
    }
}
