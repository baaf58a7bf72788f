//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension EtcdClient {
    /// Keeps a lease alive for as long as this runs, and tells why it stopped.
    ///
    /// Renews at once and then at every third of the lease's time, on one stream for all leases of the client. Failures are retried until the lease
    /// must have expired; a change of leader or of connection doesn't end it.
    /// - Parameters:
    ///   - id: the lease.
    ///   - ttl: the seconds it was granted.
    ///   - since: an instant before it was asked for, or last renewed: it lives for so long from then at least. When nobody knows, renew it by
    ///     ``leaseKeepAliveOnce(_:deadline:)`` first.
    /// - Throws: always: `leaseNotFound` when the server says that it's gone; `leaseExpired` when it couldn't be renewed in time; `canceled` when
    ///   the task was cancelled; `stopped`.
    public func leaseKeepAlive(_ id: Int64, ttl: Int64, since: ContinuousClock.Instant) async throws(EtcdError) -> Never {
        let keeping = leases.keep(id, ttl: ttl, since: since)
        defer { leases.release(keeping) }
        throw await leases.waitForLoss(keeping)
    }

    /// Grants a lease, keeps it alive while `body` runs, and revokes it afterwards.
    ///
    /// When the lease is lost `body`'s task is cancelled, and the reason is thrown in place of whatever `body` ends with. Keys put with the lease are
    /// gone when this returns, or, when the server can't be reached then, once the lease's time is over.
    /// - Parameters:
    ///   - ttl: seconds that the lease outlives this process by.
    ///   - id: the lease's ID; nil for one of the client's making.
    ///   - body: gets the lease's ID.
    /// - Throws: what `body` throws; ``EtcdError`` when the lease couldn't be granted, or was lost: `leaseNotFound`, `leaseExpired`, `stopped`.
    @discardableResult
    public func withLease<Result: Sendable>(
        ttl: Int64, id: Int64? = nil, _ body: @escaping @Sendable (Int64) async throws -> Result
    ) async throws -> Result {
        try await withSession(ttl: ttl, id: id) { session in try await body(session.lease) }
    }
}
