//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import EtcdClient
import EtcdTestKit

/// What ``EtcdClient`` costs, beside the least that a client in C costs and the gRPC C core. Each measures itself in a process of its own, one
/// after the other, several times round; the medians are printed. The numbers to reach were measured on a 2-core machine.
@main enum ClientBenchmark {
    static func main() async throws {
        FloorProcess.takeOverIfAsked()
        let options = Options()
        let report = Report(floor: "C floor", other: "libgrpc")
        try await EtcdCluster.withCluster { cluster in
            let rows = ClientRows(cluster: cluster, report: report, isFull: options.isFull)
            let filled = try await rows.fill()
            if options.wants("range") { try await rows.range() }
            if options.wants("put") { try await rows.put() }
            if options.wants("single") { try await rows.oneAtATime() }
            if options.wants("live") { try await rows.live() }
            if options.wants("replay") { try await rows.replay(after: filled) }
            if options.wants("pages") { try await rows.pages() }
        }
        if options.wants("mtls") {
            try await EtcdCluster.withCluster(tls: true) { cluster in
                try await ClientRows(cluster: cluster, report: report, isFull: options.isFull).mutualTLS()
            }
        }
    }
}
