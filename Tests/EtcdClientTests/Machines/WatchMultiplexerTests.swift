//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import GRPCTransport
import Testing

@testable import EtcdClient

/// A machine with shorthands for what happens to it. Requests are told apart by their one byte, the watcher's number.
private struct Stream {
    var machine = WatchMultiplexerStateMachine()
    /// What was written, in words.
    private(set) var written: [String] = []
    private(set) var action = WatchMultiplexerStateMachine.Action.none
    private(set) var isReset = false

    @discardableResult
    mutating func handle(_ event: WatchMultiplexerStateMachine.Event) -> String {
        action = machine.handle(event)
        if machine.hangsUp() { isReset = true }
        written += machine.takeOutbox().map(Self.name)
        return Self.name(action)
    }

    @discardableResult
    mutating func create(_ watcher: UInt64) -> String { handle(.create(watcher, request: [UInt8(watcher)])) }

    /// Asks for watchers that the server makes, with the IDs 0, 1, 2 …
    mutating func open(_ watchers: UInt64..., revision: Int64 = 100, clusterID: UInt64 = 0) {
        for watcher in watchers { create(watcher) }
        handle(.opened)
        for id in watchers.indices { created(Int64(id), revision: revision, clusterID: clusterID) }
    }

    @discardableResult
    mutating func created(_ id: Int64, revision: Int64 = 100, clusterID: UInt64 = 0) -> String {
        handle(.message(WatchMessage(header: ResponseHeader(clusterID: clusterID, revision: revision), watchID: id, created: true)))
    }

    @discardableResult
    mutating func refused(_ reason: String, id: Int64 = -1) -> String {
        handle(.message(WatchMessage(watchID: id, created: true, canceled: true, cancelReason: reason)))
    }

    @discardableResult
    mutating func events(_ id: Int64) -> String {
        handle(.message(WatchMessage(watchID: id, events: [WatchEvent(type: .put, kv: KeyValue(modRevision: 5))])))
    }

    @discardableResult
    mutating func progress(_ revision: Int64, id: Int64 = -1) -> String {
        handle(.message(WatchMessage(header: ResponseHeader(revision: revision), watchID: id)))
    }

    @discardableResult
    mutating func lose(_ error: GRPCError? = nil, lived: Duration = .zero) -> String { handle(.broken(error, lived: lived, jitter: 0.5)) }

    static func name(_ action: WatchMultiplexerStateMachine.Action) -> String {
        switch action {
        case .none: ""
        case .open: "open"
        case .abandon: "abandon"
        case .deliver(let watcher): "deliver \(watcher)"
        case .broadcast(let watchers): "broadcast \(watchers.sorted())"
        case .refuse(let watcher, let moving, let isOfToken):
            "refuse \(watcher.map(String.init) ?? "nobody") \(moving)" + (isOfToken ? "" : " with the same token")
        case .tell(let watchers, let error): "tell \(watchers.sorted()) \(error?.code.description ?? "end")"
        }
    }

    private static func name(_ request: [UInt8]) -> String {
        if request.count == 1 { return "create \(request[0])" }
        if request == WatchMessage.progressRequest { return "progress" }
        if request == WatchMessage.probe { return "probe" }
        if request == WatchMessage.probeWithID { return "probe with ID" }
        return request.first == 0x12 ? "cancel \(request.last ?? 0)" : "?"
    }
}

@Suite("How many watchers share a stream")
struct WatchMultiplexerTests {
    // MARK: Creates

    @Test("Nothing is opened before somebody wants it, and watchers are made one at a time, in order")
    func creates() {
        var stream = Stream()
        #expect(!stream.machine.wantsStream)
        #expect(stream.create(1) == "open")
        #expect(stream.create(2) == "")
        #expect(stream.create(3) == "")
        #expect(stream.written == [])
        stream.handle(.opened)
        #expect(stream.written == ["create 1"])
        #expect(stream.created(7) == "deliver 1")
        #expect(stream.written == ["create 1", "create 2"])
        // Others' events don't disturb the order.
        #expect(stream.events(7) == "deliver 1")
        #expect(stream.created(9) == "deliver 2")
        #expect(stream.created(8) == "deliver 3")
        #expect(stream.events(8) == "deliver 3")
        #expect(stream.events(9) == "deliver 2")
        #expect(stream.written == ["create 1", "create 2", "create 3"])
    }

