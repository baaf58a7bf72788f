//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import Logging
import Storage

/// Runs a cache over a storage for as long as the body takes.
func withCacher<Result: Sendable>(
    over underlying: any Storage, prefix: String = "/pods", waitsUntilReady: Bool = true,
    configure: (inout CacherStorageConfiguration) -> Void = { _ in }, _ body: (CacherStorage) async throws -> Result
) async throws -> Result {
    var configuration = CacherStorageConfiguration(groupResource: GroupResource(group: "", resource: "pods"), resourcePrefix: prefix)
    configuration.relistBackoff = .milliseconds(20)
    // Long enough for a loaded machine; tests that wait for it to pass set their own.
    configuration.freshnessTimeout = .seconds(30)
    configure(&configuration)
    let cacher = CacherStorage(
        underlying: underlying, configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await cacher.run() }
        defer { group.cancelAll() }
        if waitsUntilReady {
            try await cacher.waitUntilReady()
            // It's ready once it has listed. What a test has the store's watches do is for one that is there.
            if let scripted = underlying as? ScriptedStorage { while scripted.script.watches == 0 { await Task.yield() } }
        }
        return try await body(cacher)
    }
}

extension Storage {
    /// Writes over an object, or creates it.
    @discardableResult
    func put(_ key: String, _ bytes: [UInt8]) async throws -> StoredObject {
        try await guaranteedUpdate(key, ignoreNotFound: true, preconditions: nil, suggestion: nil) { _ in UpdateProposal(bytes: bytes) }
    }

    @discardableResult
    func put(_ name: String, namespace: String = "ns", labels: [String: String] = [:], note: String = "") async throws -> StoredObject {
        try await put("/pods/\(namespace)/\(name)", podBytes(name, namespace: namespace, labels: labels, note: note))
    }

    @discardableResult
    func remove(_ name: String, namespace: String = "ns") async throws -> StoredObject {
        try await delete("/pods/\(namespace)/\(name)", preconditions: nil, suggestion: nil) { _ in }
    }
}

/// The error that a call throws; nil when it throws none.
func failure<T>(_ body: () async throws(StorageError) -> T) async -> StorageError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
