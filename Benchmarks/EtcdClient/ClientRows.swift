//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import EtcdClient
import EtcdTestKit

/// What one command cost each of the three, as medians of several rounds.
struct Comparison {
    var ours: Measurement
    var floor: Measurement
    var libgrpc: Measurement
}

/// The rows, against one cluster.
struct ClientRows {
    var cluster: EtcdCluster
    var report: Report
    var isFull: Bool

    let prefix = "/bench/"
    var key: String { "\(prefix)00000001" }
    /// How many keys there are to page through.
    let keys = 100_000
    var operations: Int { isFull ? 100_000 : 20_000 }

    /// Writes the keys. Returns the revision before the first.
    func fill() async throws -> Int64 {
        let revision = try await withClient(of: cluster) { client in try await client.range(.key(prefix)).header.revision }
        try await cluster.fill(prefix, count: keys)
        return revision
    }

    /// Measures all three in turn, round after round: what disturbs the machine disturbs all of them.
    /// - Parameters:
    ///   - rounds: More of them tell more where a round is short.
    ///   - measure: is given the peer's executable, nil for the floor.
    func compare(rounds: Int = 3, _ measure: (_ executable: String?) async throws -> Measurement) async throws -> Comparison {
        let peers = [nil, "bench-libgrpc", "bench-ours"]
        var results = [[Measurement]](repeating: [], count: peers.count)
        for round in 0..<rounds {
            // Nobody always follows the same one.
            let turns = round.isMultiple(of: 2) ? Array(peers.indices) : peers.indices.reversed()
            for turn in turns { results[turn].append(try await measure(peers[turn])) }
        }
        let medians = results.map(Measurement.init(medianOf:))
        return Comparison(ours: medians[2], floor: medians[0], libgrpc: medians[1])
    }

    func row(_ name: String, _ comparison: Comparison, target: Target, _ value: (Measurement) -> Double) {
        report.row(name, ours: value(comparison.ours), floor: value(comparison.floor), other: value(comparison.libgrpc), target: target)
    }
}
