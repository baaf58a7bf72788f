//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

@Suite("How a watch waits for its next stream, and for its rights")
struct WatchPacingTests {
    // MARK: Backoff

    @Test("Waits double up to a bound and begin anew when something was heard")
    func backoff() {
        var watch = DrivenWatch(start: 10)
        var waits: [Duration?] = []
        for _ in 0..<10 {
            waits.append(watch.lose().wait)
            watch.open()
        }
        #expect(waits == [10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280].map { .milliseconds($0) })
        watch.receive(.events([10]))
        #expect(watch.lose(jitter: 0).wait == .milliseconds(5))
    }

    @Test("A stream that lived for a while begins the waits anew, even when nothing happened on it")
    func livedStream() {
        var watch = DrivenWatch(start: 10)
        for _ in 0..<5 { watch.lose() }
        #expect(watch.lose(lived: .seconds(2)).wait == .milliseconds(10))
    }

    @Test("A server that leaves is left at once, but not in a loop")
    func goingAway() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        let leaving = GRPCError(.unavailable, "", .serverGoingAway)
        #expect(watch.lose(leaving).wait == .zero)
        #expect(watch.lose(leaving).wait == .milliseconds(20))
    }

    @Test("An answer above the limit is asked for in pieces, once", arguments: [GRPCError.Origin.protocolViolation, .server])
    func tooLarge(origin: GRPCError.Origin) {
        var watch = DrivenWatch(start: 10)
        watch.open()
        let error = GRPCError(.resourceExhausted, "trying to send message larger than max (9 vs. 8)", origin)
        #expect(watch.lose(error).wait == .zero)
        guard case .create(10, fragment: true) = watch.handle(.opened) else {
            Issue.record("\(watch.action)")
            return
        }
        watch.receive(.created())
        watch.lose(error)
        #expect(watch.error?.code == .responseTooLarge)
    }

    // MARK: Rights

    @Test(
        "A token that ended is replaced, and the watch goes on",
        arguments: [
            "etcdserver: invalid auth token", "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
            "rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old",
            "rpc error: code = InvalidArgument desc = etcdserver: user name is empty",
            "rpc error: code = PermissionDenied desc = etcdserver: permission denied",
        ])
    func authenticates(reason: String) {
        var watch = DrivenWatch(start: 10, canAuthenticate: true)
        watch.handle(.opened)
        #expect(watch.receive(.refused(reason)).isAuthentication)
        #expect(watch.handle(.authenticated).wait == .zero)
        #expect(watch.open() == 10)
        watch.receive(.events([10]))
        #expect(watch.revisions == [[10]])
    }

    @Test("Five refusals end the watch, one that isn't about the token the second time", arguments: [true, false])
    func refusedForGood(isExpired: Bool) {
        var watch = DrivenWatch(start: 10, isShared: true, canAuthenticate: true)
        var creates = 0
        while watch.error == nil, creates < 10 {
            creates += 1
            watch.handle(.opened)
            watch.receive(.refused(isExpired ? "etcdserver: invalid auth token" : "etcdserver: permission denied"))
            if watch.action.isAuthentication { watch.handle(.authenticated) }
        }
        #expect(creates == (isExpired ? 5 : 2))
        #expect(watch.error?.code == (isExpired ? .unauthenticated : .permissionDenied))
        #expect(watch.machine.isShared == isExpired, "others' stream isn't given up for a right that one lacks")
    }

    @Test("A watcher that was made has its refusals forgiven")
    func forgiven() {
        var watch = DrivenWatch(start: 10, canAuthenticate: true)
        for _ in 0..<5 {
            watch.handle(.opened)
            #expect(watch.receive(.refused("etcdserver: invalid auth token")).isAuthentication)
            watch.handle(.authenticated)
            watch.open()
            watch.lose()
        }
        #expect(watch.error == nil)
    }

    @Test("A stream that is refused for its token is opened with another, later and later, since a member may lag behind the one that gave it")
    func streamRefused() {
        var watch = DrivenWatch(start: 10, canAuthenticate: true)
        watch.handle(.opened)
        let error = GRPCError(.unauthenticated, "etcdserver: invalid auth token")
        for pause in [0, 100, 400, 1600] {
            #expect(watch.lose(error).isAuthentication)
            #expect(watch.handle(.authenticated).wait == .milliseconds(pause))
        }
        watch.lose(error)
        #expect(watch.error?.code == .unauthenticated)
    }
}
