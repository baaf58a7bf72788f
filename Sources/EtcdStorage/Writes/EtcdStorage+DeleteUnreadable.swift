//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import EtcdClient
import Logging
public import Storage

extension EtcdStorage {
    /// Removes an object whose value can't be read at its newest revision, under the guard of that revision: what becomes readable meanwhile stays.
    ///
    /// Unreadable is what the transformer refuses, and what isn't a JSON object from its first byte to its last. A key service that doesn't answer
    /// makes nothing unreadable. Two round trips, and two for each time that the value changes meanwhile.
    public func deleteUnreadable(_ key: String, validate: @Sendable () async throws -> Void) async throws(StorageError) -> ResourceVersion {
        let storeKey = try keys.storeKey(of: key)
        var trace = trace()
        defer { finish(trace, "delete", key) }
        trace.enter(.read)
        var found = try await read(key, storeKey).kvs.first
        while true {
            guard let kv = found else { throw notFound(key) }
            trace.enter(.decode)
            try await requireUnreadable(kv, key)
            trace.enter(.caller)
            do {
                try await validate()
            } catch {
                throw rejected(key, error)
            }
            let write = GuardedWrite(key: storeKey, effect: .delete, revision: kv.modRevision, version: kv.version)
            trace.enter(.write)
            switch try await perform(write, key: key) {
            case .done(let revision):
                logger.warning("removed an object that could not be read", metadata: ["key": "\(key)", "revision": "\(kv.modRevision)"])
                return ResourceVersion(UInt64(revision))
            case .conflict(let newer):
                found = newer
            case .uncertain:
                throw unknownOutcome(key, nil)
            }
        }
    }

    private func requireUnreadable(_ kv: KeyValue, _ key: String) async throws(StorageError) {
        do throws(StorageError) {
            _ = try await values.wholeObject(kv)
        } catch {
            guard error.code == .corruptObject else { throw error }
            return
        }
        throw StorageError(
            .preconditionFailed, key: key, message: "\"\(key)\" can be read at revision \(kv.modRevision): delete it as any other object")
    }
}
