//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension NIODeadline {
    /// The same instant by NIO's clock, which is quicker to reckon with; now for what has passed, and a hundred years from now for what is further away.
    package init(_ deadline: ContinuousClock.Instant) {
        let left = ContinuousClock.now.duration(to: deadline)
        self = .now() + TimeAmount(left.reckonable)
    }

    /// The same instant by NIO's clock, if there is one.
    package init?(optional deadline: ContinuousClock.Instant?) {
        guard let deadline else { return nil }
        self.init(deadline)
    }
}

extension ContinuousClock.Instant {
    /// The same instant by Swift's clock.
    package init(_ deadline: NIODeadline) { self = .now + .nanoseconds((deadline - .now()).nanoseconds) }

    /// The instant, or one in a hundred years when that comes first: what reckons in seconds or nanoseconds of 64 bits, as sleeps and NIO do, ends the
    /// process at what is much further away.
    package var reckonable: Self { min(self, .now + .century) }
}

extension Duration {
    fileprivate static let century = Duration.seconds(100 * 365 * 86400)

    /// The duration, but nothing when it's negative, and a hundred years when it's longer: sleeps and NIO end the process at what is much longer.
    package var reckonable: Duration { min(max(self, .zero), .century) }
}
