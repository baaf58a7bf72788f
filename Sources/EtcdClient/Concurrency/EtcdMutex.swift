//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Mutual exclusion among the sessions that name the same lock, in the order in which they asked.
///
/// ```swift
/// try await client.withSession(ttl: 10) { session in
///     try await client.mutex("/locks/report", session: session).withLock { lock in
///         // Written only if the lock is held at that very moment in the store:
///         try await lock.transaction(.always(.put("/report", report)))
///     }
/// }
/// ```
///
/// No lock excludes in an asynchronous network: a holder that is slow, or stopped, may go on working when its lease has run out and another holds
/// the lock. What it does then must be refused where it is done. In etcd that is a comparison in the transaction that writes
/// (``EtcdLock/isOwner``, ``EtcdLock/transaction(_:deadline:)``); elsewhere it's ``EtcdLock/fencingToken``, which grows from holder to holder:
/// a resource remembers the highest that it has seen and refuses what comes with a lower one.
///
/// The line is kept below the name and a slash, one key a session. etcd's own clients keep it in the same way, and can share the lock.
///
/// A request to line up that went unanswered, and is executed by a server that was stopped only after the lock was given up again, leaves a place in
/// line that goes with its session. Sessions that end with the work keep that short.
///
/// etcd: client/v3/concurrency, mutex.
public struct EtcdMutex: Sendable {
    /// The name, a key prefix without the slash at its end; in the namespace, where it has one.
    public let name: [UInt8]
    /// On whose lease the lock is held.
    public let session: EtcdSession
    private let client: EtcdNamespace

    init(_ name: [UInt8], session: EtcdSession, of client: EtcdNamespace) {
        self.name = name
        self.session = session
        self.client = client
    }

    /// Waits for the lock.
    ///
    /// A wait that is cancelled, or whose time is over, leaves nothing behind in the line: it ends when its place is given up, for which it takes up to
    /// the client's time for a write, or twice that, where no server answers. A session stands in the line once: it can't hold the lock and wait for it too.
    /// - Parameter deadline: when to stop waiting; nil to wait for as long as the session lives.
    /// - Throws: `deadlineExceeded`; `canceled`; why the session ended (``EtcdSession/loss``); `failedPrecondition` when the session
    ///   holds or waits for the lock already; `unavailable`; `unknownOutcome`, when a request to line up may yet be executed: the place then goes with
    ///   the session…
    public func lock(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> EtcdLock {
        let arrival = try await enter(deadline)
        guard !arrival.isFirst else { return EtcdLock(place: arrival.place) }
        do throws(EtcdError) {
            try await arrival.place.waitUntilFirst(deadline: deadline)
            return EtcdLock(place: arrival.place)
        } catch {
            await arrival.place.leaveAtLast()
            throw error
        }
    }

    /// Takes the lock if nobody holds it.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Returns: nil when somebody does.
    /// - Throws: as ``lock(deadline:)``.
    public func tryLock(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> EtcdLock? {
        let arrival = try await enter(deadline)
        if arrival.isFirst { return EtcdLock(place: arrival.place) }
        await arrival.place.leaveAtLast()
        return nil
    }

    private func enter(_ deadline: ContinuousClock.Instant?) async throws(EtcdError) -> Place.Arrival {
        // Tells this stay in line from another of the same session.
        let mark = Array(String(UInt64.random(in: 0...UInt64.max), radix: 16).utf8)
        let arrival = try await Place.enter(name, of: client, value: mark, session: session, deadline: deadline)
        guard arrival.value == mark else {
            let reason = "the session \(session.lease) holds it or waits for it already; use a session for each who may"
            throw EtcdError(.failedPrecondition, message: "lock \(client.keys.text(name)): \(reason)")
        }
        return arrival
    }

    /// Waits for the lock, runs `body` while it's held, and unlocks.
    ///
    /// When the session ends before, `body`'s task is cancelled, and the reason is thrown in place of whatever `body` ends with.
    /// - Parameters:
    ///   - deadline: when to stop waiting for the lock; nil to wait for as long as the session lives.
    ///   - body: gets the lock.
    /// - Throws: what `body` throws; as ``lock(deadline:)``; why the session ended.
    @discardableResult
    public func withLock<Result: Sendable>(
        deadline: ContinuousClock.Instant? = nil, _ body: @escaping @Sendable (EtcdLock) async throws -> Result
    ) async throws -> Result {
        let lock = try await lock(deadline: deadline)
        do {
            let result = try await session.guarding { try await body(lock) }
            await lock.place.leaveAtLast()
            return result
        } catch {
            await lock.place.leaveAtLast()
            throw error
        }
    }
}

/// A lock that was taken, until it's unlocked or its session ends.
public struct EtcdLock: Sendable {
    let place: Place

    /// The key that stands for it; in the lock's namespace, where it has one, as are the keys of ``isOwner`` and of ``transaction(_:deadline:)``.
    public var key: [UInt8] { place.key }
    /// Higher than that of every holder before: the revision that made ``key``. For resources outside etcd to refuse those who were late.
    public var fencingToken: Int64 { place.revision }
    /// Holds in the store as long as the lock is held: for transactions of one's own.
    public var isOwner: Compare { place.isKept }
    /// On whose lease it is held.
    public var session: EtcdSession { place.session }

    /// Throws when the session has ended by its own clock: a cheap look before costly work. It proves nothing for writes; ``isOwner`` does.
    /// - Throws: why the session ended (``EtcdSession/loss``).
    public func check() throws(EtcdError) { try session.check() }

    /// Runs a transaction if, and only if, the lock is held at that very moment in the store.
    /// - Throws: `ownershipLost` when it isn't, and nothing was done; why the session ended; as ``EtcdClient/transaction(_:deadline:)``.
    @discardableResult
    public func transaction(
        _ transaction: Transaction, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> TransactionResponse {
        try await place.guarded(transaction, deadline: deadline)
    }

    /// Gives the lock up. Does nothing when it's lost already.
    /// - Parameter deadline: when to give up trying; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unavailable`, `deadlineExceeded`, `unknownOutcome`…: the lock then goes with its session, or may be unlocked again.
    public func unlock(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) { try await place.leave(deadline: deadline) }
}

extension EtcdClient {
    /// A lock that isn't held yet. Costs nothing to make.
    /// - Parameters:
    ///   - name: what all who want it call it; its keys begin with the name and a slash.
    ///   - session: on whose lease it will be held. It may be that of another client of the cluster; this one does the work.
    public func mutex(_ name: some EtcdBytes, session: EtcdSession) -> EtcdMutex {
        EtcdMutex(name.etcdBytes, session: session, of: namespace([]))
    }
}
