//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit

extension Misbehaviour {
    /// Many frames that further no call: up to the limit they're let pass, beyond it the connection is given up.
    static func flood(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        if random.chance(10) {
            // These are passed over like bytes that nobody looks at.
            let count = Int.random(in: 1...(2 * victim.limits.idleFrames), using: &random)
            return .init("\(count) frames that nobody knows", Array(repeating: frame(type: 0xbb, [1, 2, 3]), count: count).flatMap { $0 }, [.goesOn])
        }
        var drops: [(String, [UInt8])] = [
            ("pings", Frames.ping()),
            ("settings", Frames.settings()),
            ("settings that nobody knows", Frames.settings([(0x99, 1), (0x99, 2)])),
            ("window updates", Frames.windowUpdate(0, 1)),
            ("priorities", frame(type: 2, stream: victim.stream, [0, 0, 0, 0, 1])),
            ("a stream's window updates", Frames.windowUpdate(victim.stream, 1)),
        ]
        if victim.stage != .beforeHeaders { drops.append(("empty data", Frames.data(victim.stream, []))) }
        let isMixed = random.chance(30)
        let drop = random.pick(drops)
        let limit = victim.limits.idleFrames
        let isBeyond = random.chance(50)
        // Some frames are idle that aren't the flood's.
        let count = isBeyond ? Int.random(in: (limit + 1)...(limit * 2), using: &random) : Int.random(in: 1...(limit - 20), using: &random)
        let bytes = isMixed ? (0..<count).flatMap { _ in random.pick(drops).1 } : Array(repeating: drop.1, count: count).flatMap { $0 }
        // Those that want an answer may be too many for one read, long before they're too many in a row.
        let wantsAnswers = isMixed || ["pings", "settings"].contains { drop.0.hasPrefix($0) }
        let passes: Set<Fate> = wantsAnswers && count > 900 ? [.goesOn, .connectionLost] : [.goesOn]
        return .init("\(count) \(isMixed ? "frames of many kinds" : drop.0)", bytes, isBeyond ? [.connectionLost] : passes)
    }
}
