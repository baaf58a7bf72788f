//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdStorage
import EtcdTestKit
import Logging
import Storage
import StorageEncryption
import TestWaiting
import Testing

/// Encryption below a storage on a real etcd.
@Suite("Encrypted storage")
struct EncryptedStorageTests {
    typealias Texts = EncryptionConfigurationTests

    struct Harness: Sendable {
        let client: EtcdClient
        let prefix: String

        static func run(_ body: (Harness) async throws -> Void) async throws {
            let cluster = try await EtcdCluster.shared()
            let client = EtcdClient(
                configuration: try EtcdClientConfiguration(
                    endpoints: cluster.endpoints, tls: cluster.tls, readTimeout: .seconds(60), writeTimeout: .seconds(60)),
                logger: Logger(label: "test"))
            try await running(client.run) { try await body(Harness(client: client, prefix: EtcdCluster.uniquePrefix())) }
        }

        /// A storage of secrets whose values are stored by a configuration with these providers.
        func storage(_ providers: String) throws -> EtcdStorage {
            let configuration = try EncryptionConfiguration(parsing: Texts.text(Texts.entry("secrets", providers)))
            return storage(
                try EncryptionTransformers(configuration: configuration, logger: Logger(label: "test"))
                    .transformer(for: GroupResource(group: "", resource: "secrets")))
        }

        func storage(_ transformer: any ValueTransformer) -> EtcdStorage {
            var configuration = EtcdStorageConfiguration(
                pathPrefix: prefix, resourcePrefix: "/secrets", groupResource: GroupResource(group: "", resource: "secrets"))
            configuration.transformer = transformer
            return EtcdStorage(client: client, configuration: configuration, logger: Logger(label: "test"))
        }

        /// What etcd holds.
        func stored(_ name: String) async throws -> KeyValue {
            try #require(try await client.range(.key(prefix + key(name))).kvs.first)
        }

        func key(_ name: String) -> String { "/secrets/ns/\(name)" }
    }

    static func secret(_ name: String) -> [UInt8] {
        Array(#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"\#(name)","namespace":"ns"},"data":{"password":"aHVzaA=="}}"#.utf8) + [0x0a]
    }

    /// An update that changes nothing.
    static func touch(_ storage: EtcdStorage, _ key: String) async throws -> StoredObject {
        try await storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: nil) {
            UpdateProposal(bytes: try #require($0).bytes)
        }
    }

    static func gcm(_ names: String...) -> String {
        "aesgcm: {keys: [\(names.map { Texts.key(secret(ofKey: $0), name: $0) }.joined(separator: ", "))]}"
    }

    /// Another secret for each name.
    static func secret(ofKey name: String) -> String {
        let letter = name.utf8.last.map { Character(UnicodeScalar($0)) } ?? "A"
        return String(repeating: letter, count: 42) + "A="
    }

    @Test("etcd holds the prefix and no word of the object, and everything reads it: gets, lists, watches, updates, deletes")
    func encrypts() async throws {
        try await Harness.run { harness in
            let storage = try harness.storage(Self.gcm("a"))
            let key = harness.key("one")
            let created = try await storage.create(key, bytes: Self.secret("one"), ttl: 0)
            let stored = try await harness.stored("one").value
            #expect(stored.starts(with: "k8s:enc:aesgcm:v1:a:".utf8))
            #expect(!String(decoding: stored, as: UTF8.self).contains("password"))
            #expect(try await storage.get(key, options: GetOptions())?.bytes == Self.secret("one"))
            #expect(try await storage.list("/secrets", options: ListOptions()).items.map(\.bytes) == [created.bytes])
            var changes: [[UInt8]] = []
            let watch = try await storage.watch("/secrets", options: ListOptions(resourceVersion: ResourceVersion(created.resourceVersion.value - 1)))
            let updated = try await storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: created) { _ in
                UpdateProposal(bytes: Self.secret("two"))
            }
            #expect(try await storage.delete(key, preconditions: nil, suggestion: nil) { _ in }.bytes == updated.bytes)
            for await event in watch {
                guard case .change(let change) = event else { break }
                changes.append(change.object.bytes)
                if changes.count == 3 { break }
            }
            #expect(changes == [Self.secret("one"), Self.secret("two"), Self.secret("two")])
        }
    }

