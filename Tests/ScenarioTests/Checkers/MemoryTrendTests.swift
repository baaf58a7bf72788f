//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Testing

@Suite("Whether memory grows") struct MemoryTrendTests {
    /// Rounds that leave something behind, measured with some noise and now and then a round that is far off.
    private func samples(_ rounds: Int, leak: Int, noise: Int) -> [Int] {
        var random = SeededRandom(7)
        return (0..<rounds).map { round in
            // What the first rounds fill stays.
            let base = 60_000_000 + min(round, 5) * 3_000_000
            let odd = random.chance(5) ? 20_000_000 : 0
            return base + round * leak + odd + Int.random(in: -noise...noise, using: &random)
        }
    }

    @Test("A leak of 100 KB a round is found, whatever the first rounds take", arguments: [20, 40, 100])
    func leak(_ rounds: Int) throws {
        let trend = try #require(MemoryTrend(ofLiveBytes: samples(rounds, leak: 100_000, noise: 200_000)))
        #expect(trend.growth > trend.bound)
    }

    @Test("Noise alone is no leak", arguments: [20, 40, 100])
    func noise(_ rounds: Int) throws {
        let live = try #require(MemoryTrend(ofLiveBytes: samples(rounds, leak: 0, noise: 200_000)))
        #expect(live.growth < live.bound)
        let resident = try #require(MemoryTrend(ofResidentBytes: samples(rounds + 10, leak: 0, noise: 3_000_000)))
        #expect(resident.growth < resident.bound)
    }

    @Test("A few rounds say nothing")
    func few() { #expect(MemoryTrend(ofLiveBytes: samples(11, leak: 1_000_000, noise: 0)) == nil) }

    #if os(Linux)
    @Test("What is allocated counts as live, and what is freed doesn't")
    func live() throws {
        let before = try #require(ProcessUse.liveBytes)
        let block = UnsafeMutableRawPointer.allocate(byteCount: 64 << 20, alignment: 16)
        let between = try #require(ProcessUse.liveBytes)
        block.deallocate()
        let after = try #require(ProcessUse.liveBytes)
        // Other tests run at the same time.
        #expect(between - before > 48 << 20)
        #expect(between - after > 48 << 20)
    }
    #endif
}
