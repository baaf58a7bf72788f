//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import EtcdClient
import EtcdTestKit

/// What ``EtcdClient`` costs, beside the least that a client in C costs. The numbers to reach were measured on a 2-core machine.
@main enum ClientBenchmark {
    static func main() async throws {
        FloorProcess.takeOverIfAsked()
        let options = Options()
        let report = Report(floor: "C floor")
        try await EtcdCluster.withCluster { cluster in
            try await withClient(of: cluster) { client in
                let rows = ClientRows(cluster: cluster, client: client, report: report, isFull: options.isFull)
                // First, because the peak of the process's memory is one of its rows.
                let filled = try await rows.fill()
                if options.wants("pages") { try await rows.pages() }
                if options.wants("replay") { try await rows.replay(after: filled) }
                if options.wants("range") { try await rows.range() }
                if options.wants("put") { try await rows.put() }
                if options.wants("single") { try await rows.oneAtATime() }
                if options.wants("live") { try await rows.live() }
            }
        }
        if options.wants("mtls") {
            try await EtcdCluster.withCluster(tls: true) { cluster in
                try await withClient(of: cluster) { client in
                    try await ClientRows(cluster: cluster, client: client, report: report, isFull: options.isFull).mutualTLS()
                }
            }
        }
    }
}

/// The rows, against one cluster.
struct ClientRows {
    var cluster: EtcdCluster
    var client: EtcdClient
    var report: Report
    var isFull: Bool

    let prefix = "/bench/"
    var key: [UInt8] { Array("\(prefix)00000001".utf8) }
    /// How many keys there are to page through and to replay.
    var keys: Int { isFull ? 100_000 : 20_000 }
    var operations: Int { isFull ? 100_000 : 20_000 }

    /// Writes the keys. Returns the revision before the first.
    func fill() async throws -> Int64 {
        let revision = try await client.range(.key(prefix)).header.revision
        try await cluster.fill(prefix, count: keys)
        return revision
    }
}
