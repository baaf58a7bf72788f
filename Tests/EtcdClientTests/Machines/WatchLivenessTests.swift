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

    private static func machine(progress: Duration? = .seconds(5), isOwed: Bool = true, probe: Duration? = nil) -> WatchLivenessStateMachine {
        WatchLivenessStateMachine(
            .init(progressInterval: progress, owesProgress: isOwed, probeInterval: probe, timeout: .seconds(10)), now: start)
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
        var machine = Self.machine(progress: nil)
        machine.asked(at: Self.at(2))
        machine.asked(at: Self.at(8))
        #expect(Self.look(&machine, from: 1, to: 12) == [12: .giveUp])
    }

    @Test("An answer while more are owed begins the time anew")
    func owedMore() {
        var machine = Self.machine(progress: nil)
        machine.asked(at: Self.at(2))
        #expect(Self.look(&machine, from: 1, to: 9) == [:])
        machine.heard(at: Self.at(9), isOwedMore: true)
        #expect(Self.look(&machine, from: 10, to: 19) == [19: .giveUp])
    }

    @Test("An answer that never comes while others do is waited for thrice as long")
    func busy() {
        var machine = Self.machine(progress: nil)
        machine.asked(at: Self.at(2))
        var left: [Int] = []
        for second in 3...40 {
            machine.heard(at: Self.at(Double(second)), isOwedMore: true, isAnswer: false)
            if machine.look(at: Self.at(Double(second))) == .giveUp { left.append(second) }
        }
        #expect(left.first == 32)
    }

    @Test("As long as answers come it makes no difference that there are more to come")
    func manyCreates() {
        var machine = Self.machine(progress: nil)
        machine.asked(at: Self.at(1))
        for second in 2...100 {
            machine.heard(at: Self.at(Double(second)), isOwedMore: true, isAnswer: second.isMultiple(of: 20))
            #expect(machine.look(at: Self.at(Double(second))) == .none)
        }
        machine.heard(at: Self.at(101))
        #expect(Self.look(&machine, from: 101, to: 200) == [:])
    }

    @Test("The time that a long message takes doesn't count against the answer behind it")
    func longMessagesBeforeAnswer() {
        var machine = Self.machine(progress: nil)
        machine.asked(at: Self.at(1))
        for second in 2...100 {
            machine.heardPart(at: Self.at(Double(second)))
            if second.isMultiple(of: 5) { machine.heard(at: Self.at(Double(second)), isOwedMore: true, isAnswer: false) }
            #expect(machine.look(at: Self.at(Double(second))) == .none)
        }
    }

    @Test("A message that is still coming is life, and what is owed behind it is waited for", arguments: [true, false])
    func parts(isOwed: Bool) {
        var machine = Self.machine()
        if isOwed { machine.asked(at: Self.at(1)) }
        for second in 1...60 {
            machine.heardPart(at: Self.at(Double(second)))
            #expect(machine.look(at: Self.at(Double(second))) == .none)
        }
        #expect(Self.look(&machine, from: 61, to: isOwed ? 70 : 75) == (isOwed ? [70: .giveUp] : [65: .requestProgress, 75: .giveUp]))
    }

    @Test("Where others may be the reason for silence progress is never held against the server")
    func shared() {
        var machine = Self.machine(isOwed: false)
        #expect(Self.look(&machine, from: 1, to: 16) == [5: .requestProgress, 10: .requestProgress, 15: .requestProgress])
    }

    @Test("A silent stream is probed, and left when that isn't answered", arguments: [nil, 5])
    func probe(progress: Int?) {
        var machine = Self.machine(progress: progress.map { .seconds($0) }, isOwed: false, probe: .seconds(7))
        let requests: [Int: WatchLivenessStateMachine.Action] = progress == nil ? [:] : [5: .requestProgress]
        #expect(Self.look(&machine, from: 1, to: 17) == [7: .probe, 17: .giveUp].merging(requests) { first, _ in first })
    }

    @Test("A probe that is answered is followed by another after as much silence")
    func probeAnswered() {
        var machine = Self.machine(progress: nil, probe: .seconds(7))
        #expect(Self.look(&machine, from: 1, to: 8) == [7: .probe])
        machine.heard(at: Self.at(9))
        #expect(Self.look(&machine, from: 9, to: 20) == [16: .probe])
    }

    @Test("Where progress is answered nothing is probed")
    func progressAnswered() {
        var machine = Self.machine(isOwed: false, probe: .seconds(5))
        var actions: Set<WatchLivenessStateMachine.Action> = []
        for second in 1...50 {
            let action = machine.look(at: Self.at(Double(second)))
            actions.insert(action)
            if action == .requestProgress { machine.heard(at: Self.at(Double(second))) }
        }
        #expect(actions == [.none, .requestProgress])
    }

    @Test("Answers to probes keep no stream from being asked how far it is", arguments: [true, false])
    func probesBetween(isOwed: Bool) {
        var machine = Self.machine(progress: .seconds(60), isOwed: isOwed, probe: .seconds(15))
        var actions: [Int: WatchLivenessStateMachine.Action] = [:]
        for second in 1...65 {
            let action = machine.look(at: Self.at(Double(second)))
            if action != .none { actions[second] = action }
            if action == .probe { machine.heard(at: Self.at(Double(second))) }
        }
        #expect(actions == [15: .probe, 30: .probe, 45: .probe, 60: .requestProgress].merging(isOwed ? [:] : [61: .probe]) { first, _ in first })
    }

    @Test("The shorter of what a watch asks for and what the client has streams probed by holds")
    func rules() {
        let (short, long) = (WatchOptions.Liveness(interval: .seconds(2), timeout: .seconds(3)), WatchOptions.Liveness(interval: .seconds(600)))
        typealias Rules = WatchLivenessStateMachine.Rules
        #expect(Rules(long, probe: short) == Rules(progressInterval: .seconds(600), probeInterval: .seconds(2), timeout: .seconds(3)))
        #expect(Rules(short, probe: long) == Rules(progressInterval: .seconds(2), probeInterval: .seconds(2), timeout: .seconds(3)))
        #expect(Rules(short, probe: nil) == Rules(progressInterval: .seconds(2), probeInterval: .seconds(2), timeout: .seconds(3)))
        #expect(Rules(short, probe: nil, asksProgress: false) == Rules(probeInterval: .seconds(2), timeout: .seconds(3)))
        #expect(Rules(nil, probe: short) == Rules(probeInterval: .seconds(2), timeout: .seconds(3)))
        #expect(Rules(nil, probe: nil) == Rules(timeout: .seconds(10)))
    }

    @Test("Shorter times hold at once")
    func follow() {
        var machine = Self.machine(progress: nil, probe: .seconds(60))
        #expect(Self.look(&machine, from: 1, to: 9) == [:])
        machine.follow(.init(probeInterval: .seconds(5), timeout: .seconds(2)))
        #expect(Self.look(&machine, from: 10, to: 12) == [10: .probe, 12: .giveUp])
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
        #expect(Self.machine(progress: interval).period == .milliseconds(milliseconds))
        #expect(Self.machine(progress: nil, probe: interval).period == .milliseconds(milliseconds))
    }
}
