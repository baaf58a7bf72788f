//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Metrics
public import ServiceLifecycle
public import Storage
import Synchronization

/// Envelope encryption, KMS v2: values are encrypted here, with a data key that a key management service encrypts.
///
/// The service is asked for its status every minute, and every ten seconds while it isn't well. When it names another key a new data key is made and
/// older values become stale. While it isn't well values can be written for three more minutes, and those be read whose data
/// keys were decrypted within the last day.
///
/// A value's encryption costs no call. Reading costs one the first time that a data key is met.
///
/// Source of the rule: upstream value/encrypt/envelope/kmsv2.
public final class KMSEnvelope: ValueCipher, Service {
    /// The intervals. Upstream's, except in tests.
    public struct Timing: Sendable, Hashable {
        /// Between statuses while the service is well.
        public var healthyInterval: Duration
        /// Between statuses while it isn't.
        public var unhealthyInterval: Duration
        /// How long a data key may write after the service was last well.
        public var writeLifetime: Duration

        /// Upstream's intervals.
        public init(
            healthyInterval: Duration = .seconds(60), unhealthyInterval: Duration = .seconds(10), writeLifetime: Duration = .seconds(180)
        ) {
            self.healthyInterval = healthyInterval
            self.unhealthyInterval = unhealthyInterval
            self.writeLifetime = writeLifetime
        }
    }

    /// The provider's name, which is stored with every value.
    public let name: String
    private let service: any KeyManagementService
    private let timing: Timing
    private let logger: Logger
    private let state: Mutex<EnvelopeState>
    private let cache = Mutex(DataKeyCache())
    private let derived = DataKey.DerivedKeys()
    private let readiness = ReadinessGate()
    private let metrics: EnvelopeMetrics

    /// An envelope that can write once ``run()`` has reached the service.
    /// - Parameter metrics: where metrics go, under upstream's names (`apiserver_envelope_encryption_…`); nil for the system's.
    public init(
        name: String, service: any KeyManagementService, timing: Timing = Timing(), logger: Logger, metrics: (any MetricsFactory)? = nil
    ) {
        self.metrics = EnvelopeMetrics(provider: name, factory: metrics ?? MetricsSystem.factory)
        self.name = name
        self.service = service
        self.timing = timing
        self.logger = logger
        state = Mutex(EnvelopeState(lifetime: timing.writeLifetime))
    }

    // MARK: Values

