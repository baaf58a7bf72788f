//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkSupport

extension ClientRows {
    func pages() async throws {
        let results = try await compare { peer in try await FloorProcess.run(["pages", cluster.server, prefix, "10000"], by: peer) }
        row("\(keys / 1000) k keys by pages of 10 000: CPU ms", results, target: .atMost(170, orRatio: 1.7)) { $0.cpu / 1000 }
        row("\(keys / 1000) k keys by pages of 10 000: peak RSS MB", results, target: .atMost(60)) { $0.peakMemory }
    }

    /// The last of the events that filled the keys. etcd reads all that is left of a history for every thousand revisions that it sends, so the
    /// whole takes it minutes.
    func replay(after revision: Int64) async throws {
        let events = isFull ? keys : 20_000
        let start = revision + 1 + Int64(keys - events)
        let results = try await compare { peer in
            let watching = try FloorProcess(["watch", cluster.server, prefix, "\(start)", "\(events)"], by: peer)
            try await watching.waitUntilReady()
            return try await watching.measurement()
        }
        row("watch, replay of \(events / 1000) k events: CPU us/event", results, target: .atMost(2, orRatio: 1.7)) { $0.cpu / Double(events) }
    }

    /// Events as they are written, by one writer at full speed and by one that is paced.
    func live() async throws {
        try await live("full speed", events: operations, rate: 0)
        try await live("2 000/s", events: operations / 4, rate: 2_000)
    }

    private func live(_ name: String, events: Int, rate: Int) async throws {
        let prefix = "/live/"
        let write = ["put", cluster.server, prefix, "64", "\(events)", "1000", "\(rate)"]
        let results = try await compare { peer in
            let watching = try FloorProcess(["watch", cluster.server, prefix, "0", "\(events)"], by: peer)
            try await watching.waitUntilReady()
            try await FloorProcess.run(write)
            return try await watching.measurement()
        }
        row("watch, live, \(name): CPU us/event", results, target: .atMost(4, orRatio: 1.7)) { $0.cpu / Double(events) }
    }
}