    @Test("Encryption begins, keys rotate and encryption ends, with an update that changes nothing renewing each value once")
    func rotates() async throws {
        try await Harness.run { harness in
            let key = harness.key("one")
            // By the order in which an operator changes the file: the new key must be readable everywhere before it writes anywhere.
            let stages = [
                ("identity: {}", "{"), ("identity: {}, \(Self.gcm("a"))", "{"), ("\(Self.gcm("a")), identity: {}", "k8s:enc:aesgcm:v1:a:"),
                (Self.gcm("a", "b"), "k8s:enc:aesgcm:v1:a:"), (Self.gcm("b", "a"), "k8s:enc:aesgcm:v1:b:"),
                ("aescbc: {keys: [\(Texts.key(name: "c"))]}, \(Self.gcm("b"))", "k8s:enc:aescbc:v1:c:"),
                ("identity: {}, aescbc: {keys: [\(Texts.key(name: "c"))]}", "{"),
            ]
            var last = try await harness.storage(stages[0].0).create(key, bytes: Self.secret("one"), ttl: 0)
            var prefix = "{"
            for (providers, expected) in stages {
                let storage = try harness.storage(providers)
                #expect(try await storage.get(key, options: GetOptions())?.bytes == Self.secret("one"))
                let touched = try await Self.touch(storage, key)
                #expect(try await harness.stored("one").value.starts(with: expected.utf8))
                // A value that is as it would be written today is not written.
                #expect((touched.resourceVersion > last.resourceVersion) == (prefix != expected))
                #expect(try await Self.touch(storage, key).resourceVersion == touched.resourceVersion)
                (last, prefix) = (touched, expected)
            }
        }
    }

    @Test("A value of a key that was lost is corrupt, alone, and stays as it is")
    func isolatesLostKeys() async throws {
        try await Harness.run { harness in
            _ = try await harness.storage(Self.gcm("a")).create(harness.key("lost"), bytes: Self.secret("lost"), ttl: 0)
            let storage = try harness.storage(Self.gcm("b"))
            _ = try await storage.create(harness.key("kept"), bytes: Self.secret("kept"), ttl: 0)
            let before = try await harness.stored("lost")
            let error = try await thrown(StorageError.self) { try await storage.get(harness.key("lost"), options: GetOptions()) }
            #expect(error.code == .corruptObject)
            #expect(error.key == harness.key("lost"))
            #expect("\(error)".contains("k8s:enc:aesgcm:v1:a,"))
            let update = try await thrown(StorageError.self) {
                try await storage.guaranteedUpdate(harness.key("lost"), ignoreNotFound: true, preconditions: nil, suggestion: nil) { _ in
                    UpdateProposal(bytes: Self.secret("lost"))
                }
            }
            #expect(update.code == .corruptObject)
            #expect(try await harness.stored("lost") == before)
            #expect(try await storage.get(harness.key("kept"), options: GetOptions())?.bytes == Self.secret("kept"))
        }
    }

    @Test("A value copied to another key of etcd is corrupt there")
    func noticesMoves() async throws {
        try await Harness.run { harness in
            let storage = try harness.storage(Self.gcm("a"))
            _ = try await storage.create(harness.key("one"), bytes: Self.secret("one"), ttl: 0)
            _ = try await harness.client.put(Array((harness.prefix + harness.key("two")).utf8), try await harness.stored("one").value)
            let error = try await thrown(StorageError.self) { try await storage.get(harness.key("two"), options: GetOptions()) }
            #expect(error.code == .corruptObject)
            #expect(error.key == harness.key("two"))
            #expect(try await storage.get(harness.key("one"), options: GetOptions()) != nil)
        }
    }

    @Test("A reloaded file rotates the key of a storage that is in use")
    func reloads() async throws {
        try await Harness.run { harness in
            try await ReloaderTests.with(Texts.text(Texts.entry("secrets", Self.gcm("a")))) { reloader, file, _ in
                let storage = harness.storage(reloader.transformer(for: ReloaderTests.secrets))
                _ = try await storage.create(harness.key("one"), bytes: Self.secret("one"), ttl: 0)
                #expect(try await harness.stored("one").value.starts(with: "k8s:enc:aesgcm:v1:a:".utf8))
                try file.write(Texts.text(Texts.entry("secrets", Self.gcm("b", "a"))))
                #expect(try await reloader.reload())
                _ = try await Self.touch(storage, harness.key("one"))
                #expect(try await harness.stored("one").value.starts(with: "k8s:enc:aesgcm:v1:b:".utf8))
                #expect(try await storage.get(harness.key("one"), options: GetOptions())?.bytes == Self.secret("one"))
            }
        }
    }
}
