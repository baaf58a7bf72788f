//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIServer
import CacherStorage
import KubernetesResources
import ServiceLifecycle
import Synchronization

/// Brings the server from "started" to "ready": waits for etcd and the caches, creates the default namespaces, and announces the server.
struct Startup: Service, CustomStringConvertible {
    let backend: EtcdBackend
    let caches: [CacherStorage]
    let resources: BuiltinResources
    let boundPort: AsyncStream<Int>
    let announcement: Announcement
    private let isDone = Flag()

    init(backend: EtcdBackend, caches: [CacherStorage], resources: BuiltinResources, boundPort: AsyncStream<Int>, announcement: Announcement) {
        self.backend = backend
        self.caches = caches
        self.resources = resources
        self.boundPort = boundPort
        self.announcement = announcement
    }

    /// Service groups log what they run; this keeps the credentials out.
    var description: String { "startup" }

    /// Keeps `/readyz` from succeeding before reads are served and the default namespaces are there.
    var healthCheck: HealthCheck {
        HealthCheck(name: "poststarthook/start-storage", endpoints: [.readyz, .healthz]) { [isDone, caches] in
            guard isDone.value else { throw SetupError("still starting") }
            for cache in caches { try await cache.checkReadiness() }
        }
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await prepare()
            } catch  where Task.isCancelled {
                // Told to stop before it was ready; what failed, failed because of that.
            }
        }
    }

    private func prepare() async throws {
        try await backend.waitUntilReachable { Progress.tell($0) }
        try await backend.waitUntilEncrypting { Progress.tell($0) }
        for cache in caches { try await cache.waitUntilReady() }
        try await resources.createDefaultNamespaces()
        isDone.set()
        for await port in boundPort { try announcement.make(port: port) }
    }
}

/// Something that becomes true once.
private final class Flag: Sendable {
    private let storage = Atomic(false)
    var value: Bool { storage.load(ordering: .acquiring) }
    func set() { storage.store(true, ordering: .releasing) }
}
