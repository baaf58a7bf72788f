//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Synchronization

/// Which servers are known not to have RangeStream, which came with etcd 3.7. In a cluster that is being updated some have it and some don't.
final class RangeStreamSupport: Sendable {
    /// A server that didn't have it is asked again after so long: it may have been updated.
    static let memory = Duration.seconds(300)

    private let missing = Mutex<[GRPCEndpoint: ContinuousClock.Instant]>([:])

    func isMissing(at endpoint: GRPCEndpoint, now: ContinuousClock.Instant = .now) -> Bool {
        missing.withLock { missing in
            guard let since = missing[endpoint] else { return false }
            if now - since < Self.memory { return true }
            missing[endpoint] = nil
            return false
        }
    }

    func note(missingAt endpoint: GRPCEndpoint, now: ContinuousClock.Instant = .now) {
        missing.withLock { $0[endpoint] = now }
    }

    /// Whether none of these is worth asking.
    func isMissing(atAllOf endpoints: [GRPCEndpoint], now: ContinuousClock.Instant = .now) -> Bool {
        endpoints.allSatisfy { isMissing(at: $0, now: now) }
    }
}
