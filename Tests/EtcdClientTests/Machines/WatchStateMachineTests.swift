//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

/// A machine and what it wanted last, with shorthands for what happens to it.
private struct Driven {
    var machine: WatchStateMachine
    var delivered: [WatchBatch] = []
    var error: EtcdError?
    private(set) var action = WatchStateMachine.Action.open(after: .zero)

    init(
        start: Int64, clusterID: UInt64 = 0, fragment: Bool = false, isShared: Bool = false, canAuthenticate: Bool = false,
        endsWithoutLeader: Bool = false
    ) {
        machine = WatchStateMachine(
            range: .prefix("/a/"), startRevision: start, clusterID: clusterID, fragment: fragment, isShared: isShared,
            canAuthenticate: canAuthenticate, endsWithoutLeader: endsWithoutLeader)
    }

    @discardableResult
    mutating func handle(_ event: WatchStateMachine.Event) -> WatchStateMachine.Action {
        action = machine.handle(event)
        switch action {
        case .deliver(let batch): delivered.append(batch)
        case .end(let error): self.error = error
        default: break
        }
        return action
    }

    @discardableResult
    mutating func receive(_ message: WatchMessage) -> WatchStateMachine.Action { handle(.message(message)) }

    /// Opens a stream and has the watcher made; gives the start revision that the server was asked for.
    @discardableResult
    mutating func open(serverRevision: Int64 = 1000, clusterID: UInt64 = 7) -> Int64? {
        guard case .create(let start, _) = handle(.opened) else { return nil }
        receive(.created(revision: serverRevision, clusterID: clusterID))
        return start
    }

    @discardableResult
    mutating func lose(_ error: GRPCError? = .lost, lived: Duration = .zero, jitter: Double = 0.5) -> WatchStateMachine.Action {
        handle(.broken(error, lived: lived, jitter: jitter))
    }

    var revisions: [[Int64]] { delivered.map { $0.events.map(\.revision) } }
}

extension GRPCError {
    fileprivate static let lost = GRPCError(code: .unavailable, message: "reset", disposition: .mayHaveExecuted, origin: .connection)

    fileprivate init(_ code: GRPCStatusCode, _ message: String = "", _ origin: Origin = .server) {
        self.init(code: code, message: message, disposition: .mayHaveExecuted, origin: origin)
    }
}

extension WatchMessage {
    fileprivate static func created(revision: Int64 = 1000, clusterID: UInt64 = 7) -> WatchMessage {
        WatchMessage(header: ResponseHeader(clusterID: clusterID, revision: revision), watchID: 3, created: true)
    }

    fileprivate static func events(_ revisions: [Int64], fragment: Bool = false, watchID: Int64 = 3) -> WatchMessage {
        WatchMessage(
            header: ResponseHeader(clusterID: 7, revision: 1000), watchID: watchID, fragment: fragment,
            events: revisions.enumerated().map { WatchEvent(type: .put, kv: KeyValue(key: [UInt8($0.offset)], modRevision: $0.element)) })
    }

    /// With a megabyte an event.
    fileprivate static func large(_ revisions: [Int64], fragment: Bool = false) -> WatchMessage {
        var message = events(revisions, fragment: fragment)
        for index in message.events.indices { message.events[index].kv.value = [UInt8](repeating: 1, count: 1 << 20) }
        return message
    }

    fileprivate static func progress(_ revision: Int64, watchID: Int64 = -1) -> WatchMessage {
        WatchMessage(header: ResponseHeader(clusterID: 7, revision: revision), watchID: watchID)
    }
}

extension WatchMessage {
    fileprivate static func refused(_ reason: String) -> WatchMessage {
        WatchMessage(watchID: -1, created: true, canceled: true, cancelReason: reason)
    }
}

private func isAuthenticate(_ action: WatchStateMachine.Action) -> Bool { if case .authenticate = action { true } else { false } }
private func isReceive(_ action: WatchStateMachine.Action) -> Bool { if case .receive = action { true } else { false } }
private func isConfirm(_ action: WatchStateMachine.Action) -> Bool { if case .confirmRevision = action { true } else { false } }
private func isRequest(_ action: WatchStateMachine.Action) -> Bool { if case .requestProgress = action { true } else { false } }
private func wait(_ action: WatchStateMachine.Action) -> Duration? { if case .open(let wait) = action { wait } else { nil } }

@Suite("How a watch goes on")
struct WatchStateMachineTests {
    // MARK: Resuming

