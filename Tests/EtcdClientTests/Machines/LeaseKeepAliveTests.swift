//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("How leases are kept alive")
struct LeaseKeepAliveStateMachineTests {
    private typealias Machine = LeaseKeepAliveStateMachine
    private let begin = ContinuousClock.now

    private func after(_ seconds: Double) -> ContinuousClock.Instant { begin + .seconds(seconds) }
    private func failure(_ code: EtcdError.Code) -> EtcdError { EtcdError(code, message: "because of \(code)") }
    private func seconds(_ instant: ContinuousClock.Instant?) -> Double? { instant.map { ($0 - begin) / .seconds(1) } }

    /// One lease of nine seconds, on an open stream, asked for just now.
    private func kept(ttl: Int64 = 9) -> Machine {
        var machine = Machine()
        #expect(machine.handle(.keep(5, ttl: ttl, since: begin, begin)).renew.isEmpty)
        #expect(machine.opensAt != nil)
        #expect(machine.handle(.opened(begin)).renew == [5])
        #expect(machine.opensAt == nil)
        return machine
    }

    @Test("It's renewed at once, then at every third of what the server granted, counted from when it was asked")
    func thirds() {
        var machine = kept()
        _ = machine.handle(.answered(5, ttl: 9, after(1)))
        #expect(seconds(machine.wakesAt) == 3)
        #expect(machine.handle(.woke(after(2))).renew.isEmpty)
        #expect(machine.handle(.woke(after(3))).renew == [5])
        _ = machine.handle(.answered(5, ttl: 30, after(3.5)))
        #expect(seconds(machine.wakesAt) == 13)
        #expect(seconds(machine.expiry(of: 5)) == 33)
    }

