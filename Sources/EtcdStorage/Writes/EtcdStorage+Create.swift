//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import EtcdClient
public import Storage

extension EtcdStorage {
    /// Adds an object under a free key. One round trip, and one more for a lease now and then when it has a time to live.
    public func create(_ key: String, bytes: [UInt8], ttl: Int) async throws(StorageError) -> StoredObject {
        let storeKey = Array(try keys.prepare(key).utf8)
        let bytes = try StorableBytes.creating(bytes, key: key)
        var trace = trace()
        defer { finish(trace, "create", key) }
        if ttl > 0 { trace.enter(.lease) }
        let lease = try await lease(forSeconds: ttl, key: key)
        trace.enter(.encode)
        let stored = try await values.stored(bytes, key: key, storeKey: storeKey)
        let write = GuardedWrite(key: storeKey, effect: .put(value: stored, lease: lease), revision: 0, readsOnConflict: false)
        trace.enter(.write)
        switch try await perform(write, key: key) {
        case .done(let revision):
            sizes?.learn(storeKey, bytes: stored.count, revision: revision)
            return StoredObject(key: key, bytes: bytes, resourceVersion: ResourceVersion(UInt64(revision)))
        case .conflict: throw StorageError(.keyExists, key: key, message: "there is a \"\(key)\" already")
        case .uncertain: throw unknownOutcome(key, nil)
        }
    }

    func lease(forSeconds ttl: Int?, key: String) async throws(StorageError) -> Int64 {
        guard let ttl, ttl > 0 else { return 0 }
        do {
            return try await leases.lease(forSeconds: Int64(ttl))
        } catch {
            var failure = StorageError.reading(error, key: key, read: "get a lease of \(ttl) s for")
            // Nothing but a lease was asked for yet: whatever became of that, the object is untouched.
            if failure.code == .unknownOutcome { failure.code = .timeout }
            throw failure
        }
    }
}
