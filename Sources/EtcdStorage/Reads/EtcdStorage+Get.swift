//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import EtcdClient
public import Storage

extension EtcdStorage {
    /// Reads one object, linearizably. One round trip.
    ///
    /// Every byte is looked at once, so that a damaged value is told rather than passed on. A wanted resource version is compared with the revision that etcd is at, not with the object's.
    public func get(_ key: String, options: GetOptions) async throws(StorageError) -> StoredObject? {
        let storeKey = try keys.storeKey(of: key)
        var trace = trace()
        defer { finish(trace, "get", key) }
        trace.enter(.read)
        let response = try await read(key, storeKey)
        if let wanted = options.resourceVersion {
            let current = ResourceVersion(UInt64(response.header.revision))
            if current < wanted { throw .tooLarge(requested: wanted, current: current, retryAfterSeconds: 0) }
        }
        guard let kv = response.kvs.first else {
            if options.ignoreNotFound { return nil }
            throw notFound(key)
        }
        trace.enter(.decode)
        return try await values.wholeObject(kv)
    }

    /// The revision that etcd is at. One round trip for a key that is never there.
    public func currentResourceVersion() async throws(StorageError) -> ResourceVersion {
        let response = try await read(
            configuration.resourcePrefix, Array((keys.pathPrefix + configuration.resourcePrefix.dropFirst()).utf8), as: .getCurrentResourceVersion)
        guard response.header.revision > 0 else {
            throw StorageError(.internalError, message: "etcd answered without a revision")
        }
        return ResourceVersion(UInt64(response.header.revision))
    }

    /// Never throws: every call speaks to etcd itself.
    public func checkReadiness() async throws(StorageError) {}

    func read(_ key: String, _ storeKey: [UInt8], as request: StorageMetrics.Request = .get) async throws(StorageError) -> RangeResponse {
        do {
            return try await requests.get(storeKey, as: request)
        } catch {
            throw .reading(error, key: key, read: "get")
        }
    }

    func notFound(_ key: String) -> StorageError {
        StorageError(.keyNotFound, key: key, message: "there is no \"\(key)\"")
    }
}