    /// One session as a server holds it, with pieces, progress and several revisions in an answer.
    static let session: [(message: WatchMessage, delivers: Bool)] = [
        (.events([10]), true), (.events([11, 11, 12]), true), (.progress(20), true), (.events([21, 22], fragment: true), false),
        (.events([22, 22], fragment: true), false), (.events([22, 23]), true), (.progress(23, watchID: 3), true), (.events([24, 30]), true),
    ]

    @Test("After a break at any point the watch resumes at the next revision, and nothing is lost, doubled or torn", arguments: 0...session.count)
    func cut(point: Int) {
        var watch = Driven(start: 10)
        #expect(watch.open() == 10)
        for step in Self.session[..<point] { watch.receive(step.message) }
        let before = watch.machine.nextRevision
        #expect(wait(watch.lose()) != nil)

        // The new server answers from the revision that it's asked for.
        let start = watch.open()
        #expect(start == before)
        for event in Self.session.flatMap(\.message.events).map(\.revision).reduce(into: [[Int64]](), Self.groupByRevision)
        where event[0] >= before { watch.receive(.events(event)) }

        #expect(watch.error == nil)
        #expect(watch.delivered.flatMap(\.events).map(\.revision) == [10, 11, 11, 12, 21, 22, 22, 22, 22, 23, 24, 30])
        for batch in watch.delivered where !batch.isProgress { #expect(batch.revision == batch.events.last?.revision) }
        // No revision is spread over two batches.
        let edges = zip(watch.delivered.filter { !$0.isProgress }, watch.delivered.filter { !$0.isProgress }.dropFirst())
        for (earlier, later) in edges { #expect(earlier.revision < later.events[0].revision) }
    }

    private static func groupByRevision(_ groups: inout [[Int64]], _ revision: Int64) {
        if groups.last?.last == revision { groups[groups.count - 1].append(revision) } else { groups.append([revision]) }
    }

    @Test("A break before the watcher is made, or while it's made, changes nothing")
    func earlyBreaks() {
        var watch = Driven(start: 10)
        watch.lose()
        watch.handle(.opened)
        watch.lose()
        #expect(watch.open() == 10)
        watch.receive(.events([10]))
        #expect(watch.revisions == [[10]])
    }

    @Test("A server that is done, without an error, is a break like others")
    func endedStream() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.events([10]))
        #expect(wait(watch.lose(nil)) != nil)
        #expect(watch.open() == 11)
    }

    @Test("Events below the revision that was asked for are dropped")
    func duplicates() {
        var watch = Driven(start: 10)
        watch.open()
        #expect(isReceive(watch.receive(.events([7, 8]))))
        watch.receive(.events([9, 10, 10, 11]))
        #expect(watch.revisions == [[10, 10, 11]])
        #expect(isReceive(watch.receive(.events([11]))))
        #expect(watch.error == nil)
    }

    @Test("Events of other watchers are none of ours")
    func foreignWatcher() {
        var watch = Driven(start: 10)
        watch.open()
        #expect(isReceive(watch.receive(.events([10], watchID: 4))))
        #expect(isReceive(watch.receive(.progress(50, watchID: 4))))
        #expect(watch.machine.nextRevision == 10)
    }

    // MARK: Fragments

    @Test("Pieces are joined before anything is delivered, and count for nothing until then")
    func fragments() {
        var watch = Driven(start: 10)
        watch.open()
        #expect(isReceive(watch.receive(.events([10, 10], fragment: true))))
        #expect(isReceive(watch.receive(.progress(15))), "it would promise what hasn't been delivered")
        #expect(watch.machine.nextRevision == 10)
        watch.receive(.events([10, 11]))
        #expect(watch.revisions == [[10, 10, 10, 11]])
    }

    @Test("A stream that breaks between pieces leaves none of them behind")
    func brokenFragments() {
        var watch = Driven(start: 10, fragment: true)
        watch.open()
        watch.receive(.events([10, 10], fragment: true))
        watch.lose()
        #expect(watch.open() == 10)
        watch.receive(.events([10, 10, 10]))
        #expect(watch.revisions == [[10, 10, 10]])
    }

    // MARK: Order

    @Test("Events that go back are a typed end", arguments: [[[12], [11]], [[12, 11]], [[12, 13, 12]]] as [[[Int64]]])
    func decreasing(messages: [[Int64]]) {
        var watch = Driven(start: 10)
        watch.open()
        for message in messages { watch.receive(.events(message)) }
        #expect(watch.error?.code == .orderViolation)
        #expect(watch.error?.message.contains("/a/") == true)
    }

