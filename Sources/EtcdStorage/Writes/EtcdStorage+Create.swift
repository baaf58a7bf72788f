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
        let storeKey = try keys.storeKey(of: key)
        let bytes = try StorableBytes.creating(bytes, key: key)
        var trace = trace()
        defer { finish(trace, "create", key) }
        trace.enter(.encode)
        let stored = try await values.stored(bytes, key: key, storeKey: storeKey)
        let write = GuardedWrite(key: storeKey, effect: .put(value: stored, lease: 0), revision: 0, readsOnConflict: false)
        switch try await perform(write, leasedForSeconds: ttl, key: key, &trace) {
        case .done(let revision):
            sizes?.learn(storeKey, bytes: stored.count, revision: revision)
            return StoredObject(key: key, bytes: bytes, resourceVersion: ResourceVersion(UInt64(revision)))
        case .conflict: throw StorageError(.keyExists, key: key, message: "there is a \"\(key)\" already")
        case .uncertain: throw unknownOutcome(key, nil)
        }
    }
}
