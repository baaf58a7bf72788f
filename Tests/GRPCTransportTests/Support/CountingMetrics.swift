//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Synchronization

/// Metrics that a test can read.
final class CountingMetrics: MetricsFactory, Sendable {
    private struct Values {
        var sums: [String: Int64] = [:]
        var last: [String: Double] = [:]
    }

    private let values = Mutex(Values())

    /// The sum of a counter over all its dimensions.
    func sum(_ label: String) -> Int64 {
        values.withLock { values in values.sums.reduce(0) { $1.key.hasPrefix(label + " ") ? $0 + $1.value : $0 } }
    }

    /// The dimensions that a counter was counted with.
    func labels(of label: String) -> [String] { values.withLock { $0.sums.keys.filter { $0.hasPrefix(label + " ") } } }

    /// What a gauge said last.
    func last(_ label: String) -> Double? { values.withLock { values in values.last.first { $0.key.hasPrefix(label + " ") }?.value } }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> String {
        label + " " + dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler, Sendable {
        let key: String
        let owner: CountingMetrics

        init(_ key: String, _ owner: CountingMetrics) {
            self.key = key
            self.owner = owner
        }

        func increment(by amount: Int64) { owner.values.withLock { $0.sums[key, default: 0] += amount } }
        func reset() {}
        func record(_ value: Int64) { owner.values.withLock { $0.last[key] = Double(value) } }
        func record(_ value: Double) { owner.values.withLock { $0.last[key] = value } }
        func recordNanoseconds(_ duration: Int64) { record(duration) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { Handler(Self.key(label, dimensions), self) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler(Self.key(label, dimensions), self)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { Handler(Self.key(label, dimensions), self) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
