//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import EtcdClient

extension ClientRows {
    func range() async throws {
        let floor = try await FloorProcess.run(["range", cluster.port, "\(prefix)00000001", "64", "\(operations)"])
        let ours = try await measureRange()
        report.row("Range, 64 in flight: CPU us/op", ours: ours.cpuPerOperation, floor: floor.cpuPerOperation, target: .atMost(16))
        report.row(
            "Range, 64 in flight: 1000 ops/s", ours: ours.thousandsPerSecond, floor: floor.thousandsPerSecond, target: .ratioAtLeast(0.96))
    }

    func put() async throws {
        let floor = try await FloorProcess.run(["put", cluster.port, "/put/", "64", "\(operations)", "1000", "0"])
        let keys = (0..<1000).map { Array("/put/\($0)".utf8) }
        let value = object(1)
        let client = client
        let ours = try await Measurement.load(operations: operations) { index in try await client.put(keys[index % keys.count], value) }
        report.row("Put, 64 in flight: CPU us/op", ours: ours.cpuPerOperation, floor: floor.cpuPerOperation, target: .atMost(15))
        report.row(
            "Put, 64 in flight: 1000 ops/s", ours: ours.thousandsPerSecond, floor: floor.thousandsPerSecond, target: .ratioAtLeast(0.74))
    }

    func oneAtATime() async throws {
        let count = operations / 10
        let floor = try await FloorProcess.run(["range", cluster.port, "\(prefix)00000001", "1", "\(count)"])
        let key = KeyRange.key(key)
        let ours = try await Measurement.oneByOne(operations: count) { _ in _ = try await client.range(key) }
        report.row("Range, one at a time: p50 us", ours: ours.median, floor: floor.median, target: .atMost(260))
    }

    func mutualTLS() async throws {
        try await client.put(key, object(1))
        let ours = try await measureRange()
        report.row("Range over mTLS, 64 in flight: CPU us/op", ours: ours.cpuPerOperation, target: .atMost(25))
    }

    private func measureRange() async throws -> Measurement {
        let client = client
        let key = KeyRange.key(key)
        // The first calls set things up on both sides.
        _ = try await Measurement.load(operations: operations / 10) { _ in _ = try await client.range(key) }
        return try await Measurement.load(operations: operations) { _ in _ = try await client.range(key) }
    }
}
