//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import KubernetesResources
import Logging
import Registry
import Storage
import Synchronization
import Testing

/// The built-in resources on storages of their own, and shorthand for what tests do with them.
struct Cluster: Sendable {
    let resources: BuiltinResources
    let storages: [String: any Storage]
    let logger: Logger

    /// Runs `body` with the default namespaces and the namespace `demo`.
    static func run(_ body: @escaping @Sendable (Cluster) async throws -> Void) async throws {
        try await withStorages { make in
            var logger = Logger(label: "test")
            logger.logLevel = .error
            let storages = Mutex<[String: any Storage]>([:])
            let resources = BuiltinResources(logger: logger) { prefix, groupResource, _ in
                let storage = make(prefix, groupResource)
                storages.withLock { $0[prefix] = storage }
                return storage
            }
            let cluster = Cluster(resources: resources, storages: storages.withLock { $0 }, logger: logger)
            try await resources.createDefaultNamespaces()
            try await cluster.createNamespace("demo")
            try await body(cluster)
        }
    }

    /// Runs `body` while the namespaces' controller works.
    func withController(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await resources.namespaceController.run() }
            try await body()
            group.cancelAll()
        }
    }

    func context(_ namespace: String?) -> RequestContext { RequestContext(namespace: namespace, logger: logger) }

    /// What is installed at a path.
    func installed<T>(_ path: String, as type: T.Type = T.self) throws -> T {
        let all = resources.groups.flatMap(\.resources)
        return try #require(all.first { $0.path == path }?.storage as? T)
    }

    @discardableResult
    func createNamespace(_ name: String) async throws -> Namespace {
        let object = try await resources.namespaces.create(Namespace(name: name).json(), options: CreateOptions(), context: context(nil))
        return try resources.namespaces.decode(object)
    }

    @discardableResult
    func create(_ configMap: ConfigMap, in namespace: String = "demo") async throws -> ConfigMap {
        let object = try await resources.configMaps.create(configMap.json(), options: CreateOptions(), context: context(namespace))
        return try resources.configMaps.decode(object)
    }

    @discardableResult
    func create(_ deployment: JSONValue, in namespace: String = "demo") async throws -> Deployment {
        let object = try await resources.deployments.create(deployment, options: CreateOptions(), context: context(namespace))
        return try resources.deployments.decode(object)
    }

    /// The bytes of a key, past the registry.
    func stored(_ prefix: String, _ key: String) async throws -> String? {
        let object = try await storages[prefix]?.get(prefix + key, options: GetOptions(ignoreNotFound: true))
        return object.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}

extension Updater {
    /// Changes an object's tree.
    @discardableResult
    func change(
        _ name: String, context: RequestContext, _ change: @escaping @Sendable (inout JSONValue) -> Void
    ) async throws(Status) -> StoredObject {
        let object = UpdatedObject { (existing) async throws(Status) -> JSONValue in
            var value = existing ?? .null
            change(&value)
            return value
        }
        return try await update(name, object: object, options: UpdateOptions(), context: context).object
    }
}

/// A small valid deployment, before defaulting.
func deployment(_ name: String = "web", replicas: Int64 = 2, app: String = "web") -> JSONValue {
    [
        "kind": "Deployment", "apiVersion": "apps/v1", "metadata": ["name": .string(name), "labels": ["app": .string(app)]],
        "spec": [
            "replicas": .integer(replicas), "selector": ["matchLabels": ["app": .string(app)]],
            "template": [
                "metadata": ["labels": ["app": .string(app)]],
                "spec": ["containers": [["name": "main", "image": "example.com/web:1"]]],
            ],
        ],
    ]
}

/// The status that `body` fails with.
func failure(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async -> Status? {
    do {
        try await body()
        Issue.record("expected a failure", sourceLocation: sourceLocation)
        return nil
    } catch let status as Status {
        return status
    } catch {
        Issue.record("expected a Status, got \(error)", sourceLocation: sourceLocation)
        return nil
    }
}
