//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Logging
import Storage

extension EtcdStorage {
    /// Carries out a put under a lease, or under none without a time to live.
    ///
    /// The lease may have been revoked since it was granted to an earlier object: then there is another.
    /// - Throws: as ``perform(_:key:)``; why there is no lease.
    func perform(
        _ write: GuardedWrite, leasedForSeconds ttl: Int?, key: String, _ trace: inout OperationTrace
    ) async throws(StorageError) -> GuardedWriteMachine.Result {
        guard let ttl, ttl > 0, case .put(let value, _) = write.effect else {
            trace.enter(.write)
            return try await perform(write, key: key)
        }
        for isLast in [false, true] {
            trace.enter(.lease)
            let lease = try await lease(forSeconds: ttl, key: key)
            var write = write
            write.effect = .put(value: value, lease: lease)
            trace.enter(.write)
            do throws(StorageError) {
                return try await perform(write, key: key)
            } catch {
                guard !isLast, let cause = error.cause as? EtcdError, cause.code == .leaseNotFound else { throw error }
                logger.info("etcd doesn't know a lease that it granted, asking for another", metadata: ["key": "\(key)", "lease": "\(lease)"])
                await leases.lost(lease)
            }
        }
        throw StorageError(.internalError, key: key, message: "a write of \"\(key)\" came to no end")
    }

    private func lease(forSeconds ttl: Int, key: String) async throws(StorageError) -> Int64 {
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