    /// Appends an `EncryptedObject`.
    public func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) throws(EncryptionError) {
        let now = ContinuousClock.now
        let key = try state.withLock { state throws(EncryptionError) in
            do throws(EncryptionError) {
                return try state.current(at: now)
            } catch {
                throw EncryptionError(error.code, "KMS provider \"\(name)\": \(error.message)")
            }
        }
        stored.reserveCapacity(stored.count + bytes.count + key.dataKey.overhead + key.trailer.count + 8)
        try EncryptedObject.append(count: bytes.count + key.dataKey.overhead, trailer: key.trailer, to: &stored) { stored throws(EncryptionError) in
            try key.dataKey.seal(bytes, authenticatedData: authenticatedData, derived: derived, at: now, into: &stored)
        }
        metrics.used(key.encrypted.keyID, .toStorage)
    }

    /// Reads an `EncryptedObject`.
    public func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) async throws(EncryptionError) -> TransformedValue {
        let object = try EncryptedObject(parsing: sealed)
        let dataKey = try await dataKey(of: object)
        let bytes = try dataKey.open(object.data, authenticatedData: authenticatedData, derived: derived, at: .now)
        metrics.used(object.dataKey.keyID, .fromStorage)
        return TransformedValue(bytes: bytes, isStale: state.withLock { $0.isStale(object) })
    }

    private func dataKey(of object: EncryptedObject) async throws(EncryptionError) -> DataKey {
        let key = DataKeyCache.Key(encrypted: object.dataKey, kind: object.kind)
        if let known = cache.withLock({ $0.dataKey(for: key, at: .now) }) { return known }
        metrics.cacheMiss()
        let uid = Self.requestID()
        let plaintext: [UInt8]
        do {
            plaintext = try await metrics.measuring("Decrypt") { () async throws(KeyManagementError) in
                try await service.decrypt(object.dataKey, uid: uid)
            }
        } catch {
            let what = "KMS provider \"\(name)\" can't decrypt the value's data key (key ID \"\(object.dataKey.keyID)\", request \(uid)): \(error)"
            throw EncryptionError(error.isPassing ? .keyServiceUnavailable : .unreadable, what)
        }
        let dataKey = try DataKey(object.kind, bytes: plaintext)
        remember(dataKey, for: key)
        return dataKey
    }

    private func remember(_ dataKey: DataKey, for key: DataKeyCache.Key) {
        let count = cache.withLock { cache in
            cache.insert(dataKey, for: key, at: .now)
            return cache.count
        }
        metrics.cached(dataKeys: count)
    }

    // MARK: The service

    /// Runs the service's connection and asks for its status at intervals, until the task is cancelled or shut down gracefully.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { [self] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.service.run() }
                group.addTask { await self.poll() }
                // The service may have nothing to run; asking goes on until somebody ends it.
                for try await _ in group {}
            }
        }
    }

    private func poll() async {
        while !Task.isCancelled {
            let isWell = await probe()
            do {
                try await Task.sleep(for: isWell ? timing.healthyInterval : timing.unhealthyInterval, clock: .continuous)
            } catch {
                return
            }
        }
    }

    /// Asks for the status now, and has a new data key encrypted when the service's key is another.
    /// - Returns: whether the service is well.
    @discardableResult
    func probe() async -> Bool {
        let askedAt = ContinuousClock.now
        do throws(KeyManagementError) {
            let status = try await metrics.measuring("Status") { () async throws(KeyManagementError) in try await service.status() }
            if EncryptedObject.problem(withKeyID: status.keyID) == nil {
                metrics.status(keyID: status.keyID)
            } else {
                metrics.invalidKeyID(status.keyID)
            }
            if let problem = Self.problem(with: status) { throw KeyManagementError(isPassing: true, problem) }
            if state.withLock({ $0.statusSucceeded(keyID: status.keyID, askedAt: askedAt) }) == .generate {
                try await generate(for: status.keyID, askedAt: askedAt)
            }
            readiness.open()
            return true
        } catch {
            guard !Task.isCancelled else { return false }
            state.withLock { $0.failed(error.message) }
            logger.error("the key management service isn't well", metadata: ["provider": "\(name)", "error": "\(error)"])
            return false
        }
    }

    private func generate(for keyID: String, askedAt: ContinuousClock.Instant) async throws(KeyManagementError) {
        let start = ContinuousClock.now
        let dataKey = DataKey.randomSeed()
        let encrypted: EncryptedDataKey
        do {
            encrypted = try await metrics.measuring("Encrypt") { () async throws(KeyManagementError) in
                try await service.encrypt(dataKey.bytes, uid: Self.requestID())
            }
        } catch {
            metrics.dataKeyFailed()
            throw error
        }
        let isTaken = state.withLock { $0.generated(dataKey, encrypted: encrypted, statusKeyID: keyID, askedAt: askedAt) }
        guard isTaken else {
            metrics.dataKeyFailed()
            throw KeyManagementError(isPassing: true, state.withLock { $0.failure } ?? "the new data key can't be used")
        }
        metrics.dataKeyGenerated(in: ContinuousClock.now - start)
        remember(dataKey, for: .init(encrypted: encrypted, kind: dataKey.kind))
        logger.info("values are encrypted with a new data key", metadata: ["provider": "\(name)", "keyID": "\(keyID)"])
    }

    private static func problem(with status: KeyManagementStatus) -> String? {
        guard ["v2", "v2beta1"].contains(status.version) else { return "it speaks version \"\(status.version)\" of the API, not v2" }
        guard status.healthz == "ok" else { return "it says of itself: \(status.healthz)" }
        return EncryptedObject.problem(withKeyID: status.keyID)
    }

    /// Waits until values can be written. Only the task's cancellation ends it otherwise.
    public func waitUntilReady() async throws(CancellationError) { try await readiness.wait() }

    /// Says that the service was well when it was last asked.
    /// - Throws: ``EncryptionError/Code/keyServiceUnavailable`` with what is wrong.
    public func checkHealth() throws(EncryptionError) {
        if let failure = state.withLock({ $0.failure }) {
            throw EncryptionError(.keyServiceUnavailable, "KMS provider \"\(name)\": \(failure)")
        }
    }

    private static func requestID() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next() as UInt64, radix: 16) + "-" + String(generator.next() as UInt64, radix: 16)
    }
}
