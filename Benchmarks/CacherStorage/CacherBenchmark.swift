//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import BenchmarkSupport
import CacherStorage
import EtcdClient
import EtcdStorage
import EtcdTestKit
import Logging
import Storage

/// What ``CacherStorage`` costs. The second number is what the store below it takes for the same, where that means something.
@main enum CacherBenchmark {
    static func main() async throws {
        FloorProcess.takeOverIfAsked()
        let options = Options()
        try await EtcdCluster.withCluster { cluster in
            try await cluster.fill("/registry/widgets/default/object-", count: 10_000)
            if options.isFull { try await cluster.fill("/registry/gadgets/default/object-", count: 100_000) }
            try await withClient(of: cluster) { client in
                let rows = CacherRows(cluster: cluster, client: client)
                // First, because memory that was used before would hide what the cache takes.
                if options.isFull {
                    try await rows.run("gadgets", objects: 100_000, readyWithin: 1.2) { _ in }
                }
                try await rows.run("widgets", objects: 10_000, readyWithin: 0.12) { cacher in
                    if options.wants("reads") { try await rows.reads(cacher) }
                    if options.wants("fan-out") { try await rows.fanOut(cacher, seconds: options.isFull ? 10 : 3) }
                    if options.wants("full speed") { try await rows.fullSpeed(cacher) }
                }
            }
        }
    }
}

/// The rows, against one cluster.
struct CacherRows {
    var cluster: EtcdCluster
    var client: EtcdClient
    let report = Report(floor: "store")

    /// Starts a cacher, tells what that took, and runs `body` with it.
    func run(_ resource: String, objects: Int, readyWithin seconds: Double, _ body: (Cached) async throws -> Void) async throws {
        let logger = Logger(label: "benchmark")
        let name = GroupResource(group: "example.com", resource: resource)
        let storage = EtcdStorage(
            client: client, configuration: EtcdStorageConfiguration(resourcePrefix: "/\(resource)", groupResource: name), logger: logger)
        // What the connection and the store's first call take isn't the cache's.
        _ = try await storage.currentResourceVersion()
        let memoryBefore = residentMemory()
        let cacher = CacherStorage(
            underlying: storage, configuration: CacherStorageConfiguration(groupResource: name, resourcePrefix: "/\(resource)"), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let start = ContinuousClock.now
            group.addTask { try await cacher.run() }
            defer { group.cancelAll() }
            try await cacher.waitUntilReady()
            let ready = (ContinuousClock.now - start) / .seconds(1)
            report.row("start, \(objects) objects: s to ready", ours: ready, target: .atMost(seconds))
            if let memoryBefore, let memoryNow = residentMemory() {
                report.row(
                    "memory, \(objects) objects: KB RSS an object", ours: (memoryNow - memoryBefore) / Double(objects) / 1000, target: .atMost(2.5))
            }
            try await body(Cached(cacher: cacher, storage: storage, resource: resource))
        }
    }
}

/// A cacher that is ready, and the store below it.
struct Cached {
    var cacher: CacherStorage
    var storage: EtcdStorage
    var resource: String
}
