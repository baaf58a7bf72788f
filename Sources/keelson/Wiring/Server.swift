//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIServer
import CacherStorage
import EtcdStorage
import KubernetesResources
import Logging
import Registry
import ServiceLifecycle
import Storage
import UnixSignals

/// The whole stack, wired: etcd, a storage and a cache for each resource, their registries, and the API server.
struct Server {
    let serving: ServingOptions
    let etcd: EtcdOptions
    let dataDirectory: String
    let logger: Logger
    /// What the process measures; whoever made the server has installed it.
    let metrics: MetricsRegistry

    /// Serves until SIGTERM or SIGINT, then shuts down from the top: no new requests, watches ended, caches, client, and etcd last.
    func run() async throws {
        let directory = try DataDirectory(dataDirectory)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }

        let credentials = try Credentials(serving: serving, directory: directory)
        let backend = try await EtcdBackend(options: etcd, directory: directory, logger: logger)
        if let endpoint = backend.endpoints.first { try directory.write(endpoint + "\n", to: directory.file("etcd.endpoint")) }

        var storages: [EtcdStorage] = []
        var caches: [CacherStorage] = []
        var cacheServices: [any Service] = []
        let decorator: StorageDecorator = serving.watchCache ? .withCacher : .undecorated
        let resources = BuiltinResources(logger: logger) { prefix, groupResource, attributes in
            let storage = backend.storage(resourcePrefix: prefix, groupResource: groupResource)
            storages.append(storage)
            let decorated = decorator.decorate(
                storage, groupResource: groupResource, resourcePrefix: prefix, attributes: attributes, logger: logger)
            cacheServices += decorated.services
            if let cache = decorated.storage as? CacherStorage { caches.append(cache) }
            return decorated.storage
        }

        let (boundPort, bound) = AsyncStream.makeStream(of: Int.self)
        let startup = Startup(
            backend: backend, caches: caches, resources: resources, boundPort: boundPort,
            announcement: Announcement(serving: serving, credentials: credentials, directory: directory, endpoints: backend.endpoints))
        let handler = APIHandler(
            configuration: .init(
                authenticator: StaticTokenAuthenticator(administratorTokens: [credentials.token]),
                version: ServerVersion(
                    major: KeelsonVersion.kubernetesMajor, minor: KeelsonVersion.kubernetesMinor,
                    gitVersion: "v\(KeelsonVersion.kubernetesMajor).\(KeelsonVersion.kubernetesMinor).0+keelson-\(KeelsonVersion.current)"),
                allowsUnreadableDeletion: serving.featureGates[.allowUnsafeMalformedObjectDeletion], metrics: { [metrics] in metrics.text }),
            groups: resources.groups.map { APIGroupInfo(groupVersion: $0.groupVersion, resources: $0.resources) },
            healthChecks: backend.healthChecks + [startup.healthCheck], logger: logger)
        let server = APIServer(
            configuration: .init(host: serving.bindAddress, port: serving.securePort, tls: credentials.tls), handler: handler, logger: logger,
            onBound: { port in
                bound.yield(port)
                bound.finish()
            })

        let services = backend.services + cacheServices + [backend.monitor(of: storages), resources.namespaceController, server]
        var configurations = services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        // Done once the server is ready; that is no reason to stop the others.
        configurations.append(ServiceGroupConfiguration.ServiceConfiguration(service: startup, successTerminationBehavior: .ignore))
        let group = ServiceGroup(
            configuration: .init(services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
