//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Logging
import Storage
import Testing

@testable import EtcdStorage

@Suite(.timeLimit(.minutes(3))) struct CompactorTests {
    @Test("Whoever wins a turn compacts to where it was a turn ago; whoever loses waits")
    func takesTurns() {
        var one = CompactorState()
        #expect(one.handle(.won(revision: 100)) == .none)
        #expect(one.handle(.won(revision: 200)) == .compact(revision: 100))
        #expect(one.handle(.failed) == .none)
        #expect(one.handle(.won(revision: 300)) == .compact(revision: 200))
        #expect(one.expectedVersion == 3)

        var other = CompactorState()
        #expect(other.handle(.lost(version: 3, revision: 310)) == .none)
        #expect(other.expectedVersion == 3)
        #expect(other.handle(.won(revision: 400)) == .compact(revision: 310))
        #expect(one.handle(.lost(version: 4, revision: 410)) == .none)
        #expect(one.revision == 410)
    }

    @Test("Two servers compact a cluster once an interval, and the key says up to where")
    func sharesTheWork() async throws {
        try await StorageHarness.runAlone { harness in
            let compactor = Compactor(client: harness.client, logger: Logger(label: "test"))
            var one = CompactorState()
            var other = CompactorState()
            let early = try await harness.create("a", n: 1)
            await compactor.takeTurn(&one)
            await compactor.takeTurn(&other)
            #expect(one.expectedVersion == 1)
            #expect(other.expectedVersion == 1)
            #expect(try await key(harness)?.valueText == "0")
            // Nothing is lost in the first interval.
            _ = try await harness.storage.list("/pods", options: ListOptions(resourceVersion: early.resourceVersion, match: .exact))

            try await harness.update("a", n: 2)
            let expected = other.revision
            await compactor.takeTurn(&other)
            await compactor.takeTurn(&one)
            #expect(try await key(harness)?.valueText == String(expected))
            #expect(compactor.compactRevision == ResourceVersion(UInt64(expected)))
            let error = try await storageError {
                try await harness.storage.list("/pods", options: ListOptions(resourceVersion: early.resourceVersion, match: .exact))
            }
            #expect(error.code == .expired)
        }
    }

    @Test("A compactor compacts as long as it runs, and others follow what it does")
    func runs() async throws {
        try await StorageHarness.runAlone { harness in
            let logger = Logger(label: "test")
            let working = Compactor(client: harness.client, interval: .milliseconds(100), retryInterval: .milliseconds(10), logger: logger)
            let following = Compactor(client: harness.client, interval: .zero, retryInterval: .milliseconds(10), logger: logger)
            let storage = EtcdStorage(client: harness.client, configuration: harness.storage.configuration, compactor: following, logger: logger)
            #expect(storage.compactRevision == .zero)
            let watch = try await harness.client.watch(.key("compact_rev_key"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await working.run() }
                group.addTask { try await following.run() }
                var known = ResourceVersion.zero
                while known.value < 3, try await watch.nextBatch() != nil {
                    try await harness.foreignWrite()
                    #expect(storage.compactRevision >= known)
                    known = storage.compactRevision
                }
                #expect(known.value >= 3)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("A storage without a compactor doesn't know what is compacted")
    func unknown() async throws {
        try await StorageHarness.run { harness in #expect(harness.storage.compactRevision == .zero) }
    }

    private func key(_ harness: StorageHarness) async throws -> KeyValue? {
        try await harness.client.range(.key("compact_rev_key")).kvs.first
    }
}
