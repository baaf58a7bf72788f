//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging

extension EtcdClient {
    /// Keeps a lease alive for as long as this runs, and tells why it stopped.
    ///
    /// Renews at once and then at every third of the lease's time. Failures are retried until the lease must have expired; a change of leader or
    /// of connection doesn't end it.
    /// - Parameters:
    ///   - id: the lease.
    ///   - ttl: the seconds it was granted.
    ///   - since: when it was asked for or last renewed; nil for now.
    /// - Throws: always: `leaseNotFound` when the server says that it's gone; `leaseExpired` when it couldn't be renewed in time; `canceled` when
    ///   the task was cancelled; `stopped`.
    public func leaseKeepAlive(_ id: Int64, ttl: Int64, since: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Never {
        var machine = LeaseKeepAliveStateMachine(id: id, ttl: ttl, since: since ?? .now)
        var action = machine.handle(.woke(.now))
        while true {
            switch action {
            case .renew(let deadline):
                let sentAt = ContinuousClock.now
                do throws(EtcdError) {
                    let answer = try await leaseKeepAliveOnce(id, deadline: deadline)
                    action = machine.handle(.renewed(ttl: answer.ttl, sentAt: sentAt))
                } catch {
                    action = machine.handle(.failed(error, .now, jitter: .random(in: 0..<1)))
                }
            case .wait(let instant):
                do {
                    try await Task.sleep(until: instant)
                } catch {
                    throw EtcdError(.canceled, message: "keep lease \(id) alive: the task was cancelled")
                }
                action = machine.handle(.woke(.now))
            case .end(let error): throw error
            }
        }
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
    public func withLease<Result: Sendable>(
        ttl: Int64, id: Int64? = nil, _ body: @escaping @Sendable (Int64) async throws -> Result
    ) async throws -> Result {
        let since = ContinuousClock.now
        let lease = try await leaseGrant(ttl: ttl, id: id)
        do {
            let result = try await withThrowingTaskGroup(of: Result.self) { group in
                group.addTask { try await self.leaseKeepAlive(lease.id, ttl: lease.ttl, since: since) }
                group.addTask { try await body(lease.id) }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
            await revokeAtLast(lease.id)
            return result
        } catch {
            await revokeAtLast(lease.id)
            throw error
        }
    }

    // The task may be cancelled already, and the lease must go all the same: hence a task of its own, which is awaited.
    private func revokeAtLast(_ id: Int64) async {
        await Task {
            do throws(EtcdError) {
                try await leaseRevoke(id)
            } catch {
                // One that is gone already is gone as it should be.
                if error.code == .leaseNotFound { return }
                logger.warning("lease not revoked; it goes when its time is over", metadata: ["lease": "\(id)", "error": "\(error)"])
            }
        }.value
    }
}