    @Test("A refused watcher is alone with it", arguments: ["mvcc: watcher range is empty", "etcdserver: permission denied"])
    func refused(reason: String) {
        var stream = Stream()
        stream.open(1)
        stream.create(2)
        stream.create(3)
        #expect(stream.refused(reason) == "deliver 2")
        #expect(stream.created(1) == "deliver 3")
        #expect(stream.events(0) == "deliver 1")
        #expect(!stream.machine.isRetired)
        #expect(!stream.isReset)
    }

    @Test("A refusal that leaves nobody resets the stream")
    func refusedAlone() {
        var stream = Stream()
        stream.create(1)
        stream.handle(.opened)
        stream.refused("mvcc: watcher range is empty")
        #expect(stream.isReset)
    }

    @Test(
        "A token that ended retires the stream: those on it stay, those who wait move, and nobody new is taken",
        arguments: [
            "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
            "rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old",
            "rpc error: code = InvalidArgument desc = etcdserver: user name is empty", "etcdserver: invalid auth token",
        ])
    func expired(reason: String) {
        var stream = Stream()
        stream.open(1)
        for watcher in 2...4 as ClosedRange<UInt64> { stream.create(watcher) }
        #expect(stream.refused(reason) == "refuse 2 [3, 4]")
        #expect(!stream.machine.isOwedAnswer)
        #expect(stream.machine.isRetired)
        #expect(stream.events(0) == "deliver 1")
        #expect(stream.create(5) == "tell [5] end")
        #expect(!stream.isReset)
        stream.handle(.leave(1))
        #expect(stream.isReset)
    }

    @Test("An ID given twice is a server gone wrong")
    func twice() {
        var stream = Stream()
        stream.open(1)
        stream.create(2)
        #expect(stream.created(0) == "abandon")
    }

    // MARK: Leaving

    @Test("Who leaves is cancelled at the server, once, and hears nothing more")
    func leaving() {
        var stream = Stream()
        stream.open(1, 2)
        stream.handle(.leave(1))
        stream.handle(.leave(1))
        #expect(stream.written.suffix(1) == ["cancel 0"])
        #expect(stream.events(0) == "")
        #expect(stream.handle(.message(WatchMessage(watchID: 0, canceled: true))) == "")
        #expect(stream.events(0) == "")
        #expect(stream.written.count { $0.hasPrefix("cancel") } == 1)
        #expect(stream.events(1) == "deliver 2")
    }

    @Test("Who leaves before the server has answered is cancelled when it does")
    func leavingEarly() {
        var stream = Stream()
        stream.open(1)
        stream.create(2)
        stream.create(3)
        stream.create(4)
        stream.handle(.leave(2))
        stream.handle(.leave(3))
        #expect(stream.created(5) == "")
        #expect(stream.written.suffix(2) == ["cancel 5", "create 4"])
        #expect(stream.created(6) == "deliver 4")
    }

    @Test("When the last one leaves the stream is reset, and who comes meanwhile waits for the next")
    func lastOne() {
        var stream = Stream()
        stream.open(1)
        stream.handle(.leave(1))
        #expect(stream.isReset)
        #expect(stream.create(2) == "")
        #expect(stream.lose(GRPCError(code: .cancelled, message: "", disposition: .mayHaveExecuted, origin: .caller)) == "")
        #expect(stream.machine.wantsStream)
        #expect(stream.machine.pause == .zero)
        stream.handle(.opened)
        #expect(stream.written.last == "create 2")
    }

    @Test("Who leaves while the stream is opened leaves it to be reset")
    func leavingWhileOpening() {
        var stream = Stream()
        stream.create(1)
        stream.handle(.leave(1))
        #expect(!stream.isReset)
        stream.handle(.opened)
        #expect(stream.isReset)
        #expect(stream.written == [])
    }

