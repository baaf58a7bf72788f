//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How long something took, each time that it happened.
final class Timings: Sendable {
    private let times = Mutex<[Duration]>([])

    func add(_ time: Duration) { times.withLock { $0.append(time) } }

    var all: [Duration] { times.withLock { $0 } }
    /// Of an even number the earlier of the two in the middle; zero when nothing happened.
    var median: Duration { percentile(50) }
    var longest: Duration { all.max() ?? .zero }

    /// What so many of a hundred didn't exceed.
    func percentile(_ share: Int) -> Duration { all.percentile(share) }
}

extension [Duration] {
    /// What so many of a hundred don't exceed; zero of none.
    func percentile(_ share: Int) -> Duration { isEmpty ? .zero : sorted()[Swift.max(0, (count * share + 99) / 100 - 1)] }
}
