//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage

/// What an event of etcd means to a watcher with a predicate.
///
/// An object that comes to be selected is added, and one that ceases to be is deleted, whatever happened to its key. Without a predicate nobody looks into
/// the objects.
///
/// Source of the rule: upstream etcd3.watchChan.transform.
struct WatchTransformation: Sendable {
    let predicate: SelectionPredicate
    let values: ValueCodec

    /// An object of the present state; nil when it isn't selected.
    func initialEvent(_ kv: KeyValue) async throws(StorageError) -> ObjectEvent? {
        let object = if let now = try values.objectNow(kv) { now } else { try await values.object(kv) }
        return try isSelected(object) ? .change(WatchChange(kind: .added, object: object)) : nil
    }

    /// Something that happened; nil when the watcher need not know.
    /// - Throws: `corruptObject`; `internalError` when etcd left out what was there before.
    func event(_ event: StoreEvent) async throws(StorageError) -> ObjectEvent? {
        switch event.type {
        case .delete:
            let object = try await previous(event).at(ResourceVersion(UInt64(event.kv.modRevision)))
            return try isSelected(object) ? .change(WatchChange(kind: .deleted, object: object)) : nil
        case .put:
            let object = try await values.object(event.kv)
            if event.isCreate {
                return try isSelected(object) ? .change(WatchChange(kind: .added, object: object)) : nil
            }
            if predicate.isEmpty {
                // Asked for all the same, as upstream does: an etcd that leaves it out for one event leaves it out for the next delete too.
                guard event.prevKV != nil else { throw missingPrevious(event) }
                return .change(WatchChange(kind: .modified, object: object))
            }
            let before = try await previous(event)
            switch (try isSelected(before), try isSelected(object)) {
            case (true, true): return .change(WatchChange(kind: .modified, object: object))
            case (false, true): return .change(WatchChange(kind: .added, object: object))
            case (true, false): return .change(WatchChange(kind: .deleted, object: before.at(object.resourceVersion)))
            case (false, false): return nil
            }
        }
    }

    private func previous(_ event: StoreEvent) async throws(StorageError) -> StoredObject {
        guard let before = event.prevKV else { throw missingPrevious(event) }
        do {
            return try await values.object(before)
        } catch {
            guard event.type == .delete else { throw error }
            guard error.code == .corruptObject else { throw error }
            throw .unreadable(
                error.key, failures: [error],
                message:
                    "saw a DELETED event, but object data is corrupt: \"\(error.key)\" is gone since revision \(event.kv.modRevision), and what it "
                    + "was can't be read (\(error.message)); list again")
        }
    }

    private func missingPrevious(_ event: StoreEvent) -> StorageError {
        let key = values.keys.key(ofStored: event.kv.key)
        return StorageError(
            .internalError, key: key,
            message: "etcd event received with PrevKv=nil (key \"\(key)\", revision \(event.kv.modRevision)): the history before it is compacted; "
                + "list again")
    }

    private func isSelected(_ object: StoredObject) throws(StorageError) -> Bool {
        if predicate.isEmpty { return true }
        do {
            return try predicate.matches(object)
        } catch {
            throw StorageError(
                .internalError, key: object.key, message: "the attributes of \"\(object.key)\" at \(object.resourceVersion) can't be read",
                cause: error)
        }
    }
}
