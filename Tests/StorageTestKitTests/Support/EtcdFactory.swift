//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestKit
import Foundation
import Logging
import Storage
import StorageTestKit
import Synchronization

@testable import EtcdStorage

/// Which etcd the behaviours are tried on.
enum EtcdRelease: String, Sendable, CaseIterable {
    /// The one on the PATH: 3.5 or newer.
    case installed
    /// The older one that Debian 12 has, unpacked but not installed.
    case release34 = "3.4"

    /// The program; nil for the one on the PATH.
    var executable: String? { self == .installed ? nil : EtcdRelease.unpacked }

    /// Why it can't be used; nil when it can.
    var absence: String? {
        guard self == .release34, EtcdRelease.unpacked == nil else { return nil }
        return "etcd 3.4 is not there: CI/setup.sh unpacks Debian 12's package into .build/etcd-3.4, or KEELSON_ETCD_3_4 names the program"
    }

    private static let unpacked: String? = {
        if let named = ProcessInfo.processInfo.environment["KEELSON_ETCD_3_4"], !named.isEmpty { return named }
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = package.appending(path: ".build/etcd-3.4/usr/bin/etcd").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}

/// Storages on a real etcd. Behaviours that need a store of their own come one at a time to a second one.
struct EtcdFactory: ConformanceFactory {
    var release: EtcdRelease
    /// Factories of different names don't wait for each other.
    var name = "storages"

    var capabilities: Set<ConformanceCapability> {
        var all = Set(ConformanceCapability.allCases).subtracting([.periodicBookmarks])
        // 3.4.23 answers a request for progress before the events that came before it.
        if release == .release34 { all.remove(.watchProgress) }
        return all
    }

    private static let turns = Mutex<[String: Turnstile]>([:])

    func withSubject(_ setup: ConformanceSetup, _ body: @Sendable (any ConformanceSubject) async throws -> Void) async throws {
        try await withEtcdSubject(setup) { subject in try await body(subject) }
    }

    func withEtcdSubject(_ setup: ConformanceSetup, _ body: @Sendable (EtcdSubject) async throws -> Void) async throws {
        let options = EtcdClusterOptions(executable: release.executable)
        guard setup.isAlone else {
            return try await run(setup, on: try await EtcdCluster.shared(named: "conformance on \(release)", options), body)
        }
        let alone = "conformance of \(name) alone on \(release)"
        let turnstile = Self.turns.withLock { turns in
            let turnstile = turns[alone] ?? Turnstile()
            turns[alone] = turnstile
            return turnstile
        }
        try await turnstile.pass {
            try await run(setup, on: try await EtcdCluster.shared(named: alone, options), body)
        }
    }

    private func run(_ setup: ConformanceSetup, on cluster: EtcdCluster, _ body: @Sendable (EtcdSubject) async throws -> Void) async throws {
        // Calls may take long: the machine that tests run on may have a lot to do.
        let client = EtcdClient(
            configuration: try EtcdClientConfiguration(endpoints: cluster.endpoints, readTimeout: .seconds(30), writeTimeout: .seconds(30)),
            logger: Logger(label: "test"))
        let compactor = Compactor(client: client, interval: .zero, retryInterval: .milliseconds(10), logger: Logger(label: "test"))
        let subject = EtcdSubject(client: client, compactor: compactor, setup: setup)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            group.addTask { try await compactor.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(subject))
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            while let end = await group.nextResult() {
                if case .failure(let error) = end, !(error is CancellationError) { throw error }
            }
            try result.get()
        }
    }
}

/// A storage below a prefix that no other test uses.
final class EtcdSubject: ConformanceSubject {
    let client: EtcdClient
    let etcdStorage: EtcdStorage
    private let prefix = EtcdCluster.uniquePrefix()
    private let log = RequestLog()

    var storage: any Storage { etcdStorage }

    init(client: EtcdClient, compactor: Compactor, setup: ConformanceSetup) {
        self.client = client
        etcdStorage = EtcdStorage(
            client: client,
            configuration: EtcdStorageConfiguration(
                pathPrefix: prefix, resourcePrefix: ConformanceSetup.resourcePrefix, groupResource: GroupResource(group: "", resource: "pods"),
                transformer: setup.transformer ?? IdentityTransformer(), listPageSize: 7, estimatesObjectSizes: setup.estimatesObjectSizes),
            compactor: compactor, logger: Logger(label: "test"), recorder: { [log] in log.note($0) })
    }

    private final class RequestLog: Sendable {
        private let limits = Mutex<[Int]>([])

        func note(_ operation: StoreRequests.Operation) {
            if case .list(let limit) = operation { limits.withLock { $0.append(limit) } }
        }

        func take() -> [Int] {
            limits.withLock { limits in
                defer { limits = [] }
                return limits
            }
        }
    }

    func increaseRevision() async throws -> ResourceVersion {
        ResourceVersion(UInt64(try await client.put(prefix + "/elsewhere", "x").header.revision))
    }

    func compact(at revision: ResourceVersion) async throws {
        try await client.compact(revision: Int64(revision.value))
        // As whoever compacts says to all servers.
        try await client.put("compact_rev_key", String(revision.value))
    }

    func storedValue(at key: String) async throws -> [UInt8]? {
        try await client.range(.key(prefix + key)).kvs.first?.value
    }

    func store(_ value: [UInt8], at key: String) async throws -> ResourceVersion {
        ResourceVersion(UInt64(try await client.put(Array((prefix + key).utf8), value).header.revision))
    }

    func takeListRequests() -> [Int] { log.take() }
}

/// Lets one through at a time, in the order of coming.
final class Turnstile: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(continuation)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isFree { continuation.resume() }
        }
        defer {
            let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard !state.waiting.isEmpty else {
                    state.isTaken = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            next?.resume()
        }
        return try await body()
    }
}