    @Test("Who is too slow is cancelled, and may come back")
    func slow() {
        var stream = Stream()
        stream.open(1, 2)
        stream.handle(.overflowed(1))
        #expect(stream.written.last == "cancel 0")
        #expect(stream.events(0) == "")
        stream.create(3)
        #expect(stream.created(2) == "deliver 3")
    }

    @Test("Events of a watcher that nobody asked for are answered by one cancel")
    func strays() {
        var stream = Stream()
        stream.open(1)
        for _ in 0..<3 { #expect(stream.events(44) == "") }
        #expect(stream.created(45) == "")
        #expect(stream.written == ["create 1", "cancel 44", "cancel 45"])
    }

    @Test("A watcher that the server ends is told, and is gone")
    func ended() {
        var stream = Stream()
        stream.open(1, 2)
        #expect(stream.handle(.message(WatchMessage(watchID: 1, canceled: true, compactRevision: 9))) == "deliver 2")
        stream.handle(.leave(2))
        #expect(!stream.written.contains { $0.hasPrefix("cancel") })
        #expect(!stream.isReset)
    }

    // MARK: Breaks

    @Test("A break is told to all, whether they were made, are being made, or wait")
    func breaks() {
        var stream = Stream()
        stream.open(1)
        stream.create(2)
        stream.create(3)
        let error = GRPCError(code: .unavailable, message: "", disposition: .mayHaveExecuted, origin: .connection)
        #expect(stream.lose(error) == "tell [1, 2, 3] UNAVAILABLE")
        #expect(!stream.machine.isOwedAnswer)
        #expect(stream.create(4) == "open")
        stream.handle(.opened)
        // The IDs of the old stream say nothing on the new one.
        #expect(stream.events(0) == "")
        #expect(stream.created(0) == "deliver 4")
    }

    @Test("Streams that break are opened after longer and longer waits, until something is heard")
    func backoff() {
        var stream = Stream()
        var pauses: [Duration] = []
        for watcher in 1...9 as ClosedRange<UInt64> {
            stream.create(watcher)
            stream.handle(.opened)
            stream.lose()
            pauses.append(stream.machine.pause)
        }
        #expect(pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 1280].map { .milliseconds($0) })
        stream.open(10)
        stream.events(0)
        stream.lose()
        #expect(stream.machine.pause == .milliseconds(10))
        stream.lose(lived: .seconds(5))
        #expect(stream.machine.pause == .milliseconds(10))
    }

    @Test("A server that leaves is left at once, but not in a loop")
    func goingAway() {
        let leaving = GRPCError(code: .unavailable, message: "", disposition: .mayHaveExecuted, origin: .serverGoingAway)
        var stream = Stream()
        stream.open(1)
        stream.lose(leaving)
        #expect(stream.machine.pause == .zero)
        stream.open(2)
        stream.lose(leaving)
        #expect(stream.machine.pause > .zero)
    }

    @Test("What can't be read ends the stream: whose it was can't be told")
    func malformed() {
        var stream = Stream()
        stream.open(1)
        #expect(stream.handle(.malformed(MalformedMessage(reason: "truncated number"))) == "abandon")
    }

    // MARK: Progress

    @Test("Progress of the stream is everybody's, a watcher's own is its own")
    func progress() {
        var stream = Stream()
        stream.open(1, 2)
        stream.handle(.progressWanted)
        #expect(stream.written.last == "progress")
        #expect(stream.progress(100) == "broadcast [1, 2]")
        #expect(stream.progress(101, id: 1) == "deliver 2")
    }

    @Test("An answer that may be older than a watcher isn't that watcher's")
    func earlierProgress() {
        var stream = Stream()
        stream.open(1, revision: 100)
        stream.events(0)
        stream.handle(.progressWanted)
        stream.create(2)
        stream.created(1, revision: 105)
        // Asked before the second was made, and its revision doesn't say that it was answered later.
        #expect(stream.progress(105) == "broadcast [1]")
        // Of a revision that wasn't there when it was made.
        #expect(stream.progress(106) == "broadcast [1, 2]")
        #expect(stream.progress(106) == "broadcast [1, 2]")
    }

    @Test("An answer to a later request, or in line with a watcher's events, is that watcher's", arguments: [true, false])
    func laterProgress(byEvent: Bool) {
        var stream = Stream()
        stream.open(1, revision: 100)
        stream.events(0)
        stream.handle(.progressWanted)
        stream.create(2)
        stream.created(1, revision: 100)
        if byEvent {
            stream.events(1)
        } else {
            #expect(stream.progress(100) == "broadcast [1]")
            stream.handle(.progressWanted)
        }
        #expect(stream.progress(100) == "broadcast [1, 2]")
    }

    @Test("Progress that is wanted before there's a watcher is asked for afterwards")
    func progressTooEarly() {
        var stream = Stream()
        stream.handle(.progressWanted)
        stream.create(1)
        stream.handle(.opened)
        #expect(stream.written == ["create 1"])
        stream.created(0)
        #expect(stream.written == ["create 1", "progress"])
    }

    @Test("Answers to creates and probes are counted, and nothing else is")
    func answers() {
        var stream = Stream()
        stream.open(1, 2)
        #expect(stream.machine.answers == 2)
        stream.events(0)
        stream.progress(100)
        // Not asked for.
        stream.created(9)
        #expect(stream.machine.answers == 2)
        stream.create(3)
        stream.refused("mvcc: watcher range is empty")
        stream.handle(.probeWanted)
        stream.refused("mvcc: watcher range is empty")
        #expect(stream.machine.answers == 4)
    }

    @Test("What waits to be sent is bounded, however many watchers a server speaks of that nobody asked for", arguments: [true, false])
    func manyStrays(isCreated: Bool) {
        var machine = WatchMultiplexerStateMachine()
        _ = machine.handle(.create(1, request: [1]))
        _ = machine.handle(.opened)
        _ = machine.handle(.message(WatchMessage(watchID: 0, created: true)))
        _ = machine.takeOutbox()
        let limit = WatchMultiplexerStateMachine.maximumStrayCancels
        for id in 1...Int64(3 * limit) { _ = machine.handle(.message(WatchMessage(watchID: id, created: isCreated))) }
        #expect(machine.takeOutbox().count == limit)
        // What was too much is told when there's room again.
        _ = machine.handle(.message(WatchMessage(watchID: Int64(3 * limit), created: isCreated)))
        #expect(machine.takeOutbox() == [WatchMessage.cancelRequest(Int64(3 * limit))])
    }

    @Test("However many watchers leave at once, each is ended")
    func manyLeave() {
        var machine = WatchMultiplexerStateMachine()
        let watchers = 1...UInt64(2 * WatchMultiplexerStateMachine.maximumStrayCancels)
        for watcher in watchers { _ = machine.handle(.create(watcher, request: [1])) }
        _ = machine.handle(.opened)
        for watcher in watchers { _ = machine.handle(.message(WatchMessage(watchID: Int64(watcher), created: true))) }
        _ = machine.takeOutbox()
        for watcher in watchers { _ = machine.handle(.leave(watcher)) }
        #expect(machine.takeOutbox() == watchers.map { WatchMessage.cancelRequest(Int64($0)) })
    }

    // MARK: Writing

    @Test("A cancel request is what protobuf makes of it", arguments: [0, 1, 127, 128, 300, 1 << 40, .max] as [Int64])
    func cancelRequest(id: Int64) {
        var writer = WireWriter()
        writer.message(2) { $0.number(1, UInt64(id)) }
        #expect(WatchMessage.cancelRequest(id) == writer.bytes)
    }

    @Test("A watcher whose ID a server refuses another with is made again, since it won't be heard of any more")
    func refusedWithID() {
        var stream = Stream()
        stream.open(1, 2)
        stream.create(3)
        #expect(stream.refused("etcdserver: permission denied", id: 0) == "refuse 3 [1] with the same token")
        #expect(stream.written.last == "cancel 0" && !stream.machine.isRetired)
        // What is still said of it isn't anybody's.
        #expect(stream.events(0) == "" && stream.events(1) == "deliver 2")
        stream.create(4)
        #expect(stream.created(2) == "deliver 4")
        stream.create(5)
        #expect(stream.refused("etcdserver: permission denied", id: 0) == "deliver 5")
        stream.create(6)
        stream.create(7)
        #expect(stream.refused("etcdserver: invalid auth token", id: 2) == "refuse 6 [4, 7]" && stream.machine.isRetired)
    }

    // MARK: Probes

    @Test("A probe is owed an answer, and holds up the next create until then, whatever it is answered with", arguments: [true, false])
    func probe(isRefused: Bool) {
        var stream = Stream()
        stream.open(1)
        stream.handle(.probeWanted)
        #expect(stream.machine.isOwedAnswer)
        stream.create(2)
        #expect(stream.written == ["create 1", "probe"])
        #expect(stream.events(0) == "deliver 1")
        if isRefused { stream.refused("etcdserver: permission denied") } else { stream.created(9) }
        #expect(stream.written == ["create 1", "probe"] + (isRefused ? [] : ["cancel 9"]) + ["create 2"])
        #expect(stream.created(1) == "deliver 2")
        #expect(!stream.machine.isOwedAnswer && !stream.machine.isRetired)
    }

    @Test("etcd is probed with an ID that no watcher has, and what only speaks like it with none", arguments: [0, 7] as [UInt64])
    func probeID(clusterID: UInt64) {
        var stream = Stream()
        stream.open(1, clusterID: clusterID)
        stream.handle(.probeWanted)
        let probe = clusterID == 0 ? "probe" : "probe with ID"
        #expect(stream.written == ["create 1", probe])
        // As old servers answer it, and new ones, and one that makes a watcher of it each time.
        #expect(stream.refused("etcdserver: permission denied", id: 1 << 62) == "" && !stream.machine.isOwedAnswer)
        stream.handle(.probeWanted)
        #expect(stream.refused("mvcc: watcher range is empty") == "" && !stream.machine.isOwedAnswer)
        for _ in 0..<2 {
            stream.handle(.probeWanted)
            #expect(stream.created(1 << 62) == "" && !stream.machine.isOwedAnswer)
        }
        #expect(stream.written == ["create 1", probe, probe, probe, "cancel 64", probe, "cancel 64"])
        #expect(stream.events(0) == "deliver 1")
        stream.lose()
        stream.open(2)
        stream.handle(.probeWanted)
        #expect(stream.written.last == "probe")
    }

    @Test("A probe is what protobuf makes of it")
    func probeRequests() {
        for (bytes, id) in [(WatchMessage.probe, nil), (WatchMessage.probeWithID, 1 << 62)] as [([UInt8], UInt64?)] {
            var writer = WireWriter()
            writer.message(1) { create in
                create.data(1, "b")
                create.data(2, "a")
                if let id { create.number(7, id) }
            }
            #expect(bytes == writer.bytes)
        }
    }

    @Test("A probe that is refused for want of a valid token costs nobody the stream")
    func probeWithoutToken() {
        var stream = Stream()
        stream.open(1)
        stream.handle(.probeWanted)
        #expect(stream.refused("etcdserver: invalid auth token") == "")
        #expect(!stream.machine.isRetired)
    }

    @Test("While a create is under way nothing else is asked, and without a stream nothing")
    func probeInVain() {
        var stream = Stream()
        stream.handle(.probeWanted)
        stream.create(1)
        stream.handle(.opened)
        stream.handle(.probeWanted)
        #expect(stream.written == ["create 1"])
        stream.created(0)
        stream.lose()
        stream.handle(.probeWanted)
        #expect(!stream.machine.isOwedAnswer && stream.written == ["create 1"])
    }
}
