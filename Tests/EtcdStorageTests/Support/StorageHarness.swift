//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Logging
import Metrics
import Storage
import Synchronization
import TestWaiting
import Testing

@testable import EtcdStorage

/// A storage of pods on a real etcd, below a prefix that no other test uses.
struct StorageHarness: Sendable {
    let cluster: EtcdCluster
    let client: EtcdClient
    let storage: EtcdStorage
    let prefix: String
    let recorder: Recorder

    /// What the storage asked of etcd.
    final class Recorder: Sendable {
        private let operations = Mutex<[StoreRequests.Operation]>([])
        private let observer = Mutex<(@Sendable (StoreRequests.Operation) async throws -> Void)?>(nil)

        func record(_ operation: StoreRequests.Operation) async {
            operations.withLock { $0.append(operation) }
            do {
                try await observer.withLock { $0 }?(operation)
            } catch {
                Issue.record(error)
            }
        }

        /// Has something done just before each request from now on.
        func observe(_ observer: @escaping @Sendable (StoreRequests.Operation) async throws -> Void) {
            self.observer.withLock { $0 = observer }
        }

        /// What was asked since the last time.
        func take() -> [StoreRequests.Operation] {
            operations.withLock { operations in
                defer { operations = [] }
                return operations
            }
        }
    }

    /// Runs `body` with a storage on the shared cluster.
    static func run(
        metrics: (any MetricsFactory)? = nil, configure: (inout EtcdStorageConfiguration) -> Void = { _ in },
        _ body: (StorageHarness) async throws -> Void
    ) async throws {
        try await run(on: try await EtcdCluster.shared(), metrics: metrics, configure: configure, body)
    }

    /// Runs `body` with a storage on a cluster of its own, which it may compact, stop and kill.
    static func runAlone(
        _ options: EtcdClusterOptions = EtcdClusterOptions(), readTimeout: Duration = .seconds(20), writeTimeout: Duration = .seconds(10),
        metrics: (any MetricsFactory)? = nil, configure: (inout EtcdStorageConfiguration) -> Void = { _ in },
        _ body: (StorageHarness) async throws -> Void
    ) async throws {
        try await EtcdCluster.withCluster(options) { cluster in
            try await run(on: cluster, readTimeout: readTimeout, writeTimeout: writeTimeout, metrics: metrics, configure: configure, body)
        }
    }

    static func run(
        on cluster: EtcdCluster, readTimeout: Duration = .seconds(20), writeTimeout: Duration = .seconds(10),
        metrics: (any MetricsFactory)? = nil, configure: (inout EtcdStorageConfiguration) -> Void,
        _ body: (StorageHarness) async throws -> Void
    ) async throws {
        // Reads may take long: the machine that tests run on may have a lot to do.
        let client = EtcdClient(
            configuration: try EtcdClientConfiguration(
                endpoints: cluster.endpoints, tls: cluster.tls, readTimeout: readTimeout, writeTimeout: writeTimeout),
            logger: Logger(label: "test"))
        let recorder = Recorder()
        let prefix = EtcdCluster.uniquePrefix()
        var configuration = EtcdStorageConfiguration(
            pathPrefix: prefix, resourcePrefix: "/pods", groupResource: GroupResource(group: "", resource: "pods"))
        configure(&configuration)
        let storage = EtcdStorage(
            client: client, configuration: configuration, compactor: nil, logger: Logger(label: "test"), metrics: metrics,
            recorder: { await recorder.record($0) })
        let harness = StorageHarness(cluster: cluster, client: client, storage: storage, prefix: prefix, recorder: recorder)
        try await running(client.run) {
            // Connected first, however long that takes: the time-outs are for what comes then.
            _ = try await client.range(.key("connected"), deadline: .now + .seconds(60))
            try await body(harness)
        }
    }

