//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import Storage
import Testing

@testable import EtcdStorage

/// What users of a storage see when etcd is killed under it.
@Suite(.timeLimit(.minutes(5))) struct FaultTests {
    /// What a writer knows of its increments.
    struct Tally: Sendable {
        var done = 0
        var unknown = 0
        var refused = 0
    }

    @Test(
        "Increments that were confirmed are there, those that failed aren't, and those of unknown outcome at most once, whoever dies",
        arguments: [1, 3])
    func countsThroughKills(members: Int) async throws {
        try await StorageHarness.runAlone(EtcdClusterOptions(members: members)) { harness in
            try await harness.create("a", n: 0)
            let stop = Locked(false)
            let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var tally = Tally()
                        while !stop.value { await increment(harness, &tally) }
                        return tally
                    }
                }
                for round in 0..<4 {
                    // Long enough for some increments to get through between the kills; how many doesn't matter. One after the other dies, so the
                    // leader does too.
                    let member = harness.cluster.members[round % members]
                    for isKilled in [false, true] where !isKilled || members > 1 {
                        if isKilled { await member.kill() }
                        let before = try await number(harness)
                        while try await number(harness) < before + 5 { await Task.yield() }
                    }
                    if members == 1 { await member.kill() }
                    try await member.start()
                }
                stop.change { $0 = true }
                return try await group.reduce(Tally()) { sum, one in
                    Tally(done: sum.done + one.done, unknown: sum.unknown + one.unknown, refused: sum.refused + one.refused)
                }
            }
            let final = try await number(harness)
            #expect(final >= tally.done)
            #expect(final <= tally.done + tally.unknown)
            #expect(try await harness.stored("a")?.version == Int64(final) + 1)
        }
    }

    private func increment(_ harness: StorageHarness, _ tally: inout Tally) async {
        do throws(StorageError) {
            _ = try await harness.storage.guaranteedUpdate(StorageHarness.key("a"), ignoreNotFound: false, preconditions: nil, suggestion: nil) {
                UpdateProposal(bytes: StorageHarness.pod("a", n: try StorageHarness.number($0) + 1))
            }
            tally.done += 1
        } catch {
            if error.code == .unknownOutcome { tally.unknown += 1 } else { tally.refused += 1 }
        }
    }

    @Test("Objects whose create was confirmed are there, and those whose create failed aren't")
    func createsThroughKills() async throws {
        try await StorageHarness.runAlone { harness in
            let stop = Locked(false)
            let results = try await withThrowingTaskGroup(of: [String: StorageError.Code?].self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        var results: [String: StorageError.Code?] = [:]
                        var number = 0
                        while !stop.value {
                            number += 1
                            let name = "pod-\(writer)-\(number)"
                            do {
                                try await harness.create(name)
                                results[name] = .some(nil)
                            } catch let error as StorageError {
                                results[name] = error.code
                            }
                        }
                        return results
                    }
                }
                for _ in 0..<3 {
                    let before = try await harness.storage.statistics().objectCount
                    while try await harness.storage.statistics().objectCount < before + 5 { await Task.yield() }
                    await harness.cluster.members[0].kill()
                    try await harness.cluster.members[0].start()
                }
                stop.change { $0 = true }
                return try await group.reduce(into: [:]) { $0.merge($1) { one, _ in one } }
            }
            let there = Set(try await harness.storage.list("/pods", options: ListOptions()).items.names.map { String($0.dropFirst(3)) })
            for (name, code) in results {
                switch code {
                case nil: #expect(there.contains(name), "\(name) was confirmed")
                case .unknownOutcome: break
                case .some(let code): #expect(!there.contains(name), "\(name) failed with \(code)")
                }
            }
            #expect(there.subtracting(results.keys).isEmpty)
        }
    }

    @Test("A write whose answer doesn't come is looked into, and is done once", arguments: [false, true])
    func looksIntoLostWrites(withSuggestion: Bool) async throws {
        try await StorageHarness.runAlone(writeTimeout: .seconds(3)) { harness in
            let created = try await harness.create("a", n: 1)
            let member = harness.cluster.members[0]
            // etcd stands still from the first write on, until the storage looks at what is there.
            let isFirst = Locked(true)
            harness.recorder.observe { operation in
                if operation == .update, isFirst.value {
                    isFirst.change { $0 = false }
                    try await member.pauseCompletely()
                } else {
                    member.resume()
                }
            }
            let updated = try await harness.storage.guaranteedUpdate(
                created.key, ignoreNotFound: false, preconditions: nil, suggestion: withSuggestion ? created : nil
            ) { _ in UpdateProposal(bytes: StorageHarness.pod("a", n: 2)) }
            let stored = try #require(try await harness.stored("a"))
            #expect(stored.value == StorageHarness.pod("a", n: 2))
            #expect(stored.version == 2)
            #expect(stored.modRevision == Int64(updated.resourceVersion.value))
        }
    }

    @Test("A write of which nothing can be learnt is of unknown outcome", arguments: [false, true])
    func admitsIgnorance(deletes: Bool) async throws {
        try await StorageHarness.runAlone(readTimeout: .seconds(3), writeTimeout: .seconds(3)) { harness in
            let created = try await harness.create("a", n: 1)
            let member = harness.cluster.members[0]
            harness.recorder.observe { operation in if operation == .update || operation == .delete { try await member.pauseCompletely() } }
            let error = try await storageError {
                if deletes { return try await harness.storage.delete(created.key, preconditions: nil, suggestion: created) { _ in } }
                return try await harness.storage.guaranteedUpdate(created.key, ignoreNotFound: false, preconditions: nil, suggestion: created) { _ in
                    UpdateProposal(bytes: StorageHarness.pod("a", n: 2))
                }
            }
            member.resume()
            #expect(error.code == .unknownOutcome)
            #expect(error.key == created.key)
            #expect(error.message.contains("read it before writing again"))
        }
    }

    @Test("Without etcd a read fails as unreachable or too slow, and naming its key")
    func unreachable() async throws {
        try await StorageHarness.runAlone(readTimeout: .seconds(5), writeTimeout: .seconds(5), configure: { $0.listPageTimeout = .seconds(5) }) {
            harness in
            try await harness.create("a")
            await harness.cluster.members[0].kill()
            let errors = [
                try await storageError { try await harness.get("a") },
                try await storageError { try await harness.storage.list("/pods", options: ListOptions()) },
                try await storageError { try await harness.create("b") }, try await storageError { try await harness.delete("a") },
            ]
            for error in errors {
                #expect([.unreachable, .timeout].contains(error.code), "\(error)")
                #expect(error.key.hasPrefix("/pods"))
            }
            #expect(await !harness.storage.supportsWatchProgress)
            try await harness.cluster.members[0].start()
            #expect(await harness.storage.supportsWatchProgress)
            #expect(try await harness.get("b") == nil)
            #expect(try await harness.get("a") != nil)
        }
    }

    @Test("A value that is larger than etcd takes, or a full etcd, is an error of its own, and nothing is written")
    func limits() async throws {
        let options = EtcdClusterOptions(quotaBackendBytes: 4 << 20, maxRequestBytes: 200_000)
        try await StorageHarness.runAlone(options) { harness in
            let big = StorageHarness.pod("a", node: String(repeating: "x", count: 300_000))
            let tooLarge = try await storageError { try await harness.storage.create(StorageHarness.key("a"), bytes: big, ttl: 0) }
            #expect(tooLarge.code == .tooLarge)
            #expect(try await harness.get("a") == nil)
            let full = try await storageError {
                for n in 0..<200 { try await harness.create("pod-\(n)", node: String(repeating: "x", count: 150_000)) }
            }
            #expect(full.code == .outOfSpace)
            #expect(try await harness.storage.list("/pods", options: ListOptions()).items.count > 0)
        }
    }

    @Test("Cancelling the caller ends a call")
    func cancels() async throws {
        try await StorageHarness.runAlone { harness in
            try await harness.create("a")
            try await harness.cluster.members[0].pauseCompletely()
            defer { harness.cluster.members[0].resume() }
            let reading = Task { try await harness.get("a") }
            reading.cancel()
            #expect(try await storageError { try await reading.value }.code == .timeout)
        }
    }

    private func number(_ harness: StorageHarness) async throws -> Int {
        while true {
            do {
                return try StorageHarness.number(try await harness.get("a"))
            } catch let error as StorageError where error.code == .unreachable || error.code == .timeout {
                continue
            }
        }
    }
}
