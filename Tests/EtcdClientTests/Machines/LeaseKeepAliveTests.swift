//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("How a lease is kept alive")
struct LeaseKeepAliveStateMachineTests {
    private let begin = ContinuousClock.now

    private func machine(ttl: Int64 = 9) -> LeaseKeepAliveStateMachine { LeaseKeepAliveStateMachine(id: 5, ttl: ttl, since: begin) }
    private func after(_ seconds: Double) -> ContinuousClock.Instant { begin + .seconds(seconds) }
    private func failure(_ code: EtcdError.Code) -> EtcdError { EtcdError(code, message: "because of \(code)") }

    private func end(_ action: LeaseKeepAliveStateMachine.Action) -> EtcdError? { if case .end(let error) = action { error } else { nil } }
    private func renewal(_ action: LeaseKeepAliveStateMachine.Action) -> Double? {
        if case .renew(let until) = action { (until - begin) / .seconds(1) } else { nil }
    }
    private func wait(_ action: LeaseKeepAliveStateMachine.Action) -> Double? {
        if case .wait(let until) = action { (until - begin) / .seconds(1) } else { nil }
    }

    @Test("It's renewed at once, then at every third of what the server granted, counted from when it was asked")
    func thirds() {
        var machine = machine()
        #expect(renewal(machine.handle(.woke(begin))) == 3)
        #expect(wait(machine.handle(.renewed(ttl: 9, sentAt: after(1)))) == 4)
        #expect(renewal(machine.handle(.woke(after(4)))) == 7)
        #expect(wait(machine.handle(.renewed(ttl: 30, sentAt: after(4)))) == 14)
    }

    @Test("An attempt never outlives the lease, nor is it shorter than a second before that")
    func attempts() {
        var machine = machine(ttl: 2)
        #expect(renewal(machine.handle(.woke(begin))) == 1)
        #expect(renewal(machine.handle(.woke(after(1.5)))) == 2)
    }

    @Test("Failures are retried after about half a second, until the lease must have expired; then the end says why")
    func failures() {
        var machine = machine()
        var now = 0.0
        var attempts = 0
        var ended: EtcdError?
        while ended == nil, attempts < 100 {
            switch machine.handle(.woke(after(now))) {
            case .renew: attempts += 1
            case .end(let error): ended = error
            case .wait: Issue.record("a wait after a wait")
            }
            if ended == nil, let next = wait(machine.handle(.failed(failure(.unavailable), after(now), jitter: 0.5))) { now = next }
        }
        #expect(ended?.code == .leaseExpired)
        #expect(ended?.message.contains("because of unavailable") == true)
        #expect(attempts == 18)
        #expect(now == 9)
    }

    @Test("A process that slept for longer than the lease lived finds it lost, and asks nobody")
    func slept() {
        var machine = machine()
        _ = machine.handle(.renewed(ttl: 9, sentAt: begin))
        #expect(end(machine.handle(.woke(after(60))))?.code == .leaseExpired)
    }

    @Test("What can't get better ends it at once", arguments: [EtcdError.Code.leaseNotFound, .canceled, .stopped])
    func final(code: EtcdError.Code) {
        var machine = machine()
        #expect(end(machine.handle(.failed(failure(code), begin, jitter: 0)))?.code == code)
    }

    @Test("A lost leader or a failed member doesn't", arguments: [EtcdError.Code.noLeader, .unavailable, .deadlineExceeded, .unknown])
    func passing(code: EtcdError.Code) {
        var machine = machine()
        #expect(wait(machine.handle(.failed(failure(code), begin, jitter: 0))) == 0.25)
    }
}
