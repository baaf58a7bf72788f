//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Watches without a server, driven by arbitrary bytes, and held to the guarantees of a watch: for fuzzing, and for tests.
///
/// The bytes are steps. A step is a byte that says what happens (its lowest three bits) and on which kind of stream (the fourth: set for one of the
/// watch's own), and what that needs: a message has two bytes of length, little-endian, and so many bytes; all other steps have one byte.
///
/// | bits | what happens | the byte |
/// |---|---|---|
/// | 0, 1, 2 | the server says something | |
/// | 3 | the stream breaks | the kind of error |
/// | 4 | a watch begins | its start revision, from 0 |
/// | 5 | a watch is cancelled | which |
/// | 6 | a watch's consumer is too slow | which |
/// | 7 | the store's revision, as reads tell it, changes; from 224 on a silent stream is probed instead | to what |
package struct WatchReassembly {
    typealias Watcher = WatchMultiplexerStateMachine.Watcher

    private struct Watch {
        var machine: WatchStateMachine
        var isShared: Bool
        var start: Int64
        var watcher: Watcher?
        var delivered: Int64
        var isOver = false
    }

    private static let maximumWatches = 32

    private var watches: [Watch] = []
    private var multiplexer = WatchMultiplexerStateMachine()
    private var lastWatcher: Watcher = 0
    private var storeRevision: Int64 = 0
    private var violation: String?

    /// Carries out the steps.
    /// - Returns: the guarantee that was broken; nil when none was.
    package static func violation(_ steps: UnsafeRawBufferPointer) -> String? {
        var reassembly = WatchReassembly()
        reassembly.begin(isShared: true, start: 1)
        reassembly.begin(isShared: false, start: 1)
        var rest = steps[...]
        while let step = rest.popFirst(), reassembly.violation == nil { reassembly.take(step, &rest) }
        return reassembly.violation
    }

    private mutating func take(_ step: UInt8, _ rest: inout Slice<UnsafeRawBufferPointer>) {
        let isOwn = step & 8 != 0
        guard step & 7 > 2 else {
            let length = Int(rest.popFirst() ?? 0) | Int(rest.popFirst() ?? 0) << 8
            let bytes = rest.prefix(length)
            rest = rest.dropFirst(length)
            return hear(UnsafeRawBufferPointer(rebasing: bytes), isOwn: isOwn)
        }
        let operand = rest.popFirst() ?? 0
        switch step & 7 {
        case 3: lose(Self.errors[Int(operand) % Self.errors.count], isOwn: isOwn)
        case 4: begin(isShared: !isOwn, start: Int64(operand) + 1)
        case 5: leave(Int(operand))
        case 6: overflow(Int(operand))
        case 7 where operand >= 224: if !isOwn { multiplex(.probeWanted) }
        default: storeRevision = Int64(operand)
        }
    }

    private static let errors: [GRPCError?] = [
        nil, .silent,
        GRPCError(code: .unavailable, message: "", disposition: .mayHaveExecuted, origin: .serverGoingAway),
        GRPCError(code: .unavailable, message: "etcdserver: no leader", disposition: .mayHaveExecuted, origin: .server),
        GRPCError(code: .resourceExhausted, message: "", disposition: .mayHaveExecuted, origin: .protocolViolation),
        GRPCError(code: .unauthenticated, message: "etcdserver: invalid auth token", disposition: .mayHaveExecuted, origin: .server),
        GRPCError(code: .cancelled, message: "", disposition: .mayHaveExecuted, origin: .caller),
    ]

    // MARK: Steps

    private mutating func begin(isShared: Bool, start: Int64) {
        guard watches.count < Self.maximumWatches else { return }
        let machine = WatchStateMachine(
            range: .prefix("/"), startRevision: start, clusterID: 0, fragment: isShared, isShared: isShared, canAuthenticate: true)
        watches.append(Watch(machine: machine, isShared: isShared, start: start, delivered: start - 1))
        carryOut(.open(after: .zero), of: watches.count - 1)
    }

    private mutating func hear(_ bytes: UnsafeRawBufferPointer, isOwn: Bool) {
        let message: Result<WatchMessage, MalformedMessage> = Result { () throws(MalformedMessage) in try WatchMessage(wire: bytes) }
        if isOwn {
            for index in watches.indices where !watches[index].isShared && !watches[index].isOver {
                switch message {
                case .success(let message): carryOut(watches[index].machine.handle(.message(message)), of: index)
                case .failure(let error): carryOut(watches[index].machine.handle(.malformed(error)), of: index)
                }
            }
        } else {
            switch message {
            case .success(let message): multiplex(.message(message))
            case .failure(let error): multiplex(.malformed(error))
            }
        }
    }

    private mutating func lose(_ error: GRPCError?, isOwn: Bool) {
        guard isOwn else { return multiplex(.broken(error, lived: .zero, jitter: 0)) }
        for index in watches.indices where !watches[index].isShared && !watches[index].isOver {
            carryOut(watches[index].machine.handle(.broken(error, lived: .zero, jitter: 0)), of: index)
        }
    }

    private mutating func leave(_ number: Int) {
        guard !watches.isEmpty else { return }
        let index = number % watches.count
        watches[index].isOver = true
        if let watcher = watches[index].watcher.take() { multiplex(.leave(watcher)) }
    }

    private mutating func overflow(_ number: Int) {
        guard !watches.isEmpty else { return }
        let index = number % watches.count
        guard watches[index].isShared, !watches[index].isOver, let watcher = watches[index].watcher.take() else { return }
        multiplex(.overflowed(watcher))
        carryOut(watches[index].machine.handle(.dropped), of: index)
    }

    // MARK: What comes of them

    private mutating func multiplex(_ event: WatchMultiplexerStateMachine.Event) {
        let action = multiplexer.handle(event)
        _ = multiplexer.takeOutbox()
        switch action {
        case .none: break
        case .open: multiplex(.opened)
        case .abandon(let error): multiplex(.broken(error, lived: .zero, jitter: 0))
        case .deliver(let watcher): deliver(event, to: watcher)
        case .broadcast(let watchers): for watcher in watchers { deliver(event, to: watcher) }
        case .refuse(let watcher, let moving, let isOfToken):
            // Those that it keeps when it is retired are of no interest any more.
            let kept = isOfToken ? watches.compactMap(\.watcher).filter { $0 != watcher } : []
            if isOfToken { multiplexer = WatchMultiplexerStateMachine() }
            if let watcher { deliver(event, to: watcher) }
            for each in Set(kept + moving) { tell(each, nil) }
        case .tell(let watchers, let error): for watcher in watchers { tell(watcher, error) }
        }
        if multiplexer.hangsUp() { multiplex(.broken(nil, lived: .zero, jitter: 0)) }
        if multiplexer.wantsStream { multiplex(.opened) }
    }

    private mutating func deliver(_ event: WatchMultiplexerStateMachine.Event, to watcher: Watcher) {
        guard case .message(let message) = event else { return }
        guard let index = watches.firstIndex(where: { $0.watcher == watcher }) else {
            violation = "a message for a watch that left"
            return
        }
        carryOut(watches[index].machine.handle(.message(message)), of: index)
    }

    private mutating func tell(_ watcher: Watcher, _ error: GRPCError?) {
        guard let index = watches.firstIndex(where: { $0.watcher == watcher }) else { return }
        watches[index].watcher = nil
        carryOut(watches[index].machine.handle(.broken(error, lived: .zero, jitter: 0)), of: index)
    }

    private mutating func carryOut(_ first: WatchStateMachine.Action, of index: Int) {
        var action = first
        while !watches[index].isOver, violation == nil {
            switch action {
            case .open:
                rejoin(index)
                action = watches[index].machine.handle(.opened)
            case .create:
                if let watcher = watches[index].watcher { multiplex(.create(watcher, request: [1])) }
                return
            case .requestProgress:
                if watches[index].watcher != nil { multiplex(.progressWanted) }
                return
            case .receive, .none, .dismiss: return
            case .confirmRevision: action = watches[index].machine.handle(.confirmed(ResponseHeader(revision: storeRevision), seen: storeRevision))
            case .authenticate: action = watches[index].machine.handle(.authenticated)
            case .deliver(let batch):
                check(batch, index)
                return
            case .end:
                watches[index].isOver = true
                if let watcher = watches[index].watcher.take() { multiplex(.leave(watcher)) }
            }
        }
    }

    private mutating func rejoin(_ index: Int) {
        let old = watches[index].watcher.take()
        watches[index].isShared = watches[index].machine.isShared
        if watches[index].isShared {
            lastWatcher += 1
            watches[index].watcher = lastWatcher
        }
        if let old { multiplex(.leave(old)) }
    }

    // MARK: Guarantees

    private mutating func check(_ batch: WatchBatch, _ index: Int) {
        let watch = watches[index]
        if batch.revision < watch.delivered { return fail("revision \(batch.revision) after \(watch.delivered)") }
        if watch.machine.nextRevision != batch.revision + 1 { return fail("delivered to \(batch.revision), next is \(watch.machine.nextRevision)") }
        var last = watch.delivered + 1
        for event in batch.events {
            if event.revision < watch.start { return fail("an event of revision \(event.revision), below the start \(watch.start)") }
            if event.revision < last { return fail("an event of revision \(event.revision) when everything below \(last) was complete") }
            last = event.revision
        }
        if let end = batch.events.last, end.revision != batch.revision { return fail("a batch up to \(batch.revision) ends at \(end.revision)") }
        watches[index].delivered = batch.revision
    }

    private mutating func fail(_ what: String) { violation = what }
}
