//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Random numbers that come again with the same seed, so that what failed once fails again.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    // SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func bytes(upTo count: Int) -> [UInt8] {
        (0..<Int.random(in: 0...count, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Small, large and negative numbers, zero among them.
    mutating func number() -> UInt64 {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: UInt64.random(in: 0...3, using: &self)
        case 1: UInt64.random(in: 0...300, using: &self)
        case 2: next() >> UInt64.random(in: 0...40, using: &self)
        default: UInt64(bitPattern: -Int64.random(in: 0...9, using: &self))
        }
    }
}
