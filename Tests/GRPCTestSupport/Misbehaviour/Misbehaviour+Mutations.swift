//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit

extension Misbehaviour {
    /// A good answer, in which something was changed.
    static func mutation(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let good = [
            Frames.headers(victim.stream, Frames.okBlock + Frames.field("x-first", "one")), Frames.data(victim.stream, framed(random.bytes(0...300))),
            Frames.ping(), Frames.windowUpdate(0, 100), Frames.settings([(4, 70_000)]), Frames.trailers(victim.stream),
        ]
        var frames = good
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&frames, &random) }
        return .init("\(frames)", frames.flatMap { $0 }, nil)
    }

    private static func mutate(_ frames: inout [[UInt8]], _ random: inout SeededRandom) {
        guard !frames.isEmpty else { return }
        let index = Int.random(in: frames.indices, using: &random)
        let byte = Int.random(in: frames[index].indices, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: frames[index][byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: frames[index][byte] = random.pick([0, 1, 0x7f, 0x80, 0xff])
        case 2: frames.remove(at: index)
        case 3: frames.insert(frames[index], at: Int.random(in: frames.indices, using: &random))
        case 4: frames.swapAt(index, Int.random(in: frames.indices, using: &random))
        case 5: frames[index].removeSubrange(byte...)
        case 6: frames[index].insert(contentsOf: random.bytes(1...20), at: byte)
        // One whose length is right, whatever else it is.
        default:
            frames.insert(
                frame(type: random.bytes(1...1)[0] % 11, flags: random.bytes(1...1)[0], stream: random.pick([0, 1, 2, 3]), random.bytes(0...40)),
                at: index)
        }
        frames.removeAll(where: \.isEmpty)
    }
}
