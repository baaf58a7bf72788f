//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient

/// Gives short-lived objects their leases. One grant is under way at a time: those who come meanwhile share it where the policy lets them.
actor LeaseManager {
    private let client: EtcdClient
    private let metrics: StorageMetrics
    private let epoch = ContinuousClock.now
    private var reuse: LeaseReuse
    private var isGranting = false
    private var waiting: [CheckedContinuation<EtcdError?, Never>] = []

    init(client: EtcdClient, policy: LeasePolicy, metrics: StorageMetrics) {
        self.client = client
        self.metrics = metrics
        reuse = LeaseReuse(policy: policy)
    }

    /// A lease that lasts at least so long.
    func lease(forSeconds ttl: Int64) async throws(EtcdError) -> Int64 {
        while isGranting {
            // A grant has a deadline, so this wait has one too. Its failure is ours: to wait in line for one's own would take for ever in an outage.
            if let failure = await withCheckedContinuation({ waiting.append($0) }) { throw failure }
        }
        let asked = ContinuousClock.now - epoch
        if let lease = reuse.reuse(ttl: ttl, now: asked) { return lease }
        isGranting = true
        do throws(EtcdError) {
            let granted = try await client.leaseGrant(ttl: reuse.grantSeconds(ttl: ttl))
            // Counted from before the grant: the lease never ends before we think so.
            if let objects = reuse.objectsOfLease { metrics.recordLeaseObjects(objects) }
            reuse.granted(granted.id, ttl: ttl, now: asked)
            finishGrant(nil)
            return granted.id
        } catch {
            finishGrant(error)
            throw error
        }
    }

    /// etcd doesn't know the lease: somebody revoked it, or etcd was restored to an earlier state. Nobody else is to be given it.
    func lost(_ lease: Int64) { reuse.lost(lease) }

    private func finishGrant(_ failure: EtcdError?) {
        isGranting = false
        let continuations = waiting
        waiting = []
        // A grant that its own caller gave up says nothing about the next.
        let shared = failure?.reason == .canceled ? nil : failure
        for continuation in continuations { continuation.resume(returning: shared) }
    }
}
