//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import BenchmarkSupport
import EtcdClient
import EtcdStorage
import Storage

extension StorageRows {
    func create() async throws {
        let (client, storage, operations) = (client, storage, operations)
        let comparison = try await compare { round in
            try await Measurement.load(operations: operations) { index in try await Raw.create(client, round * operations + index) }
        } ours: { round in
            try await Measurement.load(operations: operations) { index in
                _ = try await storage.create(Self.key(round * operations + index), bytes: value(index), ttl: 0)
            }
        }
        rows("create", comparison, cpu: 46, rate: 9.9)
    }

    func get() async throws {
        let (client, storage) = (client, storage)
        try await Raw.create(client, -1)
        _ = try await storage.create(Self.key(-1), bytes: value(0), ttl: 0)
        let (key, rawKey) = (Self.key(-1), Self.rawKey(-1))
        let comparison = try await compare { _ in
            try await Measurement.load(operations: operations * 2) { _ in _ = try await client.range(.key(rawKey)) }
        } ours: { _ in
            try await Measurement.load(operations: operations * 2) { _ in _ = try await storage.get(key, options: GetOptions()) }
        }
        rows("get", comparison, cpu: 25, rate: 14.9)
    }

    /// Each task updates an object of its own, so that none has to try again.
    func update() async throws {
        let (client, storage) = (client, storage)
        let objects = 1_000_000..<1_000_064
        for index in objects {
            try await Raw.create(client, index)
            _ = try await storage.create(Self.key(index), bytes: value(0), ttl: 0)
        }
        let comparison = try await compare { _ in
            try await Measurement.load(operations: operations) { index in
                let key = Self.rawKey(objects.lowerBound + index % 64)
                let found = try await client.range(.key(key))
                _ = try await Raw.write(client, key, index, over: found.kvs.first?.modRevision ?? 0)
            }
        } ours: { round in
            try await Measurement.load(operations: operations) { index in
                _ = try await storage.guaranteedUpdate(
                    Self.key(objects.lowerBound + index % 64), ignoreNotFound: false, preconditions: nil, suggestion: nil
                ) { _ in UpdateProposal(bytes: value(index / 64 + 1 + round)) }
            }
        }
        rows("guaranteedUpdate, reads first", comparison, cpu: 76.5, rate: 4.3)
        try await updateFromCache(objects)
    }

    private func updateFromCache(_ objects: Range<Int>) async throws {
        let (client, storage) = (client, storage)
        let perTask = operations / 64
        var comparison = try await compare { _ in
            try await Measurement.load(operations: 64) { slot in
                let key = Self.rawKey(objects.lowerBound + slot)
                var revision = try await client.range(.key(key)).kvs.first?.modRevision ?? 0
                for index in 0..<perTask { revision = try await Raw.write(client, key, index, over: revision) }
            }
        } ours: { round in
            try await Measurement.load(operations: 64) { slot in
                let key = Self.key(objects.lowerBound + slot)
                var known = try await storage.get(key, options: GetOptions())
                for index in 0..<perTask {
                    known = try await storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: known) { _ in
                        UpdateProposal(bytes: value(index + 1 + round))
                    }
                }
            }
        }
        comparison.ours.operations *= perTask
        comparison.raw.operations *= perTask
        rows("guaranteedUpdate, from a cached object", comparison, cpu: 70, rate: 6.7)
    }

    func delete() async throws {
        let (client, storage) = (client, storage)
        let comparison = try await compare { round in
            try await cluster.fill("/registry/raw/gone-\(round)/", count: operations)
            return try await Measurement.load(operations: operations) { index in
                let key = Array("/registry/raw/gone-\(round)/\(padded(index))".utf8)
                let revision = try await client.range(.key(key)).kvs.first?.modRevision ?? 0
                _ = try await client.transaction(
                    Transaction(
                        compare: [.modRevision(key, .equal, revision)], success: [.deleteRange(.key(key))],
                        failure: [.range(.key(key))]))
            }
        } ours: { round in
            try await cluster.fill("/registry/widgets/gone-\(round)/", count: operations)
            return try await Measurement.load(operations: operations) { index in
                _ = try await storage.delete("/widgets/gone-\(round)/\(padded(index))", preconditions: nil, suggestion: nil) { _ in }
            }
        }
        rows("delete", comparison, cpu: 60, rate: 5.3)
    }

    /// Most of a list's time is etcd's own, so on another machine than the one that the targets were measured on the ratio tells more.
    func list() async throws {
        try await cluster.fill("/registry/widgets/many/", count: 10_000)
        let whole = try await compare { _ in
            try await Measurement.oneByOne(operations: 5) { _ in
                _ = try await client.range(.prefix("/registry/widgets/many/"), options: RangeOptions(limit: 10_000))
            }
        } ours: { _ in
            try await Measurement.oneByOne(operations: 5) { _ in _ = try await storage.list("/widgets/many", options: ListOptions()) }
        }
        listRow("one range", whole, target: 63)
        let pages = try await compare { _ in
            try await Measurement.oneByOne(operations: 5) { _ in try await rawPages() }
        } ours: { _ in
            try await Measurement.oneByOne(operations: 5) { _ in
                var options = ListOptions(predicate: SelectionPredicate(limit: 500))
                repeat {
                    options.predicate.continueToken = try await storage.list("/widgets/many", options: options).continueToken
                } while options.predicate.continueToken != nil
            }
        }
        listRow("pages of 500", pages, target: 81)
    }

    private func listRow(_ name: String, _ comparison: Comparison, target: Double) {
        report.row(
            "list 10 000, \(name): ms", ours: comparison.ours.median / 1000, floor: comparison.raw.median / 1000,
            target: .atMost(target, orRatio: 1.1))
    }

    private func rawPages() async throws {
        var start = Array("/registry/widgets/many/".utf8)
        let end = KeyRange.endOfPrefix(start)
        var options = RangeOptions(limit: 500)
        while true {
            let page = try await client.range(.range(from: start, to: end), options: options)
            guard page.more, let last = page.kvs.last else { return }
            options.revision = page.header.revision
            start = last.key + [0]
        }
    }
}

/// The transactions that upstream's store is made of.
private enum Raw {
    static func create(_ client: EtcdClient, _ index: Int) async throws {
        _ = try await write(client, StorageRows.rawKey(index), index, over: 0)
    }

    /// Returns the new revision.
    static func write(_ client: EtcdClient, _ key: [UInt8], _ index: Int, over revision: Int64) async throws -> Int64 {
        let answer = try await client.transaction(
            Transaction(
                compare: [.modRevision(key, .equal, revision)], success: [.put(key, value(index))],
                failure: [.range(.key(key))]))
        return answer.header.revision
    }
}

/// Made before anything is measured: one object and the next differ.
private let values = (0..<256).map(object)
private func value(_ index: Int) -> [UInt8] { values[(index & .max) % values.count] }

/// As the floor numbers its keys.
private func padded(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
