//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Crypto
import Logging
import MetricsTestKit
import Storage
import Testing

@testable import StorageEncryption

@Suite("What is measured of encryption at rest")
struct EncryptionMetricsTests {
    private static let envelope = "apiserver_envelope_encryption_"

    private static func labels(_ keyID: String, _ direction: String? = nil) -> [(String, String)] {
        let digest = SHA256.hash(data: Array(keyID.utf8)).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        return (direction.map { [("transformation_type", $0)] } ?? []) + [
            ("provider_name", "p"), ("key_id_hash", "sha256:" + digest), ("apiserver_id_hash", ""),
        ]
    }

    private static func calls(_ method: String, _ status: String) -> [(String, String)] {
        [("provider_name", "p"), ("method_name", "/v2.KeyManagementService/\(method)"), ("grpc_status_code", status)]
    }

    private static func make(_ service: FakeKeyManagement, _ metrics: TestMetrics) -> KMSEnvelope {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return KMSEnvelope(name: "p", service: service, logger: logger, metrics: metrics)
    }

    @Test("An envelope tells of its keys, its service's calls and its data keys under upstream's names")
    func tells() async throws {
        let metrics = TestMetrics()
        let service = FakeKeyManagement()
        let writer = Self.make(service, TestMetrics())
        await writer.probe()
        let foreign = try KMSEnvelopeTests.seal(writer)

        let envelope = Self.make(service, metrics)
        await envelope.probe()
        #expect(
            try metrics.expectGauge(Self.envelope + "key_id_hash_status_last_timestamp_seconds", Self.labels("key-1")).lastValue ?? 0 > 1.6e9)
        #expect(try metrics.expectTimer("apiserver_storage_data_key_generation_duration_seconds").values.count == 1)
        let own = try KMSEnvelopeTests.seal(envelope)
        for value in [own, foreign, foreign] { _ = try await KMSEnvelopeTests.open(envelope, value) }
        let total = Self.envelope + "key_id_hash_total"
        #expect(try metrics.expectCounter(total, Self.labels("key-1", "to_storage")).totalValue == 1)
        #expect(try metrics.expectCounter(total, Self.labels("key-1", "from_storage")).totalValue == 3)
        let last = try metrics.expectGauge(Self.envelope + "key_id_hash_last_timestamp_seconds", Self.labels("key-1", "from_storage"))
        #expect(last.lastValue ?? 0 > 1.6e9)
        #expect(try metrics.expectCounter("apiserver_storage_envelope_transformation_cache_misses_total").totalValue == 1)
        #expect(try metrics.expectGauge(Self.envelope + "dek_source_cache_size", [("provider_name", "p")]).lastValue == 2)
        let latency = Self.envelope + "kms_operations_latency_seconds"
        for method in ["Status", "Encrypt", "Decrypt"] { #expect(try metrics.expectTimer(latency, Self.calls(method, "OK")).values.count == 1) }
    }

    @Test("What goes wrong is told with the service's status, or as none")
    func failures() async throws {
        let metrics = TestMetrics()
        let service = FakeKeyManagement()
        let envelope = Self.make(service, metrics)
        let latency = Self.envelope + "kms_operations_latency_seconds"
        service.fail(KeyManagementError(isPassing: true, "slow", statusCode: "DeadlineExceeded"))
        await envelope.probe()
        #expect(try metrics.expectTimer(latency, Self.calls("Status", "DeadlineExceeded")).values.count == 1)
        service.fail(KeyManagementError(isPassing: true, "gone"))
        await envelope.probe()
        #expect(try metrics.expectTimer(latency, Self.calls("Status", "unknown-non-grpc")).values.count == 1)
        service.fail(nil)
        for (keyID, name) in [("", "empty"), (String(repeating: "x", count: 1025), "too_long")] {
            service.keyID = keyID
            await envelope.probe()
            let invalid = try metrics.expectCounter(
                Self.envelope + "invalid_key_id_from_status_total", [("provider_name", "p"), ("error", name)])
            #expect(invalid.totalValue == 1)
        }
        service.keyID = "key-1"
        service.answer(encryptKeyID: "another")
        await envelope.probe()
        #expect(try metrics.expectCounter("apiserver_storage_data_key_generation_failures_total").totalValue == 1)
    }

    @Test("Key IDs without end leave no metrics without end")
    func bounded() throws {
        let metrics = TestMetrics()
        let envelope = EnvelopeMetrics(provider: "p", factory: metrics)
        for number in 0..<(EnvelopeMetrics.maximumUses * 3) { envelope.used("key-\(number)", .fromStorage) }
        #expect(metrics.counters.count { $0.label == Self.envelope + "key_id_hash_total" } == EnvelopeMetrics.maximumUses)
    }

    @Test("Each resource's transformations are counted, by prefix and by how they went")
    func transformations() async throws {
        let metrics = TestMetrics()
        let key = Array("/registry/secrets/a".utf8)
        let old = PrefixTransformersTests.gcm("old")
        let new = PrefixTransformersTests.gcm("new")
        let secrets = GroupResource(group: "", resource: "secrets")
        let before = PrefixTransformers([old, PrefixTransformersTests.plain], resource: secrets, metrics: TestMetrics())
        let transformer = PrefixTransformers([new, old, PrefixTransformersTests.plain], resource: secrets, metrics: metrics)
        let stored = try await transformer.transformToStorage([1], authenticatedData: key)
        for value in [stored, try await before.transformToStorage([1], authenticatedData: key), [0x7b, 0x7d]] {
            _ = try await transformer.transformFromStorage(value, authenticatedData: key)
        }
        await #expect(throws: EncryptionError.self) { try await transformer.transformFromStorage(stored, authenticatedData: [1]) }

        func count(_ type: String, _ prefix: String, _ status: String) throws -> Int64 {
            try metrics.expectCounter(
                "apiserver_storage_transformation_operations_total",
                [("resource", "secrets"), ("transformation_type", type), ("transformer_prefix", prefix), ("status", status)]
            ).totalValue
        }
        #expect(try count("to_storage", "k8s:enc:aesgcm:v1:new:", "OK") == 1)
        #expect(try count("from_storage", "k8s:enc:aesgcm:v1:new:", "OK") == 1)
        #expect(try count("from_storage", "k8s:enc:aesgcm:v1:old:", "OK") == 1)
        #expect(try count("from_storage", "identity", "OK") == 1)
        #expect(try count("from_storage", "k8s:enc:aesgcm:v1:new:", "unknown-non-grpc") == 1)
        let duration = try metrics.expectTimer(
            "apiserver_storage_transformation_duration_seconds",
            [("transformation_type", "to_storage"), ("transformer_prefix", "k8s:enc:aesgcm:v1:new:")])
        #expect(duration.values.count == 1)
        let unknown = PrefixTransformers([new], resource: secrets, metrics: metrics)
        await #expect(throws: EncryptionError.self) { try await unknown.transformFromStorage([0x7b, 0x7d], authenticatedData: key) }
        #expect(try count("from_storage", "unknown", "unknown-non-grpc") == 1)
    }
}
