//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// When short-lived objects share a lease. An etcd with a lease for each event would drown in leases.
///
/// A lease is granted for a little longer than asked for, and serves those who come within that little.
///
/// Source of the rule: upstream etcd3.leaseManager.
public struct LeasePolicy: Sendable, Hashable {
    /// The most seconds by which a lease may be longer than asked for.
    public var maximumReuseSeconds: Int64
    /// The most objects of one lease.
    public var maximumObjects: Int64

    /// A policy; a maximum of objects that isn't positive is the default.
    public init(maximumReuseSeconds: Int64 = 60, maximumObjects: Int64 = 1000) {
        self.maximumReuseSeconds = maximumReuseSeconds
        self.maximumObjects = maximumObjects > 0 ? maximumObjects : 1000
    }

    /// The seconds by which a lease is longer: a twentieth of the time to live.
    func reuseSeconds(ttl: Int64) -> Int64 {
        min(maximumReuseSeconds, ttl / 20)
    }
}

/// Remembers the last lease and decides who may share it, without I/O or clock.
struct LeaseReuse: Sendable {
    let policy: LeasePolicy
    private var lease: Int64 = 0
    private var expiry: Duration = .zero
    private var objects: Int64 = 0

    init(policy: LeasePolicy) {
        self.policy = policy
    }

    /// The lease to share; nil when a new one is needed.
    /// - Parameter now: time since some fixed moment.
    mutating func reuse(ttl: Int64, now: Duration) -> Int64? {
        // Counted whether or not it fits, as upstream does.
        objects += 1
        let ends = now + .seconds(ttl)
        let fits = lease != 0 && ends < expiry && ends + .seconds(policy.reuseSeconds(ttl: ttl)) > expiry && objects <= policy.maximumObjects
        return fits ? lease : nil
    }

    /// The lease isn't there any more.
    mutating func lost(_ lease: Int64) {
        if self.lease == lease { self.lease = 0 }
    }

    /// How many objects the lease has that a new one is about to replace; nil before the first. The one that asked for the new lease was counted too.
    var objectsOfLease: Int64? { lease == 0 ? nil : objects - 1 }

    /// The seconds to ask etcd for.
    func grantSeconds(ttl: Int64) -> Int64 { ttl + policy.reuseSeconds(ttl: ttl) }

    /// A new lease was granted at `now`, for ``grantSeconds(ttl:)``.
    mutating func granted(_ lease: Int64, ttl: Int64, now: Duration) {
        self.lease = lease
        expiry = now + .seconds(grantSeconds(ttl: ttl))
        objects = 1
    }
}
