//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import APIServer
import EtcdClient
import EtcdStorage
import GRPCTransport
import KMSPlugin
import Logging
import Registry
import ServiceLifecycle
import Storage
import StorageEncryption

/// The etcd that everything is kept in: a client of it, and the managed etcd where there is one.
struct EtcdBackend {
    let endpoints: [String]
    let client: EtcdClient
    let compactor: Compactor
    private let encryption: EncryptionConfigurationReloader?
    private let managed: ManagedEtcd?
    private let prefix: String
    private let countPeriod: PollInterval
    private let sizeInterval: PollInterval
    private let logger: Logger

    /// Connects to the servers that the flags name, or prepares a managed etcd in the data directory.
    init(options: EtcdOptions, directory: DataDirectory, logger: Logger) async throws {
        if options.servers.isEmpty {
            let etcd = try ManagedEtcd(in: directory, executable: try await ManagedEtcd.find(options.etcd), logger: logger)
            managed = etcd
            endpoints = [etcd.endpoint]
        } else {
            managed = nil
            endpoints = options.servers
        }
        let configuration: EtcdClientConfiguration
        do {
            configuration = try EtcdClientConfiguration(endpoints: endpoints, tls: Self.tls(options))
        } catch {
            throw SetupError("--etcd-servers: \(error)")
        }
        encryption = try Self.encryption(options, logger: logger)
        client = EtcdClient(configuration: configuration, logger: logger)
        compactor = Compactor(client: client, logger: logger)
        prefix = options.etcdPrefix
        countPeriod = options.etcdCountMetricPollPeriod
        sizeInterval = options.etcdDbMetricPollInterval
        self.logger = logger
    }

    /// What must run, in the order of starting: each relies on the ones before it.
    var services: [any Service] {
        var services: [any Service] = [client, compactor]
        if let encryption { services.append(encryption) }
        if let managed { services.insert(managed, at: 0) }
        return services
    }

    /// A storage for the objects of one resource.
    func storage(resourcePrefix: String, groupResource: GroupResource) -> EtcdStorage {
        EtcdStorage(
            client: client,
            configuration: EtcdStorageConfiguration(
                pathPrefix: prefix, resourcePrefix: resourcePrefix, groupResource: groupResource,
                transformer: encryption?.transformer(for: groupResource) ?? IdentityTransformer()),
            compactor: compactor, logger: logger)
    }

    /// Measures what the storages hold, as often as the flags say.
    func monitor(of storages: [EtcdStorage]) -> StorageMonitor {
        StorageMonitor(
            client: client, storages: storages, statisticsInterval: countPeriod.duration, sizeInterval: sizeInterval.duration, logger: logger)
    }

    /// Fails while etcd doesn't answer. Two seconds, as upstream gives it, and asked once in half that time.
    var healthChecks: [HealthCheck] {
        let check = HealthCheck(name: "etcd") { [client] in _ = try await client.status(deadline: .now + .seconds(2)) }
            .rateLimited(to: .seconds(1))
        var checks = [check, check.renamed("etcd-readiness", endpoints: [.readyz])]
        if let encryption { checks.append(HealthCheck(name: "kms-providers") { try encryption.checkHealth() }) }
        return checks
    }

    /// Waits for the first answer, telling at intervals what it waits for.
    func waitUntilReachable(progress: (String) -> Void) async throws {
        while true {
            do {
                _ = try await client.status()
                return
            } catch {
                try Task.checkCancellation()
                progress("waiting for etcd at \(endpoints.joined(separator: ", ")): \(error.message)")
            }
        }
    }

    /// Waits until encrypted resources can be written, telling what it waits for.
    func waitUntilEncrypting(progress: (String) -> Void) async throws {
        guard let encryption else { return }
        do {
            try encryption.checkHealth()
        } catch {
            progress("waiting for the key management service: \(error.message)")
        }
        try await encryption.waitUntilReady()
    }

    private static func encryption(_ options: EtcdOptions, logger: Logger) throws -> EncryptionConfigurationReloader? {
        guard let path = options.encryptionProviderConfig else { return nil }
        do {
            return try EncryptionConfigurationReloader(
                path: path, keyManagement: KMSPlugin.make,
                timing: .init(interval: options.encryptionProviderConfigAutomaticReload ? .seconds(60) : nil), logger: logger)
        } catch {
            throw SetupError("--encryption-provider-config: \(error)")
        }
    }

    private static func tls(_ options: EtcdOptions) -> GRPCTLSConfiguration? {
        guard options.servers.contains(where: { $0.hasPrefix("https://") }) || options.etcdCafile != nil || options.etcdCertfile != nil else {
            return nil
        }
        return GRPCTLSConfiguration(
            trustRoots: options.etcdCafile.map { .file($0) } ?? .systemDefault, certificateChainFile: options.etcdCertfile,
            privateKeyFile: options.etcdKeyfile)
    }
}