    @Test("What isn't answered isn't asked again on the same stream, which is given up after a third of the time")
    func silence() {
        var machine = kept()
        for moment in stride(from: 0.5, to: 3, by: 0.5) { #expect(machine.handle(.woke(after(moment))).renew.isEmpty) }
        let action = machine.handle(.woke(after(3)))
        #expect(action.abandon == .silent && action.renew.isEmpty && action.lost.isEmpty)
        #expect(machine.handle(.opened(after(3.1))).renew == [5])
    }

    @Test("A stream that answers for others isn't given up, nor is one for a lease shorter than three seconds before a second is over")
    func patience() {
        var machine = kept()
        _ = machine.handle(.keep(6, ttl: 9, since: begin, begin))
        _ = machine.handle(.answered(6, ttl: 9, after(2)))
        #expect(machine.handle(.woke(after(3))).abandon == nil)
        #expect(machine.handle(.woke(after(5))).abandon == .silent)
        var short = kept(ttl: 2)
        #expect(short.handle(.woke(after(0.9))).abandon == nil)
        #expect(short.handle(.woke(after(1))).abandon == .silent)
    }

    @Test("An outage of any length costs a handful of requests, and the end says why")
    func outage() {
        var machine = kept(ttl: 60)
        var now = 0.0
        var opened = 0
        var lost: EtcdError?
        while lost == nil, opened < 1000 {
            lost = machine.handle(.broken(failure(.unavailable), after(now), jitter: 0.5)).lost.first?.reason
            guard lost == nil, let next = seconds(machine.opensAt) else { break }
            now = max(next, now + 0.001)
            opened += 1
        }
        #expect(lost?.code == .leaseExpired)
        #expect(lost?.message.contains("because of unavailable") == true)
        #expect((60...120).contains(opened))
        #expect(machine.count == 0 && machine.opensAt == nil)
    }

    @Test("A process that slept for longer than the lease lived finds it lost, and asks nobody")
    func slept() {
        var machine = kept()
        _ = machine.handle(.answered(5, ttl: 9, begin))
        let action = machine.handle(.woke(after(60)))
        #expect(action.lost.first?.reason.code == .leaseExpired)
        #expect(action.renew.isEmpty)
        #expect(action.abandon == .idle, "there's nothing left to renew")
    }

    @Test("A server that doesn't know the lease ends it at once, and only this one")
    func revoked() {
        var machine = kept()
        _ = machine.handle(.keep(6, ttl: 9, since: begin, begin))
        let action = machine.handle(.answered(5, ttl: 0, after(1)))
        #expect(action.lost.map(\.id) == [5])
        #expect(action.lost.first?.reason.code == .leaseNotFound)
        #expect(machine.count == 1 && action.abandon == nil)
    }

    @Test(
        "A lost leader, a failed member or a break doesn't end it", arguments: [EtcdError.Code.noLeader, .unavailable, .deadlineExceeded, .unknown])
    func passing(code: EtcdError.Code) {
        var machine = kept()
        #expect(machine.handle(.broken(failure(code), after(1), jitter: 0)).lost.isEmpty)
        #expect(seconds(machine.opensAt) == 1, "at once after a stream that worked")
        #expect(machine.handle(.opened(after(1))).renew == [5])
    }

    @Test("The end of the client ends all, and what comes after")
    func stopped() {
        var machine = kept()
        #expect(machine.handle(.broken(failure(.stopped), after(1), jitter: 0)).lost.first?.reason.code == .stopped)
        #expect(machine.handle(.keep(6, ttl: 9, since: begin, begin)).lost.first?.reason.code == .stopped)
        #expect(machine.opensAt == nil)
    }

    @Test("A lease is renewed for as long as one of those who keep it does, and a stream without leases is closed")
    func keepers() {
        var machine = kept()
        _ = machine.handle(.keep(5, ttl: 9, since: begin, begin))
        #expect(machine.handle(.release(5)).abandon == nil)
        #expect(machine.count == 1)
        #expect(machine.handle(.release(5)).abandon == .idle)
        #expect(machine.count == 0 && machine.opensAt == nil && machine.wakesAt == nil)
    }

    @Test("A lease that is given up and kept again is owed the first answer, which says nothing of the time since")
    func keptAgain() {
        var machine = kept()
        _ = machine.handle(.keep(6, ttl: 9, since: begin, begin))
        #expect(machine.handle(.release(5)).abandon == nil)
        #expect(machine.handle(.keep(5, ttl: 9, since: after(1), after(2))).renew.isEmpty, "it was asked for, and isn't answered")
        #expect(machine.handle(.answered(5, ttl: 9, after(2.1))).renew == [5])
        #expect(seconds(machine.expiry(of: 5)) == 10, "asked at 0, and known to live at 1")
        _ = machine.handle(.answered(5, ttl: 9, after(3.1)))
        #expect(seconds(machine.expiry(of: 5)) == 11.1)
    }

    @Test("What is owed to an earlier lease of the same ID neither ends the new one nor prolongs it", arguments: [0, 60] as [Int64])
    func grantedAgain(owed: Int64) {
        var machine = kept(ttl: 60)
        _ = machine.handle(.keep(6, ttl: 60, since: begin, begin))
        _ = machine.handle(.release(5))
        _ = machine.handle(.keep(5, ttl: 5, since: after(1), after(1)))
        let action = machine.handle(.answered(5, ttl: owed, after(2)))
        #expect(action.lost.isEmpty && action.renew == [5])
        #expect(seconds(machine.expiry(of: 5)) == 6)
        #expect(machine.handle(.answered(5, ttl: 0, after(2.5))).lost.map(\.id) == [5], "now it's about this one")
    }

    @Test("Who keeps a lease that is kept already may know of a later renewal, and of none that shortens it")
    func renewedElsewhere() {
        var machine = Machine()
        _ = machine.handle(.keep(5, ttl: 10, since: begin, begin))
        _ = machine.handle(.keep(5, ttl: 10, since: after(9), after(9)))
        #expect(seconds(machine.expiry(of: 5)) == 19)
        _ = machine.handle(.keep(5, ttl: 2, since: after(9), after(9)))
        #expect(machine.handle(.woke(after(10))).lost.isEmpty)
        #expect(machine.handle(.woke(after(19))).lost.map(\.id) == [5])
    }

    @Test("A time longer than etcd grants is taken for the longest", arguments: [9_000_000_001, .max] as [Int64])
    func endless(ttl: Int64) {
        var machine = kept(ttl: ttl)
        #expect(seconds(machine.expiry(of: 5)) == 9_000_000_000)
        _ = machine.handle(.answered(5, ttl: ttl, after(1)))
        #expect(seconds(machine.wakesAt) == 3_000_000_000)
    }

    @Test("What was owed on one stream isn't on the next")
    func owedBefore() {
        var machine = kept()
        _ = machine.handle(.release(5))
        _ = machine.handle(.keep(5, ttl: 9, since: after(1), after(1)))
        #expect(machine.handle(.opened(after(2))).renew == [5])
        _ = machine.handle(.answered(5, ttl: 9, after(2.1)))
        #expect(seconds(machine.expiry(of: 5)) == 11)
    }

    @Test("A thousand leases that are due at about the same time are asked for together")
    func together() {
        var machine = Machine()
        for id in 1...1000 { _ = machine.handle(.keep(Int64(id), ttl: 60, since: begin, begin)) }
        #expect(machine.handle(.opened(begin)).renew.count == 1000)
        for id in 1...1000 { _ = machine.handle(.answered(Int64(id), ttl: 60, after(0.5))) }
        #expect(seconds(machine.wakesAt) == 20)
        #expect(machine.handle(.woke(after(20))).renew.count == 1000)
        #expect(machine.handle(.woke(after(20.1))).renew.isEmpty)
    }
}
