//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One leader among those who campaign under the same name, in the order in which they did; and what the leader says.
///
/// ```swift
/// let election = EtcdElection("/elections/scheduler")
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
/// The line is kept below the name and a slash, one key a session. etcd's own clients keep it in the same way, and can take part.
///
/// etcd: client/v3/concurrency, election.
public struct EtcdElection: Sendable {
    /// The name, a key prefix without the slash at its end; in the namespace, where it has one.
    public let name: String
    private let keys: KeyPrefix

    /// An election. For one in a namespace see ``EtcdNamespace/election(_:)``.
    public init(_ name: String) { self.init(name, in: KeyPrefix([])) }

    init(_ name: String, in keys: KeyPrefix) {
        self.name = name
        self.keys = keys
    }

    /// Waits to become the leader.
    ///
    /// A session has one candidacy: when it's the leader already this proclaims the value. A campaign that is cancelled, or fails, leaves nothing
    /// behind, and takes nothing away: unlike with etcd's own client, a candidacy that was there before it stays as it was, whatever this ends with.
    /// - Parameters:
    ///   - session: on whose lease the candidacy is held.
    ///   - value: what the leader says, as its address.
    ///   - deadline: when to stop waiting; nil to wait for as long as the session lives.
    /// - Throws: `deadlineExceeded`; `canceled`; why the session ended (``EtcdSession/loss``); `unavailable`, `unknownOutcome`…
    public func campaign(
        session: EtcdSession, value: [UInt8], deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> EtcdLeadership {
        let arrival = try await Place.enter(name, in: keys, value: value, session: session)
        let leadership = EtcdLeadership(place: arrival.place)
        do throws(EtcdError) {
            if arrival.value != value { try await leadership.proclaim(value) }
            if !arrival.isFirst { try await arrival.place.waitUntilFirst(deadline: deadline) }
            return leadership
        } catch {
            // Whoever came before with this session may lead by now.
            if arrival.isNew { await arrival.place.leaveAtLast() }
            throw error
        }
    }

    /// Waits to become the leader. See ``campaign(session:value:deadline:)-([UInt8])``.
    public func campaign(
        session: EtcdSession, value: String, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> EtcdLeadership {
        try await campaign(session: session, value: Array(value.utf8), deadline: deadline)
    }

    /// Waits to become the leader, runs `body` while it is, and resigns.
    ///
    /// When the session ends before, `body`'s task is cancelled, and the reason is thrown in place of whatever `body` ends with.
    /// - Throws: what `body` throws; as ``campaign(session:value:deadline:)-([UInt8])``; why the session ended.
    @discardableResult
    public func withLeadership<Result: Sendable>(
        session: EtcdSession, value: String, deadline: ContinuousClock.Instant? = nil,
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

    /// Who leads: its value is what it proclaimed last. nil for nobody.
    /// - Throws: as ``EtcdClient/range(_:options:deadline:)``.
    public func leader(_ client: EtcdClient) async throws(EtcdError) -> KeyValue? {
        try await namespace(of: client).range(line, options: .init(limit: 1, sort: .init(by: .createRevision))).kvs.first
    }

    /// Every leader from now on, and everything that it proclaims: the present one first, if there is one.
    ///
    /// Nothing is left out and nothing comes twice, unless the store is compacted while the reader is slow: then it goes on with the leader of that
    /// moment. Needs no session. The watch ends when the iterator goes.
    public func observe(_ client: EtcdClient) -> EtcdLeaders { EtcdLeaders(client: namespace(of: client), range: line) }

    private var line: KeyRange { .prefix("\(name)/") }

    private func namespace(of client: EtcdClient) -> EtcdNamespace { EtcdNamespace(client: client, keys: keys) }
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
    public func check() throws(EtcdError) { try session.check() }

    /// Says something else, without a new election.
    /// - Throws: `ownershipLost` when another leads; why the session ended; as ``EtcdClient/transaction(_:deadline:)``.
    public func proclaim(_ value: [UInt8]) async throws(EtcdError) {
        _ = try await place.guarded(
            Transaction(success: [.put(key, value, options: .init(lease: session.lease))]), deadline: nil)
    }

    /// Says something else, without a new election.
    public func proclaim(_ value: String) async throws(EtcdError) { try await proclaim(Array(value.utf8)) }

    /// Runs a transaction if, and only if, this is the leader at that very moment in the store.
    /// - Throws: `ownershipLost` when it isn't, and nothing was done; why the session ended; as ``EtcdClient/transaction(_:deadline:)``.
    @discardableResult
    public func transaction(
        _ transaction: Transaction, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> TransactionResponse {
        try await place.guarded(transaction, deadline: deadline)
    }

    /// Lets another lead. Does nothing when it's lost already.
    /// - Throws: `unavailable`, `unknownOutcome`…: the candidacy then goes with its session, or may be given up again.
    public func resign() async throws(EtcdError) { try await place.leave() }
}
