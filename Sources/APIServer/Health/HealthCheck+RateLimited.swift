//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension HealthCheck {
    /// The same check, made at most once in an interval: anybody may ask about health, as often as they like, and what is asked behind it shouldn't suffer.
    ///
    /// In between the last outcome is told. Until there is one everyone who asks checks.
    ///
    /// Source of the rule: upstream storagebackend/factory's health check of etcd, which is made once in half its timeout.
    public func rateLimited(to interval: Duration) -> HealthCheck {
        let limiter = HealthCheckLimiter(interval: interval)
        let check = check
        return HealthCheck(name: name, endpoints: endpoints) { try await limiter.check(now: { .now }, check) }
    }

    /// The same check under another name and at other places; it shares what this one remembers.
    public func renamed(_ name: String, endpoints: Set<Endpoint> = Set(Endpoint.allCases)) -> HealthCheck {
        HealthCheck(name: name, endpoints: endpoints, check: check)
    }
}

/// Remembers how a check went, and lets it be made again when it's time.
final class HealthCheckLimiter: Sendable {
    private struct State {
        var lastAsked: ContinuousClock.Instant?
        var outcome: Outcome?
    }

    private struct Outcome {
        var askedAt: ContinuousClock.Instant
        var failure: (any Error)?
    }

    private let interval: Duration
    private let state = Mutex(State())

    init(interval: Duration) { self.interval = interval }

    func check(now: () -> ContinuousClock.Instant, _ check: () async throws -> Void) async throws {
        let askedAt = now()
        let known = state.withLock { state -> Outcome? in
            if let last = state.lastAsked, askedAt - last < interval, let outcome = state.outcome { return outcome }
            state.lastAsked = askedAt
            return nil
        }
        if let known {
            if let failure = known.failure { throw failure }
            return
        }
        do {
            try await check()
            record(Outcome(askedAt: askedAt, failure: nil))
        } catch {
            // Whoever asked has gone; that says nothing of what was asked about.
            if !Task.isCancelled { record(Outcome(askedAt: askedAt, failure: error)) }
            throw error
        }
    }

    /// A slow answer doesn't take the place of one to a later question.
    private func record(_ outcome: Outcome) {
        state.withLock { state in
            if let newer = state.outcome, newer.askedAt > outcome.askedAt { return }
            state.outcome = outcome
        }
    }
}
