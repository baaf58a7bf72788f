//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One leader among those who campaign under the same name, in the order in which they did; and what the leader says.
///
/// ```swift
/// let election = client.election("/elections/scheduler")
/// try await client.withSession(ttl: 10) { session in
///     try await election.withLeadership(session: session, value: hostname) { leadership in
///         try await schedule(as: leadership)
///     }
/// }
/// ```
///
/// As with locks, one who was leader may not know yet that another is: see ``EtcdMutex``. Writes that only the leader may do go through
/// ``EtcdLeadership/transaction(_:deadline:)``.
///
/// Who campaigns brings a session, as one who locks does; who only wants to know who leads needs none.
///
/// The line is kept below the name and a slash, one key a session. etcd's own clients keep it in the same way, and can take part.
///
/// etcd: client/v3/concurrency, election.
public struct EtcdElection: Sendable {
    /// The name, a key prefix without the slash at its end; in the namespace, where it has one.
    public let name: [UInt8]
    private let client: EtcdNamespace

    init(_ name: [UInt8], of client: EtcdNamespace) {
        self.name = name
        self.client = client
    }

    /// Waits to become the leader.
    ///
    /// A session has one candidacy: when it's the leader already this proclaims the value. A campaign that is cancelled, or fails, or whose time is over,
    /// leaves nothing behind, and takes nothing away: unlike with etcd's own client, a candidacy that was there before it stays as it was. It ends when
    /// its candidacy is given up, for which it takes up to the client's time for a write, or twice that, where no server answers.
    /// - Parameters:
    ///   - session: on whose lease the candidacy is held. It may be that of another client of the cluster; the election's does the work.
    ///   - value: what the leader says, as its address.
    ///   - deadline: when to stop waiting; nil to wait for as long as the session lives.
    /// - Throws: `deadlineExceeded`; `canceled`; why the session ended (``EtcdSession/loss``); `unavailable`; `unknownOutcome`, when a request to stand
    ///   may yet be executed: the candidacy then goes with the session…
    public func campaign(
        session: EtcdSession, value: some EtcdBytes, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> EtcdLeadership {
        let value = value.etcdBytes
        let arrival = try await Place.enter(name, of: client, value: value, session: session, deadline: deadline)
        let leadership = EtcdLeadership(place: arrival.place)
        do throws(EtcdError) {
            if arrival.value != value { try await leadership.proclaim(value, deadline: deadline) }
            if !arrival.isFirst { try await arrival.place.waitUntilFirst(deadline: deadline) }
            return leadership
        } catch {
            // Whoever came before with this session may lead by now.
            if arrival.isNew { await arrival.place.leaveAtLast() }
            throw error
        }
    }

    /// Waits to become the leader, runs `body` while it is, and resigns.
    ///
    /// When the session ends before, `body`'s task is cancelled, and the reason is thrown in place of whatever `body` ends with.
    /// - Parameters:
    ///   - session: on whose lease the candidacy is held.
    ///   - value: what the leader says, as its address.
    ///   - deadline: when to stop waiting to lead; nil to wait for as long as the session lives.
    ///   - body: gets the leadership.
    /// - Throws: what `body` throws; as ``campaign(session:value:deadline:)``; why the session ended.
    @discardableResult
    public func withLeadership<Result: Sendable>(
        session: EtcdSession, value: some EtcdBytes, deadline: ContinuousClock.Instant? = nil,
        _ body: @escaping @Sendable (EtcdLeadership) async throws -> Result
    ) async throws -> Result {
        let leadership = try await campaign(session: session, value: value, deadline: deadline)
        do {
            let result = try await session.guarding { try await body(leadership) }
            await leadership.place.leaveAtLast()
            return result
        } catch {
            await leadership.place.leaveAtLast()
            throw error
        }
    }

    /// Who leads: its value is what it proclaimed last. nil for nobody. Linearizable.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: as ``EtcdClient/range(_:options:deadline:)``.
    public func leader(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> KeyValue? {
        try await client.range(line, options: .init(limit: 1, sort: .init(by: .createRevision)), deadline: deadline).kvs.first
    }

    /// Every leader from now on, and everything that it proclaims: the present one first, if there is one.
    ///
    /// Nothing is left out and nothing comes twice, unless the store is compacted while the reader is slow: then it goes on with the leader of that
    /// moment. Needs no session. The watch ends when the iterator goes.
    public func observe() -> EtcdLeaders { EtcdLeaders(client: client, range: line) }

    private var line: KeyRange { .prefix(name + [UInt8(ascii: "/")]) }
}

extension EtcdClient {
    /// An election, to stand in or to follow. Costs nothing to make.
    /// - Parameter name: what all who take part call it; its keys begin with the name and a slash.
    public func election(_ name: some EtcdBytes) -> EtcdElection { EtcdElection(name.etcdBytes, of: namespace([])) }
}

/// The candidacy that won, until it resigns or its session ends.
public struct EtcdLeadership: Sendable {
    let place: Place

    /// The key that stands for it; in the election's namespace, where it has one, as are the keys of ``isLeader`` and of ``transaction(_:deadline:)``.
    public var key: [UInt8] { place.key }
    /// Higher than that of every leader before: the revision that made ``key``.
    public var fencingToken: Int64 { place.revision }
    /// Holds in the store as long as this is the leader: for transactions of one's own.
    public var isLeader: Compare { place.isKept }
    /// On whose lease it is held.
    public var session: EtcdSession { place.session }

    /// Throws when the session has ended by its own clock. It proves nothing for writes; ``isLeader`` does.
    /// - Throws: why the session ended (``EtcdSession/loss``).
    public func check() throws(EtcdError) { try session.check() }

    /// Says something else, without a new election.
    /// - Parameters:
    ///   - value: what the leader says from now on.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `ownershipLost` when another leads; why the session ended; as ``EtcdClient/transaction(_:deadline:)``.
    public func proclaim(_ value: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        _ = try await place.guarded(.always(.put(key, value, lease: session.lease)), deadline: deadline)
    }

    /// Runs a transaction if, and only if, this is the leader at that very moment in the store.
    /// - Throws: `ownershipLost` when it isn't, and nothing was done; why the session ended; as ``EtcdClient/transaction(_:deadline:)``.
    @discardableResult
    public func transaction(
        _ transaction: Transaction, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> TransactionResponse {
        try await place.guarded(transaction, deadline: deadline)
    }

    /// Lets another lead. Does nothing when it's lost already.
    /// - Parameter deadline: when to give up trying; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `unavailable`, `deadlineExceeded`, `unknownOutcome`…: the candidacy then goes with its session, or may be given up again.
    public func resign(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) { try await place.leave(deadline: deadline) }
}
