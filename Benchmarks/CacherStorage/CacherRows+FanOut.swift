//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import BenchmarkSupport
import CacherStorage
import Storage

extension CacherRows {
    func fanOut(_ cached: Cached, seconds: Int) async throws {
        for (watchers, rate) in [(100, 1000), (1000, 100)] {
            let result = try await deliver(cached, watchers: watchers, events: rate * seconds, rate: rate)
            report.row(
                "fan-out, \(watchers) watchers x \(rate) events/s: CPU us/delivery", ours: result.cost.cpuPerOperation, target: .atMost(1.5))
            report.row("fan-out, \(watchers) watchers x \(rate) events/s: cut off", ours: Double(result.cutOff), target: .atMost(0))
        }
    }

    func fullSpeed(_ cached: Cached) async throws {
        for (watchers, events) in [(100, 20_000), (1000, 5_000)] {
            let result = try await deliver(cached, watchers: watchers, events: events, rate: 0)
            report.row("full speed, \(watchers) watchers: CPU us/delivery", ours: result.cost.cpuPerOperation, target: .atMost(1.5))
            report.row("full speed, \(watchers) watchers: cut off", ours: Double(result.cutOff), target: .atMost(0))
        }
    }

    /// A writer in a process of its own, and watchers that count what comes until all has come or they are cut off.
    private func deliver(_ cached: Cached, watchers: Int, events: Int, rate: Int) async throws -> (cost: Measurement, cutOff: Int) {
        let version = try await cached.cacher.list("/\(cached.resource)", options: ListOptions()).resourceVersion
        var streams: [WatchStream] = []
        for _ in 0..<watchers {
            streams.append(try await cached.cacher.watch("/\(cached.resource)", options: ListOptions(resourceVersion: version)))
        }
        let write = [
            "put", cluster.port, "/registry/\(cached.resource)/default/object-", "64", "\(events)", "10000", "\(rate)",
        ]
        var cutOff = 0
        let cost = try await Measurement.of {
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for stream in streams { group.addTask { await count(stream, events: events) } }
                group.addTask {
                    try await FloorProcess.run(write)
                    return nil
                }
                var delivered = 0
                for try await seen in group {
                    guard let seen else { continue }
                    delivered += seen
                    if seen < events { cutOff += 1 }
                }
                return delivered
            }
        }
        return (cost, cutOff)
    }

    /// The changes that came. Each must be newer than the one before.
    private func count(_ stream: WatchStream, events: Int) async -> Int {
        var seen = 0
        var last: UInt64 = 0
        while seen < events {
            let batch = await stream.nextBatch()
            if batch.isEmpty { return seen }
            for case .change(let change) in batch where change.object.resourceVersion.value > last {
                last = change.object.resourceVersion.value
                seen += 1
            }
        }
        return seen
    }
}
