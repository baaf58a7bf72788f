//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Logging
import Storage

extension EtcdStorage {
    /// A list without a limit, as etcd 3.7 and later send it: a small page that tells the revision, unless it's known, and the rest as a stream.
    /// - Parameter restarts: gives nil when the version that was read, which nobody asked for, was compacted before the end.
    func streamRange(
        _ key: String, _ prepared: String, _ revision: ListRevision, _ predicate: SelectionPredicate, restarts: Bool,
        _ trace: inout OperationTrace
    ) async throws(StorageError) -> StorageList? {
        var start = Array((revision.startKey ?? prepared).utf8)
        var chunks = await requests.stream(from: start, to: KeyRange.endOfPrefix(Array(prepared.utf8)), revision: revision.pinned)
        let begun = ContinuousClock.now
        var failed = false
        defer { metrics.record(.listStream, since: begun, failed: failed) }
        var collector = ListCollector(key: key, predicate: predicate, isStreamed: true)
        var read: Int64 = 0
        while true {
            let next: RangeChunk?
            trace.enter(.read)
            do throws(EtcdError) {
                next = try await chunks.next()
            } catch {
                failed = true
                if restarts, error.code == .compacted, revision.read == .latest, read > 0 { return nil }
                throw collector.failure(endedBy: await listFailure(error, key: key, revision: revision, keyPrefix: prepared, start: start))
            }
            guard let chunk = next else { break }
            if read == 0 {
                read = chunk.revision
                try revision.check(current: ResourceVersion(UInt64(read)))
            }
            trace.enter(.decode)
            collector.expect(chunk.kvs.count)
            for kv in chunk.kvs {
                if try !collectNow(kv, into: &collector) { try await collect(kv, into: &collector) }
            }
            if let last = chunk.kvs.last { start = last.key + [0] }
        }
        return StorageList(items: try finish(&collector), resourceVersion: ResourceVersion(UInt64(read)))
    }
}
