//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides when to renew a lease, and when it must be given up for lost. Knows no stream, clock or task.
///
/// Times are of a clock that never jumps and that counts a process's sleep, so a process that was stopped for longer than the lease lives
/// finds it lost before it does anything else.
struct LeaseKeepAliveStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What happened.
    enum Event {
        /// It's time to begin, or a wait is over.
        case woke(Instant)
        /// The server renewed the lease.
        case renewed(ttl: Int64, sentAt: Instant)
        /// It didn't. `jitter` is a random number from 0 to 1.
        case failed(EtcdError, Instant, jitter: Double)
    }

    /// What to do next.
    enum Action {
        /// Ask for a renewal, for no longer than this.
        case renew(until: Instant)
        /// Do nothing for now.
        case wait(until: Instant)
        /// It's over.
        case end(EtcdError)
    }

    private let id: Int64
    private var ttl: Duration
    private var expiry: Instant
    private var lastError: EtcdError?

    /// A lease that was granted or renewed at an instant, or later: the instant at which that was asked for.
    init(id: Int64, ttl: Int64, since: Instant) {
        self.id = id
        self.ttl = .seconds(ttl)
        expiry = since + self.ttl
    }

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .woke(let now):
            guard now < expiry else { return .end(expired()) }
            // One attempt must not eat all the time that is left when its server hangs.
            return .renew(until: min(expiry, now + max(ttl / 3, .seconds(1))))
        case .renewed(let ttl, let sentAt):
            self.ttl = .seconds(ttl)
            // The server counted from some moment after this one.
            expiry = sentAt + self.ttl
            lastError = nil
            return .wait(until: sentAt + self.ttl / 3)
        case .failed(let error, let now, let jitter):
            switch error.code {
            case .leaseNotFound, .canceled, .stopped: return .end(error)
            default: break
            }
            lastError = error
            let retry = now + .milliseconds(Int64(250 + 500 * jitter))
            return .wait(until: min(retry, expiry))
        }
    }

    private func expired() -> EtcdError {
        var message = "lease \(id): it could not be renewed for its whole time of \(ttl), so its keys may be gone"
        if let lastError { message += "; at last: \(lastError.message)" }
        return EtcdError(.leaseExpired, message: message, underlying: lastError?.underlying)
    }
}
