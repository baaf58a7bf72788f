//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import Metrics
import Synchronization

/// What is measured of an envelope and its service, under upstream's names. `apiserver_id_hash` is empty: a server has no identity here.
///
/// Source of the rule: upstream value/encrypt/envelope/metrics.
final class EnvelopeMetrics: Sendable {
    enum Direction: String, Sendable {
        case fromStorage = "from_storage"
        case toStorage = "to_storage"
    }

    private struct Use {
        var direction: Direction
        var keyID: String
        var count: Counter
        var lastTime: Gauge
    }

    /// Key IDs are a service's free choice; metrics of more than these would be a burden for whoever keeps them.
    static let maximumUses = 100

    private let provider: String
    private let factory: any MetricsFactory
    private let cacheMisses: Counter
    private let dataKeyFailures: Counter
    private let dataKeyDuration: Timer
    private let dataKeys: Gauge
    /// The latest first: nearly always there is one key that writes and one that is read.
    private let uses = Mutex<[Use]>([])
    private let statusKey = Mutex<(keyID: String, lastTime: Gauge)?>(nil)

    init(provider: String, factory: any MetricsFactory) {
        self.provider = provider
        self.factory = factory
        cacheMisses = Counter(label: "apiserver_storage_envelope_transformation_cache_misses_total", factory: factory)
        dataKeyFailures = Counter(label: "apiserver_storage_data_key_generation_failures_total", factory: factory)
        dataKeyDuration = Timer(label: "apiserver_storage_data_key_generation_duration_seconds", factory: factory)
        dataKeys = Gauge(
            label: "apiserver_envelope_encryption_dek_source_cache_size", dimensions: [("provider_name", provider)], factory: factory)
    }

    func cacheMiss() { cacheMisses.increment() }
    func cached(dataKeys count: Int) { dataKeys.record(count) }
    func dataKeyFailed() { dataKeyFailures.increment() }
    func dataKeyGenerated(in duration: Duration) { dataKeyDuration.record(duration: duration) }

    /// A value was read, or written, with a key of the service.
    func used(_ keyID: String, _ direction: Direction) {
        uses.withLock { uses in
            let index: Int
            if let known = uses.firstIndex(where: { $0.direction == direction && $0.keyID == keyID }) {
                index = known
            } else {
                if uses.count >= Self.maximumUses { forget(uses.removeLast()) }
                uses.insert(newUse(keyID, direction), at: 0)
                index = 0
            }
            uses[index].count.increment()
            uses[index].lastTime.record(Date.now.timeIntervalSince1970)
            if index > 1 { uses.swapAt(index, 0) }
        }
    }

    /// The service's status named a key.
    func status(keyID: String) {
        statusKey.withLock { known in
            if known?.keyID != keyID {
                known?.lastTime.destroy()
                known = (
                    keyID,
                    Gauge(
                        label: "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds", dimensions: keyLabels(keyID),
                        factory: factory)
                )
            }
            known?.lastTime.record(Date.now.timeIntervalSince1970)
        }
    }

    /// The service's status named what can't be a key.
    func invalidKeyID(_ keyID: String) {
        Counter(
            label: "apiserver_envelope_encryption_invalid_key_id_from_status_total",
            dimensions: [("provider_name", provider), ("error", keyID.isEmpty ? "empty" : "too_long")], factory: factory
        ).increment()
    }

    /// Measures a call of the service.
    func measuring<Answer>(
        _ method: String, _ call: () async throws(KeyManagementError) -> Answer
    ) async throws(KeyManagementError) -> Answer {
        let start = ContinuousClock.now
        do throws(KeyManagementError) {
            let answer = try await call()
            called(method, "OK", lasting: ContinuousClock.now - start)
            return answer
        } catch {
            called(method, error.statusCode ?? "unknown-non-grpc", lasting: ContinuousClock.now - start)
            throw error
        }
    }

    private func called(_ method: String, _ status: String, lasting duration: Duration) {
        Timer(
            label: "apiserver_envelope_encryption_kms_operations_latency_seconds",
            dimensions: [
                ("provider_name", provider), ("method_name", "/v2.KeyManagementService/\(method)"), ("grpc_status_code", status),
            ], factory: factory
        ).record(duration: duration)
    }

    private func newUse(_ keyID: String, _ direction: Direction) -> Use {
        let labels = [("transformation_type", direction.rawValue)] + keyLabels(keyID)
        return Use(
            direction: direction, keyID: keyID,
            count: Counter(label: "apiserver_envelope_encryption_key_id_hash_total", dimensions: labels, factory: factory),
            lastTime: Gauge(label: "apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds", dimensions: labels, factory: factory))
    }

    private func forget(_ use: Use) {
        use.count.destroy()
        use.lastTime.destroy()
    }

    /// A key's ID may be a secret path, so its digest stands for it.
    private func keyLabels(_ keyID: String) -> [(String, String)] {
        let digits = SHA256.hash(data: Array(keyID.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        return [("provider_name", provider), ("key_id_hash", "sha256:" + digits.joined()), ("apiserver_id_hash", "")]
    }
}
