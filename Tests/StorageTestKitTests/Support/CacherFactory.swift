//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import Logging
import Storage
import StorageTestKit

/// Caches over storages on a real etcd.
struct CacherFactory: ConformanceFactory {
    var release: EtcdRelease

    var capabilities: Set<ConformanceCapability> {
        [.compaction, .compactRevision, .storedValues, .timeToLive, .periodicBookmarks]
    }

    func withSubject(_ setup: ConformanceSetup, _ body: @Sendable (any ConformanceSubject) async throws -> Void) async throws {
        try await EtcdFactory(release: release, name: "caches").withEtcdSubject(setup) { etcd in
            var configuration = CacherStorageConfiguration(
                groupResource: GroupResource(group: "", resource: "pods"), resourcePrefix: ConformanceSetup.resourcePrefix,
                attributes: ConformanceSetup.attributes)
            configuration.bookmarkPeriod = .milliseconds(500)
            // What is refused takes this long; what isn't must not need it on a machine that has a lot to do.
            configuration.freshnessTimeout = .seconds(4)
            let cacher = CacherStorage(underlying: etcd.storage, configuration: configuration, logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await cacher.run() }
                defer { group.cancelAll() }
                try await cacher.waitUntilReady()
                try await body(CacherSubject(storage: cacher, etcd: etcd))
            }
        }
    }
}

/// A cache, and the store below the storage below it.
struct CacherSubject: ConformanceSubject {
    let storage: any Storage
    let etcd: EtcdSubject

    func increaseRevision() async throws -> ResourceVersion { try await etcd.increaseRevision() }
    func compact(at revision: ResourceVersion) async throws { try await etcd.compact(at: revision) }
    func storedValue(at key: String) async throws -> [UInt8]? { try await etcd.storedValue(at: key) }
    func store(_ value: [UInt8], at key: String) async throws -> ResourceVersion { try await etcd.store(value, at: key) }
}
