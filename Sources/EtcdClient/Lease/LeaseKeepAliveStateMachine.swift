//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides when to renew which leases on the one stream of a client, and which must be given up for lost. Knows no stream, clock or task.
///
/// A lease is renewed at every third of its time. There's one request a lease and stream under way at most: what isn't answered is asked again on
/// the next stream, and a stream that answers nothing for a third of the shortest lease's time is replaced. So an outage causes no storm.
///
/// Times are of a clock that never jumps and that counts a process's sleep, so a process that was stopped for longer than a lease lives finds
/// it lost before it does anything else.
struct LeaseKeepAliveStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What happened.
    enum Event {
        /// Somebody wants a lease kept that was granted or renewed at an instant, or later: the instant at which that was asked for.
        case keep(Int64, ttl: Int64, since: Instant, Instant)
        /// One of those who did doesn't any more.
        case release(Int64)
        /// A stream is open.
        case opened(Instant)
        /// Time has passed.
        case woke(Instant)
        /// The server answered; a time to live of 0 says that the lease is gone.
        case answered(Int64, ttl: Int64, Instant)
        /// The stream broke, or couldn't be opened.
        case broken(EtcdError, Instant, jitter: Double)
        /// The client was shut down.
        case stopped
    }

    /// What to do next: all of it.
    struct Action {
        /// Ask for the renewal of these.
        var renew: [Int64] = []
        /// Tell those who keep these that they are lost, and why.
        var lost: [(id: Int64, reason: EtcdError)] = []
        /// Give the stream up, and why.
        var abandon: Abandonment?
    }

    /// Why a stream is given up.
    enum Abandonment {
        /// It has nothing to do any more.
        case idle
        /// It owes an answer for too long.
        case silent
    }

    private struct Kept {
        var keepers = 1
        var ttl: Duration
        let keptSince: Instant
        var expiry: Instant
        /// When to ask for the next renewal.
        var due: Instant
    }

    private enum Stream {
        case none(notBefore: Instant?)
        /// `heardAt`: when it was opened, or last said something.
        case open(heardAt: Instant)
        case stopped
    }

    private var kept: [Int64: Kept] = [:]
    /// When renewals were asked for on this stream that aren't answered yet. A lease that is given up and kept again is still owed the first answer,
    /// which says nothing of the time since.
    private var asked: [Int64: Instant] = [:]
    private var stream = Stream.none(notBefore: nil)
    /// nil as long as streams work.
    private var backoff: Backoff?
    private var lastError: EtcdError?

    /// What is due so soon is asked for together.
    private static let slack = Duration.milliseconds(50)

    /// How many leases are kept.
    var count: Int { kept.count }

    /// When a stream may be opened; nil when none is wanted.
    var opensAt: Instant? {
        guard !kept.isEmpty, case .none(let notBefore) = stream else { return nil }
        return notBefore ?? .now
    }

    /// When to say ``Event/woke(_:)`` next, unless something else happens before.
    var wakesAt: Instant? {
        var earliest: Instant?
        func consider(_ instant: Instant) { earliest = min(earliest ?? instant, instant) }
        for (id, lease) in kept {
            consider(lease.expiry)
            if case .open(let heardAt) = stream {
                if let askedAt = asked[id] {
                    consider(max(heardAt, askedAt) + Self.patience(lease.ttl))
                } else {
                    consider(lease.due)
                }
            }
        }
        return earliest
    }

    /// When a lease ends unless it's renewed before; nil when it isn't kept.
    func expiry(of id: Int64) -> Instant? { kept[id]?.expiry }

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .keep(let id, let ttl, let since, let now): return keep(id, Self.time(ttl), since, now)
        case .release(let id):
            kept[id]?.keepers -= 1
            if kept[id]?.keepers == 0 { kept[id] = nil }
            return Action(abandon: idleness())
        case .opened(let now):
            stream = .open(heardAt: now)
            asked = [:]
            return woke(now)
        case .woke(let now): return woke(now)
        case .answered(let id, let ttl, let now): return answered(id, ttl, now)
        case .broken(let error, let now, let jitter): return broken(error, now, jitter)
        case .stopped:
            stream = .stopped
            let lost = kept.keys.map { (id: $0, reason: Self.stopped($0)) }
            kept = [:]
            return Action(lost: lost)
        }
    }

    // MARK: Events

    private mutating func keep(_ id: Int64, _ ttl: Duration, _ since: Instant, _ now: Instant) -> Action {
        if case .stopped = stream { return Action(lost: [(id, Self.stopped(id))]) }
        if var lease = kept[id] {
            lease.keepers += 1
            // It may have been renewed by other means than this stream.
            lease.expiry = max(lease.expiry, since + ttl)
            kept[id] = lease
        } else {
            kept[id] = Kept(ttl: ttl, keptSince: now, expiry: since + ttl, due: now)
        }
        return woke(now)
    }

    private mutating func woke(_ now: Instant) -> Action {
        var action = Action(lost: loseExpired(now))
        guard case .open(let heardAt) = stream else { return action }
        if let idleness = idleness() {
            action.abandon = idleness
            return action
        }
        for (id, lease) in kept {
            if let askedAt = asked[id] {
                if now >= max(heardAt, askedAt) + Self.patience(lease.ttl) { action.abandon = .silent }
            } else if now + Self.slack >= lease.due {
                asked[id] = now
                action.renew.append(id)
            }
        }
        if action.abandon != nil {
            // What was asked just now will be asked on the next stream.
            action.renew = []
            asked = [:]
            stream = .none(notBefore: now)
            let message = "the stream that renews leases gave no answer for a third of a lease's time"
            lastError = EtcdError(.unavailable, message: message)
        }
        return action
    }

    private mutating func answered(_ id: Int64, _ ttl: Int64, _ now: Instant) -> Action {
        if case .open = stream { stream = .open(heardAt: now) }
        backoff = nil
        let askedAt = asked.removeValue(forKey: id)
        // The server counted from some moment after this one. An answer to what was asked on an earlier stream can't be told from another.
        guard var lease = kept[id], let askedAt else { return Action() }
        guard askedAt >= lease.keptSince else {
            // It's owed since before, and may tell of an earlier lease that had the same ID.
            kept[id]?.due = now
            return woke(now)
        }
        guard ttl > 0 else {
            kept[id] = nil
            let message = "lease \(id): the server doesn't know it: it was revoked by another, has expired, or never was"
            return Action(lost: [(id, EtcdError(.leaseNotFound, message: message))], abandon: idleness())
        }
        lease.ttl = Self.time(ttl)
        lease.expiry = max(lease.expiry, askedAt + lease.ttl)
        lease.due = askedAt + lease.ttl / 3
        kept[id] = lease
        return Action()
    }

    private mutating func broken(_ error: EtcdError, _ now: Instant, _ jitter: Double) -> Action {
        if case .stopped = stream { return Action() }
        if error.code == .stopped { return handle(.stopped) }
        lastError = error
        // At once after a stream that worked; then 50, 100 … 800 ms.
        let wait = backoff?.next(jitter: jitter) ?? .zero
        if backoff == nil { backoff = Backoff(first: 50, doublings: 4) }
        stream = .none(notBefore: now + wait)
        return woke(now)
    }

    /// Whether the stream has nothing left to do, and so is no more.
    private mutating func idleness() -> Abandonment? {
        guard kept.isEmpty, case .open = stream else { return nil }
        stream = .none(notBefore: nil)
        return .idle
    }

    // MARK: Ends

    private mutating func loseExpired(_ now: Instant) -> [(id: Int64, reason: EtcdError)] {
        var lost: [(id: Int64, reason: EtcdError)] = []
        for (id, lease) in kept where now >= lease.expiry { lost.append((id, expired(id, lease.ttl))) }
        for (id, _) in lost { kept[id] = nil }
        return lost
    }

    private func expired(_ id: Int64, _ ttl: Duration) -> EtcdError {
        var message = "lease \(id): it could not be renewed for its whole time of \(ttl), so its keys may be gone"
        if let lastError { message += "; at last: \(lastError.message)" }
        return EtcdError(.leaseExpired, message: message, underlying: lastError?.underlying)
    }

    private static func stopped(_ id: Int64) -> EtcdError {
        EtcdError(.stopped, message: "lease \(id): the client is shut down and renews it no more")
    }

    /// The time of a lease, whatever a server says: none lives longer than etcd grants one.
    private static func time(_ ttl: Int64) -> Duration { .seconds(min(max(ttl, 0), 9_000_000_000)) }

    /// How long a stream may be silent while a renewal is owed.
    private static func patience(_ ttl: Duration) -> Duration { max(ttl / 3, .seconds(1)) }
}
