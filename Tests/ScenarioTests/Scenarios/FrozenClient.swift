//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Foundation
import HistoryTesting
import TestWaiting
import Testing

@testable import EtcdTestKit

extension Scenarios {
    @Suite("Clients that stand still") struct FrozenClient {
        @Test("S33: a client that is stopped for longer than its lease lives finds it lost before it does anything under it", .soakLimit)
        func frozen() async throws {
            let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            let executable = folder.appendingPathComponent("LeaseHolder").path
            try await EtcdCluster.withCluster { cluster in
                for _ in 0..<Soak.rounds(1, secondsPerRound: 6) {
                    let directory = try TemporaryDirectory()
                    defer { directory.remove() }
                    let output = directory.file("out")
                    let child = try ChildProcess(
                        executable: executable, arguments: [cluster.endpoints[0], "2"], standardOutput: output,
                        standardError: directory.file("err"))
                    defer { child.signal(SIGKILL) }
                    func lines() -> [Substring] { TemporaryDirectory.text(of: output).split(separator: "\n") }
                    try await eventually("work under a lease") { lines().contains("working") }
                    let lease = try #require(lines().first { $0.hasPrefix("held ") }.flatMap { Int64($0.dropFirst(5)) })
                    child.stop()
                    let before = lines().count
                    _ = try await withClient(of: cluster.endpoints) { client in
                        try await eventually("end of the lease") { try await client.leaseTimeToLive(lease).ttl < 0 }
                    }
                    child.signal(SIGCONT)
                    _ = await child.waitForExit()
                    let after = Array(lines().dropFirst(before))
                    #expect(after.count == 1 && after[0].hasPrefix("lost lease"), "\(after)")
                }
            }
        }
    }
}
