//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// A lease that is kept alive, and that tells why it ended when it does: what locks and candidacies live on.
///
/// It lives until ``close()``, until its lease is lost, or until the client is shut down. Letting go of it without closing it lets the lease run
/// out. Prefer ``EtcdClient/withSession(ttl:id:deadline:_:)``, which closes it.
///
/// The session's own clock is the cautious one: it counts from before each renewal was asked for, never jumps, and goes on while the process
/// is stopped. Where it says that the session lives the lease did live a moment ago; no clock can promise that it still does when a write arrives.
/// Only a comparison in the write's own transaction can: see ``EtcdLock/isOwner``.
///
/// etcd: client/v3/concurrency, session.
public final class EtcdSession: Sendable {
    /// The lease. Keys put with it go when the session ends.
    public let lease: Int64
    /// The seconds by which the lease outlives its last renewal.
    public let ttl: Int64
    let client: EtcdClient
    /// The latest revision at which the session is known to have had a place in some line, by whichever client: a place that is older was there before.
    let placesKnown = Atomic<Int64>(0)
    private let keeping: LeaseKeeper.Keeping

    init(client: EtcdClient, granted: LeaseGrantResponse, since: ContinuousClock.Instant) {
        self.client = client
        lease = granted.id
        ttl = granted.ttl
        keeping = client.leases.keep(granted.id, ttl: granted.ttl, since: since)
    }

    deinit { client.leases.release(keeping) }

    /// Why the session ended; nil while it lives, as the clock says at this very moment.
    ///
    /// `leaseExpired`: it couldn't be renewed in time. `leaseNotFound`: it was revoked by another. `stopped`: the client was shut down. `canceled`:
    /// it was closed.
    public var loss: EtcdError? { client.leases.loss(keeping) }

    /// Throws when the session has ended: to be called after whatever may have taken long, before work that only a living session may do.
    /// - Throws: ``loss``.
    public func check() throws(EtcdError) {
        if let loss { throw loss }
    }

    /// Waits for the session's end.
    /// - Returns: why, as ``loss`` says; `canceled` also when the task is cancelled.
    public func waitForLoss() async -> EtcdError { await client.leases.waitForLoss(keeping) }

    /// Ends the session: revokes its lease, and with it all its keys.
    ///
    /// Works in a cancelled task too. When no server can be reached the lease goes once its time is over.
    public func close() async {
        client.leases.release(keeping)
        do throws(EtcdError) {
            try await shielded { [client, lease] () async throws(EtcdError) in try await client.leaseRevoke(lease) }
        } catch {
            // One that is gone already is gone as it should be.
            if error.code == .leaseNotFound { return }
            client.logger.warning("lease not revoked; it goes when its time is over", metadata: ["lease": "\(lease)", "error": "\(error)"])
        }
    }

    /// Runs `body`, whose task is cancelled when the session ends first; the reason is then thrown in place of whatever `body` ends with.
    ///
    /// After a long stop of the process `body` may run on for a moment before it's cancelled, but what it returns is not returned.
    /// - Throws: what `body` throws; why the session ended (``loss``).
    @discardableResult
    public func guarding<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { () -> Result? in
                let loss = await self.waitForLoss()
                // The caller's cancellation reaches the body too, which ends as it likes.
                if Task.isCancelled { return nil }
                throw loss
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            do {
                while let end = try await group.next() {
                    guard let result = end else { continue }
                    try self.check()
                    return result
                }
                throw EtcdError(.canceled, message: "work in session \(self.lease): the task was cancelled")
            } catch {
                // A body that fails because of the loss doesn't know as well why.
                try self.check()
                throw error
            }
        }
    }
}

extension EtcdClient {
    /// Begins a session.
    /// - Parameters:
    ///   - ttl: seconds that its lease outlives this process by.
    ///   - id: the lease's ID; nil for one of the client's making.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: as ``leaseGrant(ttl:id:deadline:)``.
    public func session(ttl: Int64 = 60, id: Int64? = nil, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> EtcdSession {
        let since = ContinuousClock.now
        return EtcdSession(client: self, granted: try await leaseGrant(ttl: ttl, id: id, deadline: deadline), since: since)
    }

    /// Begins a session, runs `body` with it, and closes it.
    ///
    /// When the session ends before, `body`'s task is cancelled, and the reason is thrown in place of whatever `body` ends with.
    /// - Parameters:
    ///   - ttl: seconds that the session's lease outlives this process by.
    ///   - id: the lease's ID; nil for one of the client's making.
    ///   - deadline: when to give up to begin it; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``. It doesn't bound `body`.
    ///   - body: gets the session.
    /// - Throws: what `body` throws; ``EtcdError`` when the session couldn't begin or has ended: see ``EtcdSession/loss``.
    @discardableResult
    public func withSession<Result: Sendable>(
        ttl: Int64 = 60, id: Int64? = nil, deadline: ContinuousClock.Instant? = nil,
        _ body: @escaping @Sendable (EtcdSession) async throws -> Result
    ) async throws -> Result {
        let session = try await session(ttl: ttl, id: id, deadline: deadline)
        do {
            let result = try await session.guarding { try await body(session) }
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }
}

/// Runs something to its end though the caller's task may be cancelled: what undoes or would leave something behind.
/// - Parameter onCancel: tells `body` that nobody waits for it any more.
func shielded<Result: Sendable>(
    onCancel: @escaping @Sendable () -> Void = {}, _ body: @escaping @Sendable () async throws(EtcdError) -> Result
) async throws(EtcdError) -> Result {
    let task = Task { () async -> Swift.Result<Result, EtcdError> in
        do throws(EtcdError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
    let result = await withTaskCancellationHandler {
        await task.value
    } onCancel: {
        onCancel()
    }
    return try result.get()
}
