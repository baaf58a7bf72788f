//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport
import EtcdClient

extension ClientRows {
    func pages() async throws {
        let floor = try await FloorProcess.run(["pages", cluster.port, prefix, "10000"])
        let ours = try await Measurement.of {
            var start = Array(prefix.utf8)
            let end = KeyRange.endOfPrefix(start)
            var options = RangeOptions(limit: 10_000)
            var count = 0
            while true {
                let page = try await client.range(.range(from: start, to: end), options: options)
                count += page.kvs.count
                guard page.more, let last = page.kvs.last else { return count }
                options.revision = page.header.revision
                start = last.key + [0]
            }
        }
        let scale = 100_000 / Double(keys) / 1000
        report.row("100 k keys by pages of 10 000: CPU ms", ours: ours.cpu * scale, floor: floor.cpu * scale, target: .atMost(170))
        report.row("\(keys / 1000) k keys by pages of 10 000: peak RSS MB", ours: ours.peakMemory, floor: floor.peakMemory, target: .atMost(60))
    }

    func replay(after revision: Int64) async throws {
        let start = revision + 1
        let watching = try FloorProcess(["watch", cluster.port, prefix, "\(start)", "\(keys)"])
        try await watching.waitUntilReady()
        let floor = try await watching.measurement()
        let watch = try await client.watch(.prefix(prefix), options: WatchOptions(startRevision: start))
        let ours = try await Measurement.of { try await count(watch, events: keys) }
        watch.cancel()
        report.row(
            "watch, replay of \(keys / 1000) k events: CPU us/event", ours: ours.cpuPerOperation, floor: floor.cpu / Double(keys), target: .atMost(2))
    }

    /// Events as they are written, by one writer at full speed and by one that is paced.
    func live() async throws {
        try await live("full speed", events: operations, rate: 0)
        try await live("2 000/s", events: operations / 4, rate: 2_000)
    }

    private func live(_ name: String, events: Int, rate: Int) async throws {
        let prefix = "/live/"
        let write = ["put", cluster.port, prefix, "64", "\(events)", "1000", "\(rate)"]
        let watching = try FloorProcess(["watch", cluster.port, prefix, "0", "\(events)"])
        try await watching.waitUntilReady()
        try await FloorProcess.run(write)
        let floor = try await watching.measurement()

        let next = try await client.range(.key(prefix)).header.revision + 1
        let watch = try await client.watch(.prefix(prefix), options: WatchOptions(startRevision: next))
        let ours = try await Measurement.of {
            async let seen = count(watch, events: events)
            try await FloorProcess.run(write)
            return try await seen
        }
        watch.cancel()
        report.row(
            "watch, live, \(name): CPU us/event", ours: ours.cpuPerOperation, floor: floor.cpu / Double(events), target: .atMost(4))
    }

    private func count(_ watch: EtcdWatch, events: Int) async throws -> Int {
        var seen = 0
        while seen < events, let batch = try await watch.nextBatch() { seen += batch.events.count }
        return seen
    }
}
