//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Whether memory grows from round to round.
struct MemoryTrend {
    /// Bytes a round.
    let growth: Double
    /// From where on a growth isn't the noise of measuring.
    let bound: Double

    /// Of what is allocated. Every round frees all of its own, so that what is left from round to round is a leak.
    /// - Returns: nil for too few rounds to say.
    init?(ofLiveBytes samples: [Int]) { self.init(samples, rounds: 8, bound: 48 * 1024) }

    /// Of what is in RAM, the allocator's reserves included: it also finds what was mapped past the allocator.
    /// - Returns: nil for too few rounds to say.
    init?(ofResidentBytes samples: [Int]) { self.init(samples, rounds: 16, bound: 768 * 1024) }

    /// The median of the slopes between all pairs of rounds (Theil and Sen), which a few odd rounds don't change.
    private init?(_ samples: [Int], rounds: Int, bound: Double) {
        // The first rounds fill caches and pools.
        let steady = Array(samples.dropFirst(max(4, samples.count / 4)))
        guard steady.count >= rounds else { return nil }
        var slopes: [Double] = []
        for late in steady.indices {
            for early in 0..<late { slopes.append(Double(steady[late] - steady[early]) / Double(late - early)) }
        }
        slopes.sort()
        growth = slopes[slopes.count / 2]
        self.bound = bound
    }
}
