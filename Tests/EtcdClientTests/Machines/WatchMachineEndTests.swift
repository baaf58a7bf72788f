//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

@Suite("How a watch ends")
struct WatchMachineEndTests {
    // MARK: Ends

    @Test("A compacted revision ends the watch and says what is left")
    func compacted() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(WatchMessage(watchID: 3, canceled: true, compactRevision: 500))
        #expect(watch.error?.code == .compacted)
        #expect(watch.error?.compactRevision == 500)
        if case .none = watch.lose() {} else { Issue.record("\(watch.action)") }
    }

    @Test(
        "A watcher that is refused ends the watch with the reason",
        arguments: [
            ("rpc error: code = PermissionDenied desc = etcdserver: permission denied", .permissionDenied),
            ("mvcc: watcher range is empty", .invalidArgument), ("etcdserver: mvcc: required revision has been compacted", .compacted),
            ("", .watchCanceled),
        ] as [(String, EtcdError.Code)])
    func refused(reason: String, code: EtcdError.Code) {
        var watch = DrivenWatch(start: 10)
        watch.handle(.opened)
        watch.receive(WatchMessage(watchID: -1, created: true, canceled: true, cancelReason: reason))
        #expect(watch.error?.code == code)
    }

    @Test(
        "A stream's error ends the watch only when another stream would end the same way",
        arguments: [
            (GRPCError(.unavailable, "etcdserver: no leader"), nil), (GRPCError(.unavailable, "", .connection), nil), (GRPCError(.internal), nil),
            (GRPCError(.cancelled), nil), (GRPCError(.unknown, "EOF"), nil), (GRPCError(.unavailable, "", .serverGoingAway), nil),
            (GRPCError(.failedPrecondition, "etcdserver: rpc not supported for learner"), nil),
            (GRPCError(.unauthenticated, "etcdserver: invalid auth token"), .unauthenticated), (GRPCError(.unimplemented), .unimplemented),
            (GRPCError(.permissionDenied), .permissionDenied), (GRPCError(.cancelled, "", .caller), .canceled),
            (GRPCError(.unavailable, "", .shutdown), .stopped),
        ] as [(GRPCError, EtcdError.Code?)])
    func streamErrors(error: GRPCError, code: EtcdError.Code?) {
        var watch = DrivenWatch(start: 10)
        watch.open()
        let action = watch.lose(error)
        #expect(watch.error?.code == code)
        #expect((action.wait == nil) == (code != nil))
    }

    @Test("A message that can't be read ends the watch")
    func malformed() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.handle(.malformed(MalformedMessage(reason: "truncated number")))
        #expect(watch.error?.code == .malformedResponse)
    }

    @Test("Events before the watcher is made end the watch: whose they are can't be told")
    func eventsTooEarly() {
        var watch = DrivenWatch(start: 10)
        watch.handle(.opened)
        watch.receive(.events([10]))
        #expect(watch.error?.code == .malformedResponse)
    }

    // MARK: Another store

    @Test("Another cluster ends the watch, whenever it shows", arguments: [false, true])
    func otherCluster(known: Bool) {
        var watch = DrivenWatch(start: 10, clusterID: known ? 7 : 0)
        watch.open()
        watch.receive(.events([10]))
        watch.lose()
        watch.open(clusterID: 8)
        #expect(watch.error?.code == .historyLost)
    }

    @Test("A member behind what was seen is asked about, and a store behind it ends the watch")
    func olderStore() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.events([50]))
        watch.lose()
        watch.handle(.opened)
        #expect(watch.receive(.created(revision: 49)).isConfirmation)
        watch.handle(.confirmed(ResponseHeader(clusterID: 7, revision: 49), seen: 0))
        #expect(watch.error?.code == .historyLost)
    }

    @Test("A start that the store hasn't reached is another store's if the client has seen it, and the future's if it hasn't", arguments: [99, 100])
    func startBeyondTheStore(seen: Int64) {
        var watch = DrivenWatch(start: 101)
        watch.handle(.opened)
        #expect(watch.receive(.created(revision: 49)).isConfirmation)
        watch.handle(.confirmed(ResponseHeader(clusterID: 7, revision: 50), seen: seen))
        #expect(watch.error?.code == (seen == 100 ? .historyLost : .futureRevision))
    }

    @Test("The answer to a probe says nothing, and a watcher that was made of it is ended")
    func probeAnswers() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        var answer = WatchMessage(header: ResponseHeader(clusterID: 7, revision: 1000), watchID: -1, created: true, canceled: true)
        answer.cancelReason = "etcdserver: permission denied"
        #expect(watch.receive(answer).isReceipt)
        (answer.watchID, answer.canceled) = (8, false)
        guard case .dismiss(8) = watch.receive(answer) else { return #expect(Bool(false), "\(watch.action)") }
        watch.receive(.events([50]))
        #expect(watch.revisions == [[50]])
    }

    @Test("A stream of its own is probed with an ID where the server that made the watcher names its cluster, and else with none")
    func probeID() {
        var watch = DrivenWatch(start: 10)
        watch.open(clusterID: 0)
        #expect(watch.machine.probe == WatchMessage.probe)
        watch.lose()
        watch.open(clusterID: 7)
        #expect(watch.machine.probe == WatchMessage.probeWithID)
        watch.lose()
        watch.open(clusterID: 0)
        #expect(watch.machine.probe == WatchMessage.probe)
    }

    @Test("A member without a leader is a reason to go on elsewhere, or to end where that is wanted", arguments: [true, false])
    func noLeader(ends: Bool) {
        var watch = DrivenWatch(start: 10, endsWithoutLeader: ends)
        watch.open()
        let action = watch.lose(GRPCError(.unavailable, "etcdserver: no leader"))
        #expect(watch.error?.code == (ends ? .noLeader : nil))
        guard !ends else { return }
        guard case .open = action else { return #expect(Bool(false), "\(action)") }
    }

    @Test("What the caller did wrong isn't called a cancelled task")
    func callersMistake() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.lose(GRPCError(.internal, "the path or the metadata may not be sent", .caller))
        #expect(watch.error?.code == .invalidArgument && watch.error?.message.contains("may not be sent") == true)
    }

    @Test("A member that only lags is waited for")
    func laggingMember() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.events([50]))
        watch.lose()
        watch.handle(.opened)
        #expect(watch.receive(.created(revision: 40)).isConfirmation)
        #expect(watch.handle(.confirmed(ResponseHeader(clusterID: 7, revision: 50), seen: 50)).isReceipt)
        watch.receive(.events([51]))
        #expect(watch.revisions == [[50], [51]])
    }

    @Test("A store that can't be asked is a break")
    func notConfirmed() {
        var watch = DrivenWatch(start: 10)
        watch.handle(.opened)
        #expect(watch.receive(.created(revision: 5)).isConfirmation)
        #expect(watch.handle(.notConfirmed(EtcdError(.unavailable, message: ""), jitter: 0.5)).wait == .milliseconds(10))
        #expect(watch.open() == 10)
    }

    @Test("A created answer without a revision says nothing")
    func emptyHeader() {
        var watch = DrivenWatch(start: 10)
        watch.handle(.opened)
        #expect(watch.receive(.created(revision: 0, clusterID: 0)).isReceipt)
    }
}
