//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage
import Testing

@testable import EtcdStorage

/// What must hold whatever happens in whatever order.
@Suite(.timeLimit(.minutes(5))) struct InvariantTests {
    /// What writers were told.
    struct Record: Sendable {
        var key: String
        var kind: WatchChange.Kind
        var version: ResourceVersion
        var bytes: [UInt8]
    }

    static let names = ["a", "b", "c", "d", "e"]

    @Test("Versions, lists, watches and writers agree about a random history")
    func holds() async throws {
        let seed = SeededGenerator.seed()
        try await StorageHarness.run(configure: { $0.listPageSize = 2 }) { harness in
            let start = try await harness.foreignWrite()
            let (records, lists) = try await write(harness, seed: seed)
            let end = try await harness.foreignWrite()
            let events = try await events(harness, after: start, upTo: end)

            // A writer is told the version of its own event, and no event is anyone else's. (1, 2, 8)
            #expect(records.map(describe) == events.map(describe), "seed \(seed)")
            // Nothing is numbered twice, and numbers rise.
            #expect(zip(events, events.dropFirst()).allSatisfy { $0.version < $1.version }, "seed \(seed)")

            for list in lists {
                #expect(list.items.allSatisfy { $0.resourceVersion <= list.resourceVersion }, "seed \(seed)")
                try await check(list, harness, events, start, end, seed)
            }
            var generator = SeededGenerator(seed: seed)
            for event in events.shuffled(using: &generator).prefix(8) {
                let list = try await harness.storage.list("/pods", options: ListOptions(resourceVersion: event.version, match: .exact))
                try await check(list, harness, events, start, end, seed)
            }
            try await checkIdentity(harness, seed)
        }
    }

    /// Some writers and a lister at once; gives what they were told, in the order of versions.
    private func write(_ harness: StorageHarness, seed: UInt64) async throws -> ([Record], [StorageList]) {
        let records = Locked<[Record]>([])
        let lists = Locked<[StorageList]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(writer))
                    for step in 0..<25 {
                        let number = writer * 1000 + step
                        if let record = try await act(harness, number, &generator) { records.change { $0.append(record) } }
                        if step % 8 == writer {
                            let list = try await harness.storage.list("/pods", options: ListOptions())
                            lists.change { $0.append(list) }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        return (records.value.sorted { $0.version < $1.version }, lists.value)
    }

    /// One random write; nil when it had no effect.
    private func act(_ harness: StorageHarness, _ number: Int, _ generator: inout SeededGenerator) async throws -> Record? {
        let name = Self.names.randomElement(using: &generator) ?? "a"
        let bytes = StorageHarness.pod(name, n: number)
        let key = StorageHarness.key(name)
        do {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                let made = try await harness.storage.create(key, bytes: bytes, ttl: 0)
                return Record(key: key, kind: .added, version: made.resourceVersion, bytes: bytes)
            case 1:
                let gone = try await harness.delete(name)
                return Record(key: key, kind: .deleted, version: gone.resourceVersion, bytes: gone.bytes)
            case 2:
                let suggestion = try await harness.get(name)
                let made = try await harness.storage.guaranteedUpdate(
                    key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion
                ) { _ in UpdateProposal(bytes: bytes) }
                return Record(key: key, kind: .modified, version: made.resourceVersion, bytes: bytes)
            default:
                let wasMissing = Locked(false)
                let made = try await harness.storage.guaranteedUpdate(key, ignoreNotFound: true, preconditions: nil, suggestion: nil) { object in
                    wasMissing.change { $0 = object == nil }
                    return UpdateProposal(bytes: bytes)
                }
                return Record(key: key, kind: wasMissing.value ? .added : .modified, version: made.resourceVersion, bytes: bytes)
            }
        } catch let error as StorageError where error.code == .keyExists || error.code == .keyNotFound {
            return nil
        }
    }

    private func events(_ harness: StorageHarness, after start: ResourceVersion, upTo end: ResourceVersion) async throws -> [Record] {
        // A pod that is written last tells that everything before it has come.
        let last = try await harness.create("last", in: "zz")
        let reader = EventReader(try await harness.storage.watch("/pods", options: ListOptions(resourceVersion: start)))
        var events: [Record] = []
        while true {
            let change = try await reader.change()
            if change.object.key == last.key { break }
            if change.object.resourceVersion <= end {
                events.append(
                    Record(key: change.object.key, kind: change.kind, version: change.object.resourceVersion, bytes: change.object.bytes))
            }
        }
        try await harness.delete("last", in: "zz")
        return events
    }

    /// A list is the replay of the events up to its version (3), a watch from it has the rest (4), and its pages make the whole (5).
    private func check(
        _ list: StorageList, _ harness: StorageHarness, _ events: [Record], _ start: ResourceVersion, _ end: ResourceVersion, _ seed: UInt64
    ) async throws {
        var state: [String: Record] = [:]
        for event in events where event.version <= list.resourceVersion { state[event.key] = event.kind == .deleted ? nil : event }
        let expected = state.values.sorted { $0.key < $1.key }
        #expect(list.items.map(\.key) == expected.map(\.key), "seed \(seed)")
        #expect(list.items.map(\.resourceVersion) == expected.map(\.version), "seed \(seed)")
        #expect(list.items.map(\.bytes) == expected.map(\.bytes), "seed \(seed)")

        let rest = try await self.events(harness, after: list.resourceVersion, upTo: end)
        #expect(rest.map(describe) == events.filter { $0.version > list.resourceVersion }.map(describe), "seed \(seed)")

        for limit in 1...Self.names.count + 1 {
            var items: [StoredObject] = []
            var token: String?
            repeat {
                let version = token == nil ? list.resourceVersion : nil
                let predicate = SelectionPredicate(limit: limit, continueToken: token)
                let page = try await harness.storage.list(
                    "/pods", options: ListOptions(resourceVersion: version, match: version == nil ? nil : .exact, predicate: predicate))
                #expect(page.resourceVersion == list.resourceVersion, "seed \(seed)")
                items += page.items
                token = page.continueToken
            } while token != nil
            #expect(items.map(\.resourceVersion) == list.items.map(\.resourceVersion), "seed \(seed), limit \(limit)")
        }
    }

    /// An update that changes nothing changes no version. (6)
    private func checkIdentity(_ harness: StorageHarness, _ seed: UInt64) async throws {
        for object in try await harness.storage.list("/pods", options: ListOptions()).items {
            let same = try await harness.storage.guaranteedUpdate(object.key, ignoreNotFound: false, preconditions: nil, suggestion: object) {
                UpdateProposal(bytes: try #require($0).bytes)
            }
            #expect(same.resourceVersion == object.resourceVersion, "seed \(seed)")
        }
    }

    private func describe(_ record: Record) -> String {
        "\(record.version) \(record.kind.rawValue) \(record.key) \(String(decoding: record.bytes, as: UTF8.self))"
    }
}