    /// Another storage of the same pods.
    func sibling(configure: (inout EtcdStorageConfiguration) -> Void) -> EtcdStorage {
        var configuration = storage.configuration
        configure(&configuration)
        return EtcdStorage(client: client, configuration: configuration, logger: Logger(label: "test"))
    }

    // MARK: Pods

    static func key(_ name: String, in namespace: String = "ns") -> String { "/pods/\(namespace)/\(name)" }

    @discardableResult
    func create(_ name: String, in namespace: String = "ns", labels: [String: String] = [:], node: String = "", n: Int = 0, ttl: Int = 0) async throws
        -> StoredObject
    {
        let bytes = StorageHarness.pod(name, in: namespace, labels: labels, node: node, n: n)
        return try await storage.create(StorageHarness.key(name, in: namespace), bytes: bytes, ttl: ttl)
    }

    /// Writes a pod over whatever is there.
    @discardableResult
    func update(_ name: String, in namespace: String = "ns", labels: [String: String] = [:], node: String = "", n: Int) async throws -> StoredObject {
        let bytes = StorageHarness.pod(name, in: namespace, labels: labels, node: node, n: n)
        return try await storage.guaranteedUpdate(
            StorageHarness.key(name, in: namespace), ignoreNotFound: true, preconditions: nil, suggestion: nil
        ) { _ in UpdateProposal(bytes: bytes) }
    }

    @discardableResult
    func delete(_ name: String, in namespace: String = "ns") async throws -> StoredObject {
        try await storage.delete(StorageHarness.key(name, in: namespace), preconditions: nil, suggestion: nil) { _ in }
    }

    func get(_ name: String, in namespace: String = "ns") async throws -> StoredObject? {
        try await storage.get(StorageHarness.key(name, in: namespace), options: GetOptions(ignoreNotFound: true))
    }

    /// A write beside the pods.
    @discardableResult
    func foreignWrite() async throws -> ResourceVersion {
        let response = try await client.put(prefix + "/elsewhere", "x")
        return ResourceVersion(UInt64(response.header.revision))
    }

    /// What etcd holds under a pod's key.
    func stored(_ name: String, in namespace: String = "ns") async throws -> KeyValue? {
        try await client.range(.key(prefix + StorageHarness.key(name, in: namespace))).kvs.first
    }

    static func pod(_ name: String, in namespace: String = "ns", labels: [String: String] = [:], node: String = "", n: Int = 0) -> [UInt8] {
        let pairs = labels.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
        return Array(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"\(namespace)","uid":"uid-\(name)","labels":{\(pairs)}},\
            "spec":{"nodeName":"\(node)","n":\(n)}}

            """.utf8)
    }

    /// The number in a pod.
    static func number(_ object: StoredObject?) throws -> Int {
        Int(try #require(object?.value()["spec"]?["n"]?.integerValue))
    }

    /// A predicate over pods, which have a field more than others.
    static func predicate(
        labels: String = "", fields: String = "", limit: Int = 0, continueToken: String? = nil, bookmarks: Bool = false
    ) throws -> SelectionPredicate {
        SelectionPredicate(
            labels: try LabelSelector(parsing: labels), fields: try FieldSelector(parsing: fields),
            attributes: { object in
                var attributes = try SelectionPredicate.metadataAttributes(object)
                attributes.fields["spec.nodeName"] = try object.value()["spec"]?["nodeName"]?.stringValue ?? ""
                return attributes
            }, limit: limit, continueToken: continueToken, allowWatchBookmarks: bookmarks)
    }
}

/// The storage error that something throws; an issue when it throws another, or none.
func storageError(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any
) async throws -> StorageError {
    do {
        let value = try await body()
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
    } catch let error as StorageError {
        return error
    }
    throw StorageHarnessFailure()
}

struct StorageHarnessFailure: Error {}

extension Array where Element == StoredObject {
    /// The keys without the resource's prefix, as in `ns/a`.
    var names: [String] { map { String($0.key.dropFirst("/pods/".count)) } }
}
