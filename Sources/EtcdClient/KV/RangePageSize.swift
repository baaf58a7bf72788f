//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How many keys to ask for at once, so that a page is neither a round trip for nothing nor more than memory should hold.
///
/// Starts small, since nothing is known of the values; then aims at a number of bytes by what the page before weighed.
struct RangePageSize: Sendable, Hashable {
    /// What a page should weigh.
    static let targetBytes = 3 << 19
    /// No page is longer: each is searched for in the server's whole index, which is what makes more of them dear, and beyond this it no longer counts.
    static let maximum: Int64 = 10_000

    private(set) var current: Int64 = 100

    /// A page of so many keys weighed so much.
    mutating func received(keys: Int, bytes: Int) {
        guard keys > 0 else { return }
        let fitting = Int64(Self.targetBytes) * Int64(keys) / Int64(max(bytes, 1))
        // A few small values say little about the next ones, so it grows by steps.
        current = max(1, min(fitting, current * 4, Self.maximum))
    }

    /// A page was more than the client or the server can take. False when it can't be smaller.
    mutating func wasTooLarge() -> Bool {
        guard current > 1 else { return false }
        current = max(1, current / 4)
        return true
    }
}

extension [KeyValue] {
    /// What these weigh, nearly as the wire counts.
    var weight: Int { reduce(0) { $0 + $1.key.count + $1.value.count + 32 } }
}
