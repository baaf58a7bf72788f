//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How long scenarios that could go on for ever do so: a short form among all tests, a long one when somebody asks for it.
///
/// `KEELSON_SOAK_SECONDS` asks: each scenario then runs for about so many seconds. `KEELSON_SEED` repeats a run's random choices.
public enum Soak {
    /// What `KEELSON_SOAK_SECONDS` says; nil for the short form.
    public static let seconds: Int? = ProcessInfo.processInfo.environment["KEELSON_SOAK_SECONDS"].flatMap(Int.init)

    /// How long a scenario goes on.
    public static func duration(_ short: Duration) -> Duration { seconds.map { .seconds($0) } ?? short }

    /// How many rounds a scenario takes, when a round of the long form lasts about so many seconds.
    public static func rounds(_ short: Int, secondsPerRound: Double) -> Int {
        seconds.map { max(short, Int(Double($0) / secondsPerRound)) } ?? short
    }

    /// The seed of this run's random choices; tests print it when they fail.
    public static let seed: UInt64 = ProcessInfo.processInfo.environment["KEELSON_SEED"].flatMap(UInt64.init) ?? .random(in: 1...UInt64.max)
}
