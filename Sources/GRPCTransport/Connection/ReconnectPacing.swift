//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides how long to wait before a round of connection attempts, in which every endpoint is tried: longer after each that failed.
struct ReconnectPacing {
    /// A connection that lived shorter counts as a failure, so that a server that accepts and hangs up is not stormed.
    static let shortestLife: Duration = .seconds(1)

    private let backoff: GRPCTransportConfiguration.Backoff
    private var failures = 0
    private var connectedAt: ContinuousClock.Instant?

    init(backoff: GRPCTransportConfiguration.Backoff) { self.backoff = backoff }

    mutating func connected(at now: ContinuousClock.Instant) { connectedAt = now }

    mutating func failed() { failures += 1 }

    /// How long to wait before the next round. `random` is from -1 to 1.
    mutating func waitBeforeRound(at now: ContinuousClock.Instant, random: Double) -> Duration {
        if let connectedAt {
            self.connectedAt = nil
            failures = connectedAt.duration(to: now) >= Self.shortestLife ? 0 : failures + 1
        }
        guard failures > 0 else { return .zero }
        // What would not wait at all would do nothing but try.
        let initial = max(backoff.initial, .milliseconds(1))
        let maximum = max(backoff.maximum, initial)
        var wait = initial
        for _ in 1..<max(failures, 1) where wait < maximum { wait = wait * max(backoff.multiplier, 1) }
        return min(wait, maximum) * (1 + min(max(backoff.jitter, 0), 1) * random)
    }
}
