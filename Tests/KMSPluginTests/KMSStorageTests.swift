//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdStorage
import EtcdTestKit
import GRPCTransport
import KMSPlugin
import Logging
import Storage
import StorageEncryption
import TestWaiting
import Testing

/// Envelope encryption below a storage on a real etcd, with a plugin behind a real socket.
@Suite("Storage encrypted by a KMS plugin")
struct KMSStorageTests {
    struct Harness: Sendable {
        let client: EtcdClient
        let prefix: String
        let server: PluginServer

        static func run(_ body: (Harness) async throws -> Void) async throws {
            let cluster = try await EtcdCluster.shared()
            let client = EtcdClient(
                configuration: try EtcdClientConfiguration(
                    endpoints: cluster.endpoints, tls: cluster.tls, readTimeout: .seconds(60), writeTimeout: .seconds(60)),
                logger: Logger(label: "test"))
            try await PluginServer.with { server in
                try await running(client.run) {
                    try await body(Harness(client: client, prefix: EtcdCluster.uniquePrefix(), server: server))
                }
            }
        }

        /// Runs `body` with a storage of secrets as another process would make it: with a data key and a cache of its own.
        func process(timeout: String = "60s", _ body: (EtcdStorage, EncryptionTransformers) async throws -> Void) async throws {
            let configuration = try EncryptionConfiguration(
                parsing: """
                    apiVersion: apiserver.config.k8s.io/v1
                    kind: EncryptionConfiguration
                    resources:
                    - resources: [secrets]
                      providers:
                      - kms: {apiVersion: v2, name: plugin, endpoint: 'unix://\(server.path)', timeout: \(timeout)}
                      - identity: {}
                    """)
            let transformers = try EncryptionTransformers(
                configuration: configuration, keyManagement: KMSPlugin.make,
                timing: .init(healthyInterval: .milliseconds(50), unhealthyInterval: .milliseconds(50)), logger: KMSPluginTests.logger)
            var settings = EtcdStorageConfiguration(
                pathPrefix: prefix, resourcePrefix: "/secrets", groupResource: GroupResource(group: "", resource: "secrets"))
            settings.transformer = transformers.transformer(for: settings.groupResource)
            let storage = EtcdStorage(client: client, configuration: settings, logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await transformers.run() }
                do {
                    try await transformers.waitUntilReady()
                    try await body(storage, transformers)
                } catch {
                    group.cancelAll()
                    throw error
                }
                group.cancelAll()
                try await group.waitForAll()
            }
        }

        func stored(_ name: String) async throws -> [UInt8] {
            try #require(try await client.range(.key(prefix + KMSStorageTests.key(name))).kvs.first).value
        }
    }

    static func key(_ name: String) -> String { "/secrets/ns/\(name)" }

    static func secret(_ name: String) -> [UInt8] {
        Array(#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"\#(name)","namespace":"ns"},"data":{"password":"aHVzaA=="}}"#.utf8) + [0x0a]
    }

    static func touch(_ storage: EtcdStorage, _ name: String) async throws -> StoredObject {
        try await storage.guaranteedUpdate(key(name), ignoreNotFound: false, preconditions: nil, suggestion: nil) {
            UpdateProposal(bytes: try #require($0).bytes)
        }
    }

    @Test("Values are written under the plugin's prefix, and read by another process at the cost of one call")
    func encrypts() async throws {
        try await Harness.run { harness in
            try await harness.process { storage, _ in
                for name in ["a", "b", "c"] { _ = try await storage.create(Self.key(name), bytes: Self.secret(name), ttl: 0) }
                let stored = try await harness.stored("a")
                #expect(stored.starts(with: "k8s:enc:kms:v2:plugin:".utf8))
                #expect(!String(decoding: stored, as: UTF8.self).contains("password"))
            }
            try await harness.process { storage, _ in
                let items = try await storage.list("/secrets", options: ListOptions()).items
                #expect(items.map(\.bytes) == ["a", "b", "c"].map { Self.secret($0) })
                #expect(harness.server.plugin.calls.filter { $0.hasSuffix("Decrypt") }.count == 1)
            }
        }
    }

    @Test("When the plugin's key changes, an update that changes nothing renews a value, once")
    func rotates() async throws {
        try await Harness.run { harness in
            try await harness.process { storage, _ in
                let created = try await storage.create(Self.key("a"), bytes: Self.secret("a"), ttl: 0)
                let before = try await harness.stored("a")
                #expect(try await Self.touch(storage, "a").resourceVersion == created.resourceVersion)
                harness.server.plugin.keyID = "key-2"
                try await eventually("the renewal") { try await Self.touch(storage, "a").resourceVersion > created.resourceVersion }
                #expect(try await harness.stored("a") != before)
                let renewed = try await storage.get(Self.key("a"), options: GetOptions())
                #expect(renewed?.bytes == Self.secret("a"))
                #expect(try await Self.touch(storage, "a").resourceVersion == renewed?.resourceVersion)
            }
        }
    }

    @Test("A value of a key that the plugin has lost is corrupt, alone")
    func isolatesLostKeys() async throws {
        try await Harness.run { harness in
            try await harness.process { storage, _ in _ = try await storage.create(Self.key("lost"), bytes: Self.secret("lost"), ttl: 0) }
            harness.server.plugin.lose("key-1")
            harness.server.plugin.keyID = "key-2"
            try await harness.process { storage, _ in
                _ = try await storage.create(Self.key("kept"), bytes: Self.secret("kept"), ttl: 0)
                let error = try await storageError { try await storage.get(Self.key("lost"), options: GetOptions()) }
                #expect(error.code == .corruptObject)
                #expect(error.key == Self.key("lost"))
                #expect(try await storage.get(Self.key("kept"), options: GetOptions())?.bytes == Self.secret("kept"))
            }
        }
    }

    @Test("While the plugin is away, what was read before is read and written; what wasn't is unreachable, and not corrupt")
    func outlivesOutages() async throws {
        try await Harness.run { harness in
            try await harness.process { storage, _ in _ = try await storage.create(Self.key("other"), bytes: Self.secret("other"), ttl: 0) }
            try await harness.process(timeout: "1s") { storage, transformers in
                _ = try await storage.create(Self.key("own"), bytes: Self.secret("own"), ttl: 0)
                try await harness.server.stop()
                try await eventually("the health check's failure") {
                    do {
                        try transformers.checkHealth()
                        return false
                    } catch {
                        return true
                    }
                }
                #expect(try await storage.get(Self.key("own"), options: GetOptions())?.bytes == Self.secret("own"))
                _ = try await storage.create(Self.key("new"), bytes: Self.secret("new"), ttl: 0)
                let error = try await storageError { try await storage.get(Self.key("other"), options: GetOptions()) }
                #expect(error.code == .unreachable)
                #expect(error.key == Self.key("other"))
                try await harness.server.start()
                try await eventually("the other value") {
                    do {
                        return try await storage.get(Self.key("other"), options: GetOptions())?.bytes == Self.secret("other")
                    } catch let error as StorageError where error.code == .unreachable {
                        return false
                    }
                }
            }
        }
    }
}

/// The storage error that something throws.
func storageError(sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any) async throws -> StorageError {
    do {
        let value = try await body()
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
        return StorageError(.internalError)
    } catch let error as StorageError {
        return error
    }
}
