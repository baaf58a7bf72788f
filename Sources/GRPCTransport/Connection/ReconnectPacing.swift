//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides how long to wait before a connection attempt: not at all while other endpoints are untried, then longer and longer.
struct ReconnectPacing {
    /// A connection that lived shorter counts as a failure, so that a server that accepts and hangs up is not stormed.
    static let shortestLife: Duration = .seconds(1)

    private let backoff: GRPCTransportConfiguration.Backoff
    private let endpointCount: Int
    private var failures = 0
    private var connectedAt: ContinuousClock.Instant?

    init(backoff: GRPCTransportConfiguration.Backoff, endpointCount: Int) {
        self.backoff = backoff
        self.endpointCount = max(endpointCount, 1)
    }

    mutating func connected(at now: ContinuousClock.Instant) { connectedAt = now }

    mutating func failed() { failures += 1 }

    /// How long to wait before the next attempt. `random` is from -1 to 1.
    mutating func waitBeforeAttempt(at now: ContinuousClock.Instant, random: Double) -> Duration {
        if let connectedAt {
            self.connectedAt = nil
            let lived = connectedAt.duration(to: now) >= Self.shortestLife
            failures = lived ? 0 : (failures / endpointCount + 1) * endpointCount
        }
        guard failures > 0, failures.isMultiple(of: endpointCount) else { return .zero }
        var wait = backoff.initial
        for _ in 1..<max(failures / endpointCount, 1) where wait < backoff.maximum { wait = wait * backoff.multiplier }
        wait = min(wait, backoff.maximum)
        return max(wait * (1 + backoff.jitter * random), .zero)
    }
}
