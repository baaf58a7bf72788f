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

/// History that is forgotten while somebody needs it.
@Suite(.timeLimit(.minutes(3))) struct CompactionFaultTests {
    @Test("A list whose version is compacted between its pages begins again, and is of one version")
    func betweenPages() async throws {
        try await StorageHarness.runAlone(configure: { $0.listPageSize = 2 }) { harness in
            for index in 0..<6 { try await harness.create("pod-\(index)", n: 0) }
            // Just before the second page all objects are changed and history is forgotten, twice.
            let pages = Locked(0)
            harness.recorder.observe { operation in
                guard case .list = operation else { return }
                let page = pages.change { pages in
                    pages += 1
                    return pages
                }
                guard page == 2 || page == 4 else { return }
                for index in 0..<6 { try await harness.client.put(harness.prefix + StorageHarness.key("pod-\(index)"), podText(index, page)) }
                try await harness.client.compact(revision: Int64(try await harness.storage.currentResourceVersion().value))
            }
            let list = try await harness.storage.list("/pods", options: ListOptions())
            #expect(list.items.names == (0..<6).map { "ns/pod-\($0)" })
            #expect(try list.items.map { try StorageHarness.number($0) } == Array(repeating: 4, count: 6))
            #expect(pages.value == 7)
        }
    }

    private func podText(_ index: Int, _ number: Int) -> String { String(decoding: StorageHarness.pod("pod-\(index)", n: number), as: UTF8.self) }

    @Test("Under a storm of compactions lists are whole or expired, and watchers see every event or are told that they are too late")
    func storm() async throws {
        try await StorageHarness.runAlone(configure: { $0.listPageSize = 3 }) { harness in
            let storage = harness.storage
            let start = try await harness.create("pod-0", n: 0)
            let lagging = EventReader(try await storage.watch("/pods", options: ListOptions(resourceVersion: start.resourceVersion)))
            let done = Locked(false)
            let writes = Soak.rounds(150, secondsPerRound: 0.02)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while !done.value {
                        let head = try await storage.currentResourceVersion()
                        do throws(EtcdError) {
                            try await harness.client.compact(revision: Int64(head.value))
                        } catch {
                            // Compacted already: nothing was written since the last time.
                            guard error.code == .compacted else { throw error }
                        }
                    }
                }
                group.addTask {
                    while !done.value {
                        do {
                            let list = try await storage.list("/pods", options: ListOptions())
                            // Every round writes all ten in order, so in one version the numbers fall once at most.
                            let numbers = try list.items.map { try StorageHarness.number($0) }
                            let isOneVersion = zip(numbers, numbers.dropFirst()).allSatisfy { $0 == $1 || $0 == $1 + 10 }
                            #expect(isOneVersion, "a list of several versions: \(numbers)")
                        } catch let error as StorageError {
                            #expect(error.code == .expired)
                        }
                    }
                }
                for number in 0..<writes { try await harness.update("pod-\(number % 10)", n: number / 10 * 10) }
                done.change { $0 = true }
                try await group.waitForAll()
            }
            try await checkLagging(lagging, harness, writes)
        }
    }

    private func checkLagging(_ reader: EventReader, _ harness: StorageHarness, _ writes: Int) async throws {
        let newest = try await harness.storage.list("/pods", options: ListOptions())
        let last = try #require(newest.items.map(\.resourceVersion).max())
        var version = ResourceVersion.zero
        while version < last {
            switch try await reader.next() {
            case .change(let change)?:
                #expect(change.object.resourceVersion > version)
                version = change.object.resourceVersion
            case .failure(let error)?:
                #expect(error.code == .expired)
                #expect(try await reader.next() == nil)
                version = last
            default:
                Issue.record("the watch ended without a word at \(version)")
                version = last
            }
        }
        // Whoever was too late begins again, and gets on.
        let again = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: newest.resourceVersion)))
        let updated = try await harness.update("pod-0", n: -1)
        #expect(try await again.nextLine() == WatchChange.Kind.modified.of(updated))
    }
}