    @Test("An event at or below reported progress is a typed end, never a silent loss")
    func belowProgress() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.progress(20))
        watch.receive(.events([20]))
        #expect(watch.error?.code == .orderViolation)
    }

    @Test("On a new stream older events are repetitions, not disorder")
    func orderIsPerStream() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.events([20]))
        watch.lose()
        watch.open()
        watch.receive(.events([19]))
        watch.receive(.events([21]))
        #expect(watch.error == nil)
        #expect(watch.revisions == [[20], [21]])
    }

    // MARK: Progress

    @Test("Progress is delivered with its revision, and moves the place to resume at")
    func progress() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.progress(9))
        watch.receive(.progress(14, watchID: 3))
        #expect(watch.delivered.map(\.revision) == [9, 14])
        #expect(watch.delivered.allSatisfy { $0.isProgress })
        watch.lose()
        #expect(watch.open() == 15)
    }

    @Test("Progress never goes back: a lagging member's is no news")
    func oldProgress() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.progress(20))
        #expect(isReceive(watch.receive(.progress(15))))
        #expect(watch.machine.nextRevision == 21)
    }

    @Test("A request for progress goes out at once on a live stream, and with the next one otherwise")
    func requestProgress() {
        var watch = Driven(start: 10)
        if case .none = watch.handle(.progressWanted) {} else { Issue.record("\(watch.action)") }
        watch.handle(.opened)
        #expect(isRequest(watch.receive(.created())))
        #expect(isRequest(watch.handle(.progressWanted)))
        watch.lose()
        watch.handle(.opened)
        #expect(isReceive(watch.receive(.created())), "what was sent once isn't sent again")
    }

    // MARK: Ends

    @Test("A compacted revision ends the watch and says what is left")
    func compacted() {
        var watch = Driven(start: 10)
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
        var watch = Driven(start: 10)
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
        var watch = Driven(start: 10)
        watch.open()
        let action = watch.lose(error)
        #expect(watch.error?.code == code)
        #expect((wait(action) == nil) == (code != nil))
    }

    @Test("A message that can't be read ends the watch")
    func malformed() {
        var watch = Driven(start: 10)
        watch.open()
        watch.handle(.malformed(MalformedMessage(reason: "truncated number")))
        #expect(watch.error?.code == .malformedResponse)
    }

    @Test("Events before the watcher is made end the watch: whose they are can't be told")
    func eventsTooEarly() {
        var watch = Driven(start: 10)
        watch.handle(.opened)
        watch.receive(.events([10]))
        #expect(watch.error?.code == .malformedResponse)
    }

    // MARK: Another store

    @Test("Another cluster ends the watch, whenever it shows", arguments: [false, true])
    func otherCluster(known: Bool) {
        var watch = Driven(start: 10, clusterID: known ? 7 : 0)
        watch.open()
        watch.receive(.events([10]))
        watch.lose()
        watch.open(clusterID: 8)
        #expect(watch.error?.code == .historyLost)
    }

    @Test("A member behind what was seen is asked about, and a store behind it ends the watch")
    func olderStore() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.events([50]))
        watch.lose()
        watch.handle(.opened)
        #expect(isConfirm(watch.receive(.created(revision: 49))))
        watch.handle(.confirmed(ResponseHeader(clusterID: 7, revision: 49), seen: 0))
        #expect(watch.error?.code == .historyLost)
    }

    @Test("A start that the store hasn't reached is another store's if the client has seen it, and the future's if it hasn't", arguments: [99, 100])
    func startBeyondTheStore(seen: Int64) {
        var watch = Driven(start: 101)
        watch.handle(.opened)
        #expect(isConfirm(watch.receive(.created(revision: 49))))
        watch.handle(.confirmed(ResponseHeader(clusterID: 7, revision: 50), seen: seen))
        #expect(watch.error?.code == (seen == 100 ? .historyLost : .futureRevision))
    }

    @Test("The answer to a probe says nothing, and a watcher that was made of it is ended")
    func probeAnswers() {
        var watch = Driven(start: 10)
        watch.open()
        var answer = WatchMessage(header: ResponseHeader(clusterID: 7, revision: 1000), watchID: -1, created: true, canceled: true)
        answer.cancelReason = "etcdserver: permission denied"
        #expect(isReceive(watch.receive(answer)))
        (answer.watchID, answer.canceled) = (8, false)
        guard case .dismiss(8) = watch.receive(answer) else { return #expect(Bool(false), "\(watch.action)") }
        watch.receive(.events([50]))
        #expect(watch.revisions == [[50]])
    }

    @Test("A stream of its own is probed with an ID where the server that made the watcher names its cluster, and else with none")
    func probeID() {
        var watch = Driven(start: 10)
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
        var watch = Driven(start: 10, endsWithoutLeader: ends)
        watch.open()
        let action = watch.lose(GRPCError(.unavailable, "etcdserver: no leader"))
        #expect(watch.error?.code == (ends ? .noLeader : nil))
        guard !ends else { return }
        guard case .open = action else { return #expect(Bool(false), "\(action)") }
    }

    @Test("What the caller did wrong isn't called a cancelled task")
    func callersMistake() {
        var watch = Driven(start: 10)
        watch.open()
        watch.lose(GRPCError(.internal, "the path or the metadata may not be sent", .caller))
        #expect(watch.error?.code == .invalidArgument && watch.error?.message.contains("may not be sent") == true)
    }

    @Test("A member that only lags is waited for")
    func laggingMember() {
        var watch = Driven(start: 10)
        watch.open()
        watch.receive(.events([50]))
        watch.lose()
        watch.handle(.opened)
        #expect(isConfirm(watch.receive(.created(revision: 40))))
        #expect(isReceive(watch.handle(.confirmed(ResponseHeader(clusterID: 7, revision: 50), seen: 50))))
        watch.receive(.events([51]))
        #expect(watch.revisions == [[50], [51]])
    }

    @Test("A store that can't be asked is a break")
    func notConfirmed() {
        var watch = Driven(start: 10)
        watch.handle(.opened)
        #expect(isConfirm(watch.receive(.created(revision: 5))))
        #expect(wait(watch.handle(.notConfirmed(EtcdError(.unavailable, message: ""), jitter: 0.5))) == .milliseconds(10))
        #expect(watch.open() == 10)
    }

    @Test("A created answer without a revision says nothing")
    func emptyHeader() {
        var watch = Driven(start: 10)
        watch.handle(.opened)
        #expect(isReceive(watch.receive(.created(revision: 0, clusterID: 0))))
    }

    // MARK: Backoff

    @Test("Waits double up to a bound and begin anew when something was heard")
    func backoff() {
        var watch = Driven(start: 10)
        var waits: [Duration?] = []
        for _ in 0..<10 {
            waits.append(wait(watch.lose()))
            watch.open()
        }
        #expect(waits == [10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280].map { .milliseconds($0) })
        watch.receive(.events([10]))
        #expect(wait(watch.lose(jitter: 0)) == .milliseconds(5))
    }

    @Test("A stream that lived for a while begins the waits anew, even when nothing happened on it")
    func livedStream() {
        var watch = Driven(start: 10)
        for _ in 0..<5 { watch.lose() }
        #expect(wait(watch.lose(lived: .seconds(2))) == .milliseconds(10))
    }

    @Test("A server that leaves is left at once, but not in a loop")
    func goingAway() {
        var watch = Driven(start: 10)
        watch.open()
        let leaving = GRPCError(.unavailable, "", .serverGoingAway)
        #expect(wait(watch.lose(leaving)) == .zero)
        #expect(wait(watch.lose(leaving)) == .milliseconds(20))
    }

    @Test("An answer above the limit is asked for in pieces, once", arguments: [GRPCError.Origin.protocolViolation, .server])
    func tooLarge(origin: GRPCError.Origin) {
        var watch = Driven(start: 10)
        watch.open()
        let error = GRPCError(.resourceExhausted, "trying to send message larger than max (9 vs. 8)", origin)
        #expect(wait(watch.lose(error)) == .zero)
        guard case .create(10, fragment: true) = watch.handle(.opened) else {
            Issue.record("\(watch.action)")
            return
        }
        watch.receive(.created())
        watch.lose(error)
        #expect(watch.error?.code == .responseTooLarge)
    }

    // MARK: Long answers in pieces

    @Test("Of pieces that are too many to hold what is whole is delivered, and no revision is torn")
    func manyPieces() {
        var watch = Driven(start: 10)
        watch.open()
        for revision in 10..<30 as Range<Int64> { watch.receive(.large([revision, revision + 1], fragment: true)) }
        watch.receive(.large([30, 30]))
        #expect(watch.error == nil)
        #expect(watch.delivered.count > 3, "two megabytes a piece")
        var expected: [Int64] = []
        for revision in 10..<30 as Range<Int64> { expected += [revision, revision + 1] }
        #expect(watch.revisions.flatMap { $0 } == expected + [30, 30])
        for (earlier, later) in zip(watch.delivered, watch.delivered.dropFirst()) { #expect(earlier.revision < later.events[0].revision) }
    }

    @Test("A break between pieces resumes after what was whole")
    func brokenManyPieces() {
        var watch = Driven(start: 10)
        watch.open()
        for revision in 10..<20 as Range<Int64> { watch.receive(.large([revision, revision], fragment: true)) }
        let next = watch.machine.nextRevision
        #expect(next > 10 && next < 20)
        watch.lose()
        #expect(watch.open() == next)
    }

    @Test("A revision that no number can follow isn't believed", arguments: [true, false])
    func lastRevision(inHeader: Bool) {
        var watch = Driven(start: 10)
        watch.open()
        if inHeader { watch.receive(.progress(.max)) } else { watch.receive(.events([.max])) }
        #expect(watch.error?.code == .malformedResponse)
        #expect(watch.delivered.isEmpty)
    }

    // MARK: Shared streams

    @Test("A consumer that was too slow goes on where it is, with what it has taken of a revision forgotten")
    func dropped() {
        var watch = Driven(start: 10, isShared: true)
        watch.open()
        watch.receive(.events([10]))
        watch.receive(.events([11], fragment: true))
        #expect(wait(watch.handle(.dropped)) == .zero)
        #expect(watch.open() == 11)
        watch.receive(.events([11, 11]))
        #expect(watch.revisions == [[10], [11, 11]])
    }

    @Test(
        "What one watch may have caused moves each to a stream of its own, where the one that did ends",
        arguments: [
            GRPCError(.resourceExhausted, "", .protocolViolation), GRPCError(.internal, "can't be read", .protocolViolation),
            GRPCError(.resourceExhausted, "trying to send message larger than max (9 vs. 8)"),
        ])
    func isolation(error: GRPCError) {
        var watch = Driven(start: 10, fragment: true, isShared: true)
        watch.open()
        #expect(wait(watch.lose(error)) != nil)
        #expect(!watch.machine.isShared)
        watch.open()
        watch.lose(error)
        if error.code == .resourceExhausted { #expect(watch.error?.code == .responseTooLarge) } else { #expect(watch.error == nil) }
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
        var watch = Driven(start: 10, canAuthenticate: true)
        watch.handle(.opened)
        #expect(isAuthenticate(watch.receive(.refused(reason))))
        #expect(wait(watch.handle(.authenticated)) == .zero)
        #expect(watch.open() == 10)
        watch.receive(.events([10]))
        #expect(watch.revisions == [[10]])
    }

    @Test("Five refusals end the watch, one that isn't about the token the second time", arguments: [true, false])
    func refusedForGood(isExpired: Bool) {
        var watch = Driven(start: 10, isShared: true, canAuthenticate: true)
        var creates = 0
        while watch.error == nil, creates < 10 {
            creates += 1
            watch.handle(.opened)
            watch.receive(.refused(isExpired ? "etcdserver: invalid auth token" : "etcdserver: permission denied"))
            if isAuthenticate(watch.action) { watch.handle(.authenticated) }
        }
        #expect(creates == (isExpired ? 5 : 2))
        #expect(watch.error?.code == (isExpired ? .unauthenticated : .permissionDenied))
        #expect(watch.machine.isShared == isExpired, "others' stream isn't given up for a right that one lacks")
    }

    @Test("A watcher that was made has its refusals forgiven")
    func forgiven() {
        var watch = Driven(start: 10, canAuthenticate: true)
        for _ in 0..<5 {
            watch.handle(.opened)
            #expect(isAuthenticate(watch.receive(.refused("etcdserver: invalid auth token"))))
            watch.handle(.authenticated)
            watch.open()
            watch.lose()
        }
        #expect(watch.error == nil)
    }

    @Test("A stream that is refused for its token is opened with another, later and later, since a member may lag behind the one that gave it")
    func streamRefused() {
        var watch = Driven(start: 10, canAuthenticate: true)
        watch.handle(.opened)
        let error = GRPCError(.unauthenticated, "etcdserver: invalid auth token")
        for pause in [0, 100, 400, 1600] {
            #expect(isAuthenticate(watch.lose(error)))
            #expect(wait(watch.handle(.authenticated)) == .milliseconds(pause))
        }
        watch.lose(error)
        #expect(watch.error?.code == .unauthenticated)
    }
}
