//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import BenchmarkSupport
import CacherStorage
import EtcdStorage
import Storage

extension CacherRows {
    func reads(_ cached: Cached) async throws {
        let (cacher, storage) = (cached.cacher, cached.storage)
        let key = "/\(cached.resource)/default/object-00000001"
        let anyVersion = GetOptions(resourceVersion: .zero)
        let get = try await Measurement.of {
            for _ in 0..<200_000 { _ = try await cacher.get(key, options: anyVersion) }
            return 200_000
        }
        report.row("get at version 0: CPU us", ours: get.cpuPerOperation, target: .atMost(1))

        let list = try await median { _ = try await cacher.list("/\(cached.resource)", options: ListOptions(resourceVersion: .zero)) }
        report.row("list 10 000 at version 0: ms", ours: list, target: .atMost(0.5))

        let roundTrip = try await median { _ = try await storage.currentResourceVersion() }
        let consistent = try await median { _ = try await cacher.list("/\(cached.resource)", options: ListOptions()) }
        let fromStore = try await median(times: 5) { _ = try await storage.list("/\(cached.resource)", options: ListOptions()) }
        report.row("consistent list 10 000, beyond etcd's answer: ms", ours: consistent - roundTrip, floor: fromStore, target: .atMost(0.8))

        // A snapshot is kept of what has been seen to change.
        try await cluster.fill("/registry/\(cached.resource)/default/object-", count: 1)
        let version = try await cacher.list("/\(cached.resource)", options: ListOptions()).resourceVersion
        let options = ListOptions(resourceVersion: version, match: .exact, predicate: SelectionPredicate(limit: 500))
        let page = try await median { _ = try await cacher.list("/\(cached.resource)", options: options) }
        let pageFromStore = try await median { _ = try await storage.list("/\(cached.resource)", options: options) }
        report.row("one page of 500 at an exact version: ms", ours: page, floor: pageFromStore, target: .atMost(0.05))
    }

    /// In milliseconds.
    private func median(times: Int = 101, _ operation: () async throws -> Void) async throws -> Double {
        try await Measurement.oneByOne(operations: times) { _ in try await operation() }.median / 1000
    }
}
