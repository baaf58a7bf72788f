//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Crypto
public import Logging
public import Metrics
public import ServiceLifecycle
public import Storage
import Synchronization

/// The transformers that a configuration asks for, one for each resource, and the key management services behind them.
///
/// Keys are prepared once. Where there is a `kms` provider ``run()`` must run.
public final class EncryptionTransformers: Service {
    /// Makes the client of a key management service. `KMSPlugin.make` of the module KMSPlugin is one.
    public typealias KeyManagementFactory = @Sendable (EncryptionConfiguration.KMS, Logger) throws -> any KeyManagementService

    private let entries: [ResourceRule: [PrefixTransformers.Entry]]
    private let metrics: any MetricsFactory
    /// Made when a resource is first asked for, because a configuration names most of them by a wildcard.
    private let transformers = Mutex<[GroupResource: any ValueTransformer]>([:])
    let envelopes: [KMSEnvelope]
    /// All timeouts of the services together.
    let timeouts: Duration

    /// Transformers for a configuration.
    /// - Parameters:
    ///   - keyManagement: nil where there is to be no `kms` provider.
    ///   - metrics: where metrics go; nil for the system's.
    /// - Throws: what the factory throws; a problem by path when there is a `kms` provider and no factory.
    public init(
        configuration: EncryptionConfiguration, keyManagement: KeyManagementFactory? = nil, timing: KMSEnvelope.Timing = .init(), logger: Logger,
        metrics: (any MetricsFactory)? = nil
    ) throws(EncryptionConfigurationError) {
        let factory = metrics ?? MetricsSystem.factory
        var entries: [ResourceRule: [PrefixTransformers.Entry]] = [:]
        var envelopes: [KMSEnvelope] = []
        for (index, entry) in configuration.entries.enumerated() {
            var ciphers: [PrefixTransformers.Entry] = []
            for (position, provider) in entry.providers.enumerated() {
                if case .kms(let kms) = provider {
                    let path = "resources[\(index)].providers[\(position)].kms"
                    let service = try Self.service(kms, path: path, factory: keyManagement, logger: logger)
                    let envelope = KMSEnvelope(name: kms.name, service: service, timing: timing, logger: logger, metrics: factory)
                    envelopes.append(envelope)
                    ciphers.append(.init(prefix: EncryptionPrefix.keyManagement(kms.name), cipher: envelope))
                } else {
                    ciphers += Self.ciphers(provider)
                }
            }
            for name in entry.resources { entries[ResourceRule(name), default: []] += ciphers }
        }
        self.entries = entries
        self.metrics = factory
        self.envelopes = envelopes
        timeouts = configuration.keyManagementServices.reduce(.zero) { $0 + $1.timeout }
    }

    private static func service(
        _ kms: EncryptionConfiguration.KMS, path: String, factory: KeyManagementFactory?, logger: Logger
    ) throws(EncryptionConfigurationError) -> any KeyManagementService {
        guard let factory else {
            throw EncryptionConfigurationError(
                problems: [.init(path: path, message: "this program was built without KMS: give it KMSPlugin.make as its key management")])
        }
        do {
            return try factory(kms, logger)
        } catch {
            throw EncryptionConfigurationError(problems: [.init(path: path, message: "\(error)")])
        }
    }

    private static func ciphers(_ provider: EncryptionConfiguration.Provider) -> [PrefixTransformers.Entry] {
        func entries(_ provider: String, _ keys: [EncryptionConfiguration.Key], _ cipher: (SymmetricKey) -> any ValueCipher)
            -> [PrefixTransformers.Entry]
        {
            keys.map { .init(prefix: EncryptionPrefix.key(provider, $0.name), cipher: cipher(SymmetricKey(data: $0.secret))) }
        }
        switch provider {
        case .identity: return [.init(prefix: "", cipher: PlainCipher())]
        case .aesgcm(let keys): return entries("aesgcm", keys) { AESGCMCipher(key: $0) }
        case .aescbc(let keys): return entries("aescbc", keys) { AESCBCCipher(key: $0) }
        case .secretbox(let keys):
            #if Secretbox
            return entries("secretbox", keys) { SecretboxCipher(key: $0) }
            #else
            // The configuration's checks have refused it.
            return []
            #endif
        // Made by the caller, which shares it among resources.
        case .kms: return []
        }
    }

    /// How values of a resource are stored: by the entry that names it, its group, or everything; in clear when none does.
    public func transformer(for resource: GroupResource) -> any ValueTransformer {
        transformers.withLock { known in
            if let transformer = known[resource] { return transformer }
            let rule = ResourceRule.candidates(for: resource).first { entries[$0] != nil }
            let transformer: any ValueTransformer =
                rule.flatMap { entries[$0] }.map { PrefixTransformers($0, resource: resource, metrics: metrics) } ?? IdentityTransformer()
            known[resource] = transformer
            return transformer
        }
    }

    /// Runs the key management services until the task is cancelled or shut down gracefully. Idle where there is none.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { [envelopes] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for envelope in envelopes { group.addTask { try await envelope.run() } }
                group.addTask { try await Self.idle() }
                while let result = await group.nextResult() {
                    if case .failure(let error) = result, !(error is CancellationError) { throw error }
                }
            }
        }
    }

    private static func idle() async throws {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        for await _ in stream {}
        withExtendedLifetime(continuation) {}
    }

    /// Waits until values of every resource can be written. Only the task's cancellation ends it otherwise.
    public func waitUntilReady() async throws(CancellationError) {
        for envelope in envelopes { try await envelope.waitUntilReady() }
    }

    /// Says that all key management services were well when they were last asked: upstream's health check `kms-providers`.
    public func checkHealth() throws(EncryptionError) {
        for envelope in envelopes { try envelope.checkHealth() }
    }
}
