//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import EtcdClient
import EtcdStorage
import EtcdTestKit
import KubernetesResources
import Logging
import Registry
import ServiceLifecycle
import Testing

@testable import APIServer

/// The server over everything that is below it: registries, caches, and a real etcd.
struct Stack: Sendable {
    let handler: APIHandler
    private let client: EtcdClient
    private let prefix: String

    /// Runs a stack on keys of its own for as long as `body` runs.
    static func with<Result: Sendable>(
        _ decorator: StorageDecorator = .withCacher, authorizer: any Authorizer = AlwaysAllowAuthorizer(), allowsUnreadableDeletion: Bool = true,
        _ body: @escaping @Sendable (Stack) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let cluster = try await EtcdCluster.shared()
        let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: cluster.endpoints, tls: cluster.tls), logger: logger)
        let prefix = cluster.uniquePrefix()
        var caches: [CacherStorage] = []
        let resources = BuiltinResources(logger: logger) { resourcePrefix, groupResource, attributes in
            let storage = EtcdStorage(
                client: client,
                configuration: EtcdStorageConfiguration(pathPrefix: prefix, resourcePrefix: resourcePrefix, groupResource: groupResource),
                logger: logger)
            let decorated = decorator.decorate(
                storage, groupResource: groupResource, resourcePrefix: resourcePrefix, attributes: attributes, logger: logger)
            if let cache = decorated.storage as? CacherStorage { caches.append(cache) }
            return decorated.storage
        }
        let handler = APIHandler(
            configuration: .init(
                authenticator: StaticTokenAuthenticator(administratorTokens: [TestServer.token]), authorizer: authorizer,
                allowsUnreadableDeletion: allowsUnreadableDeletion),
            groups: resources.groups.map { APIGroupInfo(groupVersion: $0.groupVersion, resources: $0.resources) }, healthChecks: [], logger: logger)
        let services: [any Service] = [client] + caches
        let group = ServiceGroup(configuration: .init(services: services.map { .init(service: $0) }, logger: logger))
        return try await withThrowingTaskGroup(of: Result?.self) { [caches] tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                for cache in caches { try await cache.waitUntilReady() }
                try await resources.createDefaultNamespaces()
                let result = try await body(Stack(handler: handler, client: client, prefix: prefix))
                await group.triggerGracefulShutdown()
                return result
            }
            var result: Result?
            while let next = try await tasks.next() { if let next { result = next } }
            return try #require(result)
        }
    }

    static let deployments = "/apis/apps/v1/namespaces/default/deployments"
    static let configMaps = "/api/v1/namespaces/default/configmaps"

    /// Sends a request with the token; a body is JSON unless it is said to be something else.
    func send(
        _ method: String, _ target: String, _ body: String = "", type: String = "application/json", accept: String = "application/json"
    ) async throws -> Answer {
        let parts = target.split(separator: "?", maxSplits: 1)
        let response = await handler.respond(
            to: HTTPRequest(
                method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
                headers: ["Authorization": "Bearer \(TestServer.token)", "Content-Type": type, "Accept": accept, "User-Agent": "tests/1"],
                body: HTTPRequestBody(Array(body.utf8))))
        return try await Answer(response)
    }

    /// Writes a value past the server.
    func store(_ value: [UInt8], at key: String) async throws {
        try await client.put(prefix + key, value)
    }

    /// Whether etcd has the key.
    func isStored(_ key: String) async throws -> Bool {
        try await client.range(.key(prefix + key), options: RangeOptions(countOnly: true)).count > 0
    }

    /// A deployment's manifest.
    static func deployment(_ name: String, replicas: Int = 1) -> String {
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"\#(name)","labels":{"app":"web"}},"spec":{"replicas":\#(replicas),"#
            + #""selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"#
            + #""spec":{"containers":[{"name":"c","image":"nginx"}]}}}}"#
    }

    /// A config map's manifest.
    static func configMap(_ name: String, value: String = "1") -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"key":"\#(value)"}}"#
    }
}

extension Answer {
    /// `metadata.resourceVersion` of an object or a list.
    var resourceVersion: String {
        get throws { try json()["metadata"]?["resourceVersion"]?.stringValue ?? "" }
    }
}
