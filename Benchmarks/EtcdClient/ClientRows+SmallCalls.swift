//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport

// Rates have the targets of the table against Go's client, which can't run here: of the rows for small calls libgrpc's rate was the same as Go's.
extension ClientRows {
    func range() async throws {
        let results = try await compareRange()
        row("Range, 64 in flight: CPU us/op", results, target: .atMost(16, orRatio: 1.7)) { $0.cpuPerOperation }
        row("Range, 64 in flight: 1000 ops/s", results, target: .ratioAtLeast(0.96, orOther: 1.3)) { $0.thousandsPerSecond }
    }

    func put() async throws {
        let results = try await compare(rounds: 9) { peer in
            try await FloorProcess.run(["put", cluster.server, "/put/", "64", "\(operations)", "1000", "0"], by: peer)
        }
        row("Put, 64 in flight: CPU us/op", results, target: .atMost(15, orRatio: 1.7)) { $0.cpuPerOperation }
        row("Put, 64 in flight: 1000 ops/s", results, target: .ratioAtLeast(0.74, orOther: 1.5)) { $0.thousandsPerSecond }
    }

    func oneAtATime() async throws {
        // Which core a process's thread shares with the server decides this as much as what it does, and that is drawn anew with each process. Yet a
        // process is to run for a while: the first few hundred calls are slower, all the more of those who are quick.
        let results = try await compare(rounds: 60) { peer in
            try await FloorProcess.run(["range", cluster.server, key, "1", "1500"], by: peer)
        }
        row("Range, one at a time: p50 us", results, target: .atMost(260, orRatio: 260 / 214)) { $0.median }
    }

    func mutualTLS() async throws {
        try await cluster.fill(prefix, count: 2)
        row("Range over mTLS, 64 in flight: CPU us/op", try await compareRange(), target: .atMost(25, orRatio: 1.7)) { $0.cpuPerOperation }
    }

    private func compareRange() async throws -> Comparison {
        try await compare(rounds: 9) { peer in try await FloorProcess.run(["range", cluster.server, key, "64", "\(operations)"], by: peer) }
    }
}
