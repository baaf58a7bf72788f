//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import BenchmarkSupport
import EtcdClient
import EtcdStorage
import EtcdTestKit
import Logging
import Storage

/// What ``EtcdStorage`` costs, beside the calls of ``EtcdClient`` that each operation is made of. The CPU to stay below is a quarter
/// of what upstream's store took on a 2-core machine, the rates are 1.5 times its own and more.
@main enum StorageBenchmark {
    static func main() async throws {
        FloorProcess.takeOverIfAsked()
        let options = Options()
        try await EtcdCluster.withCluster { cluster in
            try await withClient(of: cluster) { client in
                let rows = StorageRows(cluster: cluster, client: client, isFull: options.isFull)
                if options.wants("create") { try await rows.create() }
                if options.wants("get") { try await rows.get() }
                if options.wants("update") { try await rows.update() }
                if options.wants("delete") { try await rows.delete() }
                if options.wants("list") { try await rows.list() }
            }
        }
    }
}

/// The rows, against one cluster.
struct StorageRows {
    var cluster: EtcdCluster
    var client: EtcdClient
    var storage: EtcdStorage
    let report = Report(floor: "raw calls")
    var operations: Int

    init(cluster: EtcdCluster, client: EtcdClient, isFull: Bool) {
        self.cluster = cluster
        self.client = client
        operations = isFull ? 20_000 : 5_000
        storage = Self.storage(client)
    }

    static func storage(_ client: EtcdClient) -> EtcdStorage {
        EtcdStorage(
            client: client,
            configuration: EtcdStorageConfiguration(
                resourcePrefix: "/widgets", groupResource: GroupResource(group: "example.com", resource: "widgets")),
            logger: Logger(label: "benchmark"))
    }

    static func key(_ index: Int) -> String { "/widgets/default/object-\(index)" }
    static func rawKey(_ index: Int) -> [UInt8] { Array("/registry/raw/default/object-\(index)".utf8) }

    /// Measures both in turn, round after round, each with operations of its own: what disturbs the machine disturbs both.
    func compare(
        raw: (_ round: Int) async throws -> Measurement, ours: (_ round: Int) async throws -> Measurement
    ) async throws -> Comparison {
        var (raws, ourselves): ([Measurement], [Measurement]) = ([], [])
        for round in 0..<3 {
            raws.append(try await raw(round))
            ourselves.append(try await ours(round))
        }
        return Comparison(ours: Measurement(medianOf: ourselves), raw: Measurement(medianOf: raws))
    }

    /// What an operation cost, and the calls that it is made of.
    struct Comparison {
        var ours: Measurement
        var raw: Measurement
    }

    func rows(_ name: String, _ comparison: Comparison, cpu: Double, rate: Double) {
        let (ours, raw) = (comparison.ours, comparison.raw)
        report.row("\(name), 64 in flight: CPU us/op", ours: ours.cpuPerOperation, floor: raw.cpuPerOperation, target: .atMost(cpu))
        report.row(
            "\(name), 64 in flight: 1000 ops/s", ours: ours.thousandsPerSecond, floor: raw.thousandsPerSecond, target: .atLeast(rate))
    }
}
