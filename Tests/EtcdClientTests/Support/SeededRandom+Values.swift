//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit

extension SeededRandom {
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
