//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import EtcdClient
public import Storage

extension EtcdStorage {
    /// Follows the objects below a key, or the one at it.
    ///
    /// Where the present state is wanted, its revision is fixed before this returns, and it is read page by page as the consumer takes it. The watch
    /// survives lost connections and restarted servers without losing or repeating an event, as long as etcd keeps the history.
    /// Events of progress (``ListOptions/progressNotify``) come as bookmarks.
    /// - Throws: `unreachable` and the like. What is wrong with the version comes as a last event of the stream.
    public func watch(_ key: String, options: ListOptions) async throws(StorageError) -> WatchStream {
        let prepared = try keys.storeKey(of: key, recursive: options.recursive)
        let range = options.recursive ? KeyRange.prefix(prepared) : .key(prepared)
        let version = options.resourceVersion ?? .zero
        let source = EtcdWatchSource(storage: self, key: key, range: range, options: options)
        switch (options.sendInitialEvents, version.isZero) {
        case (true, _), (nil, true):
            try await source.begin(.initialState, notOlderThan: options.sendInitialEvents == true ? version : .zero)
        case (false, true):
            try await source.begin(.after(try await currentResourceVersion()))
        case (false, false), (nil, false):
            try await source.begin(.after(version))
        }
        return WatchStream(source: source)
    }

    /// How far the cluster is known to be compacted.
    public var compactRevision: ResourceVersion { compactor?.compactRevision ?? .zero }
}
