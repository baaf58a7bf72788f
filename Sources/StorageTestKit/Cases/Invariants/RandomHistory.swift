//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// What some writers did to a few pods at once, at random, and what they, a lister and a watcher were told.
struct RandomHistory: Sendable {
    /// A write that had an effect, as its writer was told, or as a watcher was.
    struct Record: Sendable, Hashable {
        var key: String
        var kind: WatchChange.Kind
        var version: ResourceVersion
        var bytes: [UInt8]
    }

    static let names = ["a", "b", "c", "d", "e", "f"]

    var start: ResourceVersion
    var end: ResourceVersion
    /// In the order of versions.
    var writes: [Record]
    var lists: [StorageList]
    /// In the order that a watch from the start told them.
    var events: [Record]

    init(_ bench: Bench, seed: UInt64, steps: Int) async throws {
        let first = try await bench.create("first", in: "zz")
        start = first.resourceVersion
        let writes = Locked<[Record]>([])
        let lists = Locked<[StorageList]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(writer))
                    for step in 0..<max(1, steps / 4) {
                        if let record = try await Self.act(bench, writer * 100_000 + step, &generator) { writes.change { $0.append(record) } }
                        guard step % 8 == writer else { continue }
                        let list = try await bench.list("/pods/ns")
                        lists.change { $0.append(list) }
                    }
                }
            }
            try await group.waitForAll()
        }
        self.writes = writes.value.sorted { $0.version < $1.version }
        self.lists = lists.value
        end = try await bench.update("first", in: "zz", n: 1).resourceVersion
        events = try await Self.events(bench, after: start, upTo: end)
    }

    /// One random write; nil when it had no effect.
    private static func act(_ bench: Bench, _ number: Int, _ generator: inout SeededGenerator) async throws -> Record? {
        let name = names.randomElement(using: &generator) ?? "a"
        let bytes = Bench.pod(name, labels: ["even": number.isMultiple(of: 2) ? "yes" : "no"], n: number)
        let key = Bench.key(name)
        do {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                let made = try await bench.storage.create(key, bytes: bytes, ttl: 0)
                return Record(key: key, kind: .added, version: made.resourceVersion, bytes: bytes)
            case 1:
                let gone = try await bench.delete(name)
                return Record(key: key, kind: .deleted, version: gone.resourceVersion, bytes: gone.bytes)
            case 2:
                let suggestion = try await bench.get(name)
                let made = try await bench.storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion) { _ in
                    UpdateProposal(bytes: bytes)
                }
                return Record(key: key, kind: .modified, version: made.resourceVersion, bytes: bytes)
            default:
                let wasMissing = Locked(false)
                let made = try await bench.storage.guaranteedUpdate(key, ignoreNotFound: true, preconditions: nil, suggestion: nil) { object in
                    wasMissing.change { $0 = object == nil }
                    return UpdateProposal(bytes: bytes)
                }
                return Record(key: key, kind: wasMissing.value ? .added : .modified, version: made.resourceVersion, bytes: bytes)
            }
        } catch let error as StorageError where error.code == .keyExists || error.code == .keyNotFound {
            return nil
        }
    }

    /// What a watch tells between two versions.
    static func events(_ bench: Bench, after start: ResourceVersion, upTo end: ResourceVersion) async throws -> [Record] {
        let reader = try await bench.watch(after: start)
        var events: [Record] = []
        while true {
            let change = try await reader.change()
            if change.object.resourceVersion >= end { break }
            if change.object.key.hasPrefix("/pods/ns/") {
                events.append(Record(key: change.object.key, kind: change.kind, version: change.object.resourceVersion, bytes: change.object.bytes))
            }
        }
        reader.stream.cancel()
        return events
    }

    /// What there is after the events up to a version, in the order of keys.
    func state(at version: ResourceVersion) -> [Record] {
        var state: [String: Record] = [:]
        for event in events where event.version <= version { state[event.key] = event.kind == .deleted ? nil : event }
        return state.values.sorted { $0.key < $1.key }
    }

    /// Versions to look at: those of lists, and those of some events.
    func versions(_ count: Int, _ generator: inout SeededGenerator) -> [ResourceVersion] {
        lists.map(\.resourceVersion).filter { $0 < end } + events.shuffled(using: &generator).prefix(count).map(\.version)
    }
}

extension Array where Element == RandomHistory.Record {
    var lines: [String] { map { "\($0.version) \($0.kind.rawValue) \($0.key) \(String(decoding: $0.bytes.suffix(30), as: UTF8.self))" } }
}

extension Array where Element == StoredObject {
    var versionLines: [String] { map { "\($0.resourceVersion) \($0.key) \(String(decoding: $0.bytes.suffix(30), as: UTF8.self))" } }
}

extension Array where Element == RandomHistory.Record {
    var versionLines: [String] { map { "\($0.version) \($0.key) \(String(decoding: $0.bytes.suffix(30), as: UTF8.self))" } }
}
