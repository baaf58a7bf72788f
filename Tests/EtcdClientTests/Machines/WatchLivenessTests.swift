//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("When a watch stream is asked for a sign of life, and when it is left")
struct WatchLivenessTests {
    private static let start = ContinuousClock.now

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { start + .milliseconds(Int64(seconds * 1000)) }

    private static func machine(interval: Duration? = .seconds(5), countsProgress: Bool = true) -> WatchLivenessStateMachine {
        WatchLivenessStateMachine(interval: interval, timeout: .seconds(10), countsProgress: countsProgress, now: start)
    }

    /// Looks each second, as the clock does.
    private static func look(_ machine: inout WatchLivenessStateMachine, from: Int, to: Int) -> [Int: WatchLivenessStateMachine.Action] {
        var actions: [Int: WatchLivenessStateMachine.Action] = [:]
        for second in from...to {
            let action = machine.look(at: at(Double(second)))
            if action != .none { actions[second] = action }
        }
        return actions
    }

    @Test("A silent stream is asked, and left when it doesn't answer")
    func silence() {
        var machine = Self.machine()
        #expect(Self.look(&machine, from: 1, to: 15) == [5: .requestProgress, 15: .giveUp])
    }

    @Test("Whatever is heard counts as life")
    func heard() {
        var machine = Self.machine()
        #expect(Self.look(&machine, from: 1, to: 14) == [5: .requestProgress])
        machine.heard(at: Self.at(14))
        #expect(Self.look(&machine, from: 15, to: 28) == [19: .requestProgress])
    }

    @Test("An answer that is owed is waited for, and no longer than is patient, without any interval too")
    func owed() {
        var machine = Self.machine(interval: nil)
        machine.asked(at: Self.at(2))
        machine.asked(at: Self.at(8))
        #expect(Self.look(&machine, from: 1, to: 12) == [12: .giveUp])
    }

    @Test("An answer while more are owed begins the time anew")
    func owedMore() {
        var machine = Self.machine(interval: nil)
        machine.asked(at: Self.at(2))
        #expect(Self.look(&machine, from: 1, to: 9) == [:])
        machine.heard(at: Self.at(9), isOwedMore: true)
        #expect(Self.look(&machine, from: 10, to: 19) == [19: .giveUp])
    }

    @Test("Where others may be the reason for silence it is never held against the server")
    func shared() {
        var machine = Self.machine(countsProgress: false)
        #expect(Self.look(&machine, from: 1, to: 16) == [5: .requestProgress, 10: .requestProgress, 15: .requestProgress])
    }

    @Test("As long as nobody reads nothing is held against the server")
    func notReading() {
        var machine = Self.machine()
        machine.asked(at: Self.at(1))
        machine.stopReading()
        #expect(Self.look(&machine, from: 1, to: 60) == [:])
        machine.read(at: Self.at(60))
        #expect(Self.look(&machine, from: 61, to: 70) == [70: .giveUp])
    }

    @Test("Time in which this process stood still isn't held against the server")
    func standstill() {
        var machine = Self.machine()
        #expect(Self.look(&machine, from: 1, to: 5) == [5: .requestProgress])
        #expect(machine.look(at: Self.at(65)) == .none)
        #expect(Self.look(&machine, from: 66, to: 75) == [75: .giveUp])
    }

    @Test(
        "Short intervals are looked at often",
        arguments: [(Duration?.none, 1000), (.seconds(5), 1000), (.milliseconds(200), 50), (.milliseconds(1), 20)])
    func period(interval: Duration?, milliseconds: Int) {
        #expect(Self.machine(interval: interval).period == .milliseconds(milliseconds))
    }
}
