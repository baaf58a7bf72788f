//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("How long a piece of a range is waited for")
struct RangeStreamPatienceTests {
    private static let start = ContinuousClock.now

    private static func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private static func patience(deadline: Int? = nil) -> RangeStreamPatience {
        RangeStreamPatience(deadline: deadline.map(at), timeout: .seconds(10), now: start)
    }

    @Test("A silent server has half of the time, and the next one the rest of it")
    func silence() {
        let patience = Self.patience()
        #expect(patience.limit(since: Self.start, heard: nil) == Self.at(5))
        #expect(patience.isSilence(since: Self.start, heard: nil, now: Self.at(5)))
        #expect(patience.limit(since: Self.at(6), heard: Self.at(4)) == Self.at(10))
        #expect(!patience.isSilence(since: Self.at(6), heard: Self.at(4), now: Self.at(10)))
    }

    @Test("Whatever comes renews it, up to the caller's deadline, which is no silence")
    func parts() {
        #expect(Self.patience().limit(since: Self.start, heard: Self.at(30)) == Self.at(35))
        #expect(Self.patience().isSilence(since: Self.start, heard: Self.at(30), now: Self.at(35)))
        let hasty = Self.patience(deadline: 3)
        #expect(hasty.end == Self.at(3))
        #expect(hasty.limit(since: Self.start, heard: nil) == Self.at(3))
        #expect(hasty.limit(since: Self.start, heard: Self.at(2)) == Self.at(3))
        #expect(!hasty.isSilence(since: Self.start, heard: Self.at(2), now: Self.at(3)))
    }

    @Test("What came whole is followed by more; what broke off is tried again once")
    func extensions() {
        var patience = Self.patience(deadline: 100)
        patience.extend(isWhole: false, now: Self.at(20))
        #expect(patience.end == Self.at(25))
        patience.extend(isWhole: false, now: Self.at(40))
        #expect(patience.end == Self.at(25))
        patience.extend(isWhole: true, now: Self.at(50))
        #expect(patience.end == Self.at(55))
        patience.extend(isWhole: true, now: Self.at(99))
        #expect(patience.end == Self.at(100))
    }
}
