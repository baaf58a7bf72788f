//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// All of a proxy that its lock guards: its sockets and what is to be done to them. One thread turns it; between turns anybody may change it.
struct ProxyEngine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to wait for, and what for.
    struct Turn {
        var descriptors: [pollfd] = []
        var owners: [Owner] = []
        var timeoutMilliseconds: Int32 = -1

        mutating func add(_ descriptor: Int32, _ events: Int16, _ owner: Owner) {
            descriptors.append(pollfd(fd: descriptor, events: events, revents: 0))
            owners.append(owner)
        }
    }

    enum Owner {
        case wake
        case listener
        case link(Int, ProxyLink.Side)
        case lingering(Int32)
    }

    /// What is done to links that aren't there yet.
    struct Plan: Sendable {
        var remaining: Int?
        var apply: @Sendable (inout ProxyLink, (FaultProxy.Direction) -> Int) -> Void
    }

    /// How long a closed connection's peer has to read what it was sent.
    static let lingering: Duration = .seconds(10)

    var rules: ProxyLink.Rules = [.toServer: .init(), .toClient: .init()]
    var plans: [Plan] = []
    var periodicReset: (interval: Duration, due: Instant)?
    private var counts = FaultProxy.Statistics()

    private let target: UInt16
    private let port: UInt16?
    private let router: (@Sendable (UInt16) -> FaultProxy?)?
    private var listener: Int32 = -1
    private var accepting = FaultProxy.Accepting.accept
    private let wakeEnds: (ours: Int32, thread: Int32)
    private var links: [Int: ProxyLink] = [:]
    private var nextLink = 0
    private var lingering: [Int32: Instant] = [:]
    private var closers: [CheckedContinuation<Void, Never>]?
    private var isClosed = false
    private var random = SeededRandom(Soak.seed)
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    init(target: UInt16, port: UInt16?, router: (@Sendable (UInt16) -> FaultProxy?)?) throws(EtcdTestKitError) {
        self.target = target
        self.port = port
        self.router = router
        wakeEnds = try ProxySocket.pair()
        do throws(EtcdTestKitError) {
            if let port { listener = try ProxySocket.listen(port: port) }
        } catch {
            Foundation.close(wakeEnds.ours)
            Foundation.close(wakeEnds.thread)
            throw error
        }
    }

    var statistics: FaultProxy.Statistics {
        var result = counts
        result.open = links.count
        return result
    }

    /// Has the thread look again at what it waits for.
    func wake() {
        guard !isClosed else { return }
        // When the pipe is full the thread has enough reason to look.
        _ = ProxySocket.write(wakeEnds.ours, [0])
    }

    // MARK: Orders

    mutating func accept(_ accepting: FaultProxy.Accepting) {
        self.accepting = accepting
        guard let port, !isClosed else { return }
        switch accepting {
        case .refuse:
            if listener >= 0 { Foundation.close(listener) }
            listener = -1
        case .accept, .ignore:
            guard listener < 0 else { return }
            do throws(EtcdTestKitError) {
                listener = try ProxySocket.listen(port: port)
            } catch {
                complain("the proxy stays closed: \(error)")
            }
        }
    }

    mutating func endAll(_ ending: FaultProxy.Ending) {
        for id in links.keys { end(id, .cut(ending, .toClient)) }
    }

    mutating func halfClose(_ direction: FaultProxy.Direction) {
        for id in links.keys { links[id]?.halfClose(direction) }
    }

    mutating func plan(
        _ scope: FaultProxy.Scope, _ apply: @escaping @Sendable (inout ProxyLink, (FaultProxy.Direction) -> Int) -> Void
    ) {
        switch scope {
        case .new: plans.append(Plan(remaining: nil, apply: apply))
        case .next(let count): plans.append(Plan(remaining: count, apply: apply))
        case .open:
            for id in links.keys {
                guard var link = links[id] else { continue }
                let bases = link.flows.mapValues(\.forwarded)
                apply(&link) { bases[$0] ?? 0 }
                links[id] = link
            }
        }
    }

    mutating func adopt(_ descriptor: Int32) {
        guard closers == nil else { return ProxySocket.reset(descriptor) }
        counts.accepted += 1
        var link = ProxyLink(client: descriptor, target: target)
        for index in plans.indices where plans[index].remaining != 0 {
            plans[index].remaining = plans[index].remaining.map { $0 - 1 }
            plans[index].apply(&link) { _ in 0 }
        }
        links[nextLink] = link
        nextLink += 1
    }

    /// Has the thread end everything and then itself.
    mutating func close(_ continuation: CheckedContinuation<Void, Never>) {
        if isClosed { return continuation.resume() }
        closers = (closers ?? []) + [continuation]
    }

    // MARK: Turns

    /// Moves what can be moved and says what to wait for; nil when the proxy is closed.
    mutating func prepareTurn(now: Instant) -> Turn? {
        if let closers {
            shutDown()
            for closer in closers { closer.resume() }
            return nil
        }
        var turn = Turn()
        var wakeAt: Instant?
        if let periodicReset {
            if periodicReset.due <= now {
                endAll(.reset)
                self.periodicReset = (periodicReset.interval, now + periodicReset.interval)
            }
            wakeAt = self.periodicReset?.due
        }
        turn.add(wakeEnds.thread, Int16(POLLIN), .wake)
        if listener >= 0, accepting == .accept { turn.add(listener, Int16(POLLIN), .listener) }
        for id in Array(links.keys) { pump(id, now: now, &turn, &wakeAt) }
        for (descriptor, until) in lingering {
            turn.add(descriptor, Int16(POLLIN), .lingering(descriptor))
            wakeAt = min(wakeAt ?? until, until)
        }
        if let wakeAt {
            // Rounded up, or the thread would spin for the rest of a millisecond.
            turn.timeoutMilliseconds = Int32(clamping: Int(max((wakeAt - now) / .milliseconds(1), 0).rounded(.up)))
        }
        return turn
    }

    private mutating func pump(_ id: Int, now: Instant, _ turn: inout Turn, _ wakeAt: inout Instant?) {
        guard var link = links.removeValue(forKey: id) else { return }
        let progress = link.pump(rules, now: now)
        links[id] = link
        counts.bytesToServer += progress.written[.toServer] ?? 0
        counts.bytesToClient += progress.written[.toClient] ?? 0
        if let ending = progress.end { return end(id, ending) }
        if let instant = progress.wakeAt { wakeAt = min(wakeAt ?? instant, instant) }
        for side in [ProxyLink.Side.client, .server] {
            let events = link.events(side, rules, progress)
            if events != 0 { turn.add(link.descriptor(side), events, .link(id, side)) }
        }
    }

    /// Takes in what the wait has brought.
    mutating func finish(_ turn: Turn, now: Instant) {
        for (descriptor, owner) in zip(turn.descriptors, turn.owners) where descriptor.revents != 0 {
            switch owner {
            case .wake: while case .bytes = ProxySocket.read(wakeEnds.thread, &buffer) {}
            case .listener: acceptAll()
            case .link(let id, let side):
                // Somebody may have ended it meanwhile; whoever has its number now is asked in vain.
                let jitter = Double.random(in: -1...1, using: &random)
                links[id]?.ready(side, rules, now: now, buffer: &buffer, jitter: jitter)
            case .lingering(let descriptor): drain(descriptor)
            }
        }
        for (descriptor, until) in lingering where until <= now { stopLingering(descriptor) }
    }

    private mutating func acceptAll() {
        guard listener >= 0, accepting == .accept else { return }
        while let (descriptor, port) = ProxySocket.accept(from: listener) {
            guard let router else {
                adopt(descriptor)
                continue
            }
            counts.accepted += 1
            if let proxy = router(port) { proxy.adopt(descriptor) } else { ProxySocket.reset(descriptor) }
        }
    }

    private mutating func end(_ id: Int, _ end: ProxyLink.End) {
        guard let link = links.removeValue(forKey: id) else { return }
        if case .cut = end { counts.cut += 1 }
        if let descriptor = link.end(end) { lingering[descriptor] = .now + Self.lingering }
    }

    private mutating func drain(_ descriptor: Int32) {
        guard lingering[descriptor] != nil else { return }
        while true {
            switch ProxySocket.read(descriptor, &buffer) {
            case .bytes: continue
            case .wouldBlock: return
            case .ended, .failed: return stopLingering(descriptor)
            }
        }
    }

    private mutating func stopLingering(_ descriptor: Int32) {
        if lingering.removeValue(forKey: descriptor) != nil { Foundation.close(descriptor) }
    }

    private mutating func shutDown() {
        isClosed = true
        for id in Array(links.keys) { end(id, .reset) }
        for descriptor in Array(lingering.keys) { stopLingering(descriptor) }
        if listener >= 0 { Foundation.close(listener) }
        Foundation.close(wakeEnds.ours)
        Foundation.close(wakeEnds.thread)
    }
}
