//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
public import Storage

extension EtcdStorage {
    /// How many objects there are, by a count in etcd: one round trip.
    ///
    /// With ``EtcdStorageConfiguration/estimatesObjectSizes`` all keys are read instead, page by page, and the mean size is that of the stored values
    /// that have been seen, whether or not they could be read.
    ///
    /// Source of the rule: upstream etcd3.stats.
    public func statistics() async throws(StorageError) -> StorageStatistics {
        let start = Array((keys.pathPrefix + keys.resourcePrefix.dropFirst()).utf8)
        do throws(EtcdError) {
            let statistics =
                if let sizes {
                    try await estimate(from: start, sizes)
                } else {
                    StorageStatistics(objectCount: try await requests.count(from: start, to: KeyRange.endOfPrefix(start)))
                }
            metrics.record(statistics)
            return statistics
        } catch {
            metrics.record(nil)
            throw .reading(error, key: configuration.resourcePrefix, read: "count")
        }
    }

    private func estimate(from first: [UInt8], _ sizes: ObjectSizes) async throws(EtcdError) -> StorageStatistics {
        let end = KeyRange.endOfPrefix(first)
        var start = first
        var revision: Int64 = 0
        var keys: [[UInt8]] = []
        while true {
            let page = try await requests.keys(from: start, to: end, limit: configuration.pageSize, revision: revision)
            if revision == 0 { revision = page.header.revision }
            keys += page.kvs.map(\.key)
            guard page.more, let last = page.kvs.last else { break }
            start = last.key + [0]
        }
        return StorageStatistics(objectCount: keys.count, averageObjectSize: sizes.mean(of: keys, at: revision))
    }
}
