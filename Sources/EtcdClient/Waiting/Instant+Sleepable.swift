//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ContinuousClock.Instant {
    /// The instant, or one in a hundred years when that comes first: Swift's sleeps reckon in nanoseconds of 64 bits, and fail at what is further away.
    var sleepable: Self { min(self, .now + .seconds(100 * 365 * 86400)) }
}
