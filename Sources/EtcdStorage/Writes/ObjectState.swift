//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage

/// What an update or a delete believes to be stored.
struct ObjectState: Sendable {
    /// The object; nil when there is none.
    var object: StoredObject?
    /// The revision of its last write; 0 when there is none.
    var revision: Int64
    /// How many writes made it, where that is known.
    var version: Int64?
    /// Its stored form should be renewed.
    var isStale: Bool
    /// It was read from etcd just now, and isn't somebody's perhaps old copy.
    var isCurrent: Bool

    static let missing = ObjectState(object: nil, revision: 0, version: nil, isStale: false, isCurrent: true)

    /// What somebody believes to be stored; nil when that doesn't say at which version.
    init?(suggestion: StoredObject?) {
        guard let suggestion, !suggestion.resourceVersion.isZero else { return nil }
        self.init(
            object: suggestion, revision: Int64(clamping: suggestion.resourceVersion.value), version: nil, isStale: false, isCurrent: false)
    }

    init(object: StoredObject?, revision: Int64, version: Int64?, isStale: Bool, isCurrent: Bool) {
        self.object = object
        self.revision = revision
        self.version = version
        self.isStale = isStale
        self.isCurrent = isCurrent
    }
}

extension EtcdStorage {
    /// What is stored now.
    /// - Throws: `keyNotFound` unless `ignoreNotFound`; `corruptObject`…
    func liveState(
        _ key: String, _ storeKey: [UInt8], ignoreNotFound: Bool, _ trace: inout OperationTrace
    ) async throws(StorageError) -> ObjectState {
        trace.enter(.read)
        let kv = try await read(key, storeKey).kvs.first
        trace.enter(.decode)
        return try await state(key, of: kv, ignoreNotFound: ignoreNotFound)
    }

    /// The state that a key-value pair is, which was read just now.
    func state(_ key: String, of kv: KeyValue?, ignoreNotFound: Bool) async throws(StorageError) -> ObjectState {
        guard let kv else {
            guard ignoreNotFound else { throw notFound(key) }
            return .missing
        }
        let value = try await values.value(kv)
        return ObjectState(object: value.object, revision: kv.modRevision, version: kv.version, isStale: value.isStale, isCurrent: true)
    }
}
