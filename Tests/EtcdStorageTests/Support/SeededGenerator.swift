//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Random numbers that a seed repeats. The seed of a failure goes into `KEELSON_TEST_SEED` to see it again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// The seed of the environment, or a new one. Printed.
    static func seed() -> UInt64 {
        let seed = ProcessInfo.processInfo.environment["KEELSON_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: .min ... .max)
        print("KEELSON_TEST_SEED=\(seed)")
        return seed
    }
}
