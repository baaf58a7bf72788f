//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What is measured of a resource's encryption at rest, under upstream's names. Handlers for what goes well are made once.
///
/// Source of the rule: upstream storage/value/metrics.go.
struct TransformationMetrics: Sendable {
    private struct Handlers: Sendable {
        var total: Counter
        var duration: Timer
    }

    private let resource: String
    private let factory: any MetricsFactory
    private let reads: [Handlers]
    private let write: Handlers

    /// - Parameter prefixes: those of the entries, in their order.
    init(resource: String, prefixes: [String], factory: any MetricsFactory) {
        self.resource = resource
        self.factory = factory
        func handlers(_ type: String, _ prefix: String) -> Handlers {
            Handlers(
                total: Self.total(resource, type, prefix, "OK", factory),
                duration: Timer(
                    label: "apiserver_storage_transformation_duration_seconds",
                    dimensions: [("transformation_type", type), ("transformer_prefix", prefix)], factory: factory))
        }
        reads = prefixes.map { handlers("from_storage", $0.isEmpty ? "identity" : $0) }
        write = handlers("to_storage", prefixes[0])
    }

    func read(_ entry: Int, since start: ContinuousClock.Instant) { record(reads[entry], since: start) }
    func written(since start: ContinuousClock.Instant) { record(write, since: start) }

    /// - Parameter prefix: nil for a value that nobody reads.
    func readFailed(_ prefix: String?, _ error: EncryptionError) {
        Self.total(resource, "from_storage", prefix.map { $0.isEmpty ? "identity" : $0 } ?? "unknown", status(error), factory).increment()
    }

    func writeFailed(_ prefix: String, _ error: EncryptionError) {
        Self.total(resource, "to_storage", prefix, status(error), factory).increment()
    }

    private func status(_ error: EncryptionError) -> String {
        error.code == .keyServiceUnavailable ? "Unavailable" : "unknown-non-grpc"
    }

    private func record(_ handlers: Handlers, since start: ContinuousClock.Instant) {
        handlers.total.increment()
        handlers.duration.record(duration: ContinuousClock.now - start)
    }

    private static func total(
        _ resource: String, _ type: String, _ prefix: String, _ status: String, _ factory: any MetricsFactory
    ) -> Counter {
        Counter(
            label: "apiserver_storage_transformation_operations_total",
            dimensions: [("resource", resource), ("transformation_type", type), ("transformer_prefix", prefix), ("status", status)],
            factory: factory)
    }
}
