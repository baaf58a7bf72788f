//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One connection through a proxy: two sockets and a flow each way.
struct ProxyLink: Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Rules = [FaultProxy.Direction: ProxyFlow.Rules]

    enum Side: Sendable { case client, server }

    private enum Stage: Sendable {
        /// Nothing gets through, so the server hasn't heard of it yet.
        case waiting
        case connecting
        case connected
    }

    /// What became of the link in a turn.
    struct Progress {
        var written: [FaultProxy.Direction: Int] = [:]
        /// When to look again, whatever happens.
        var wakeAt: Instant?
        /// Which sockets are to tell when they can take bytes.
        var wantsWrite: [Side: Bool] = [:]
        var end: End?

        mutating func wake(at instant: Instant) { wakeAt = min(wakeAt ?? instant, instant) }
    }

    enum End {
        /// Both sides are through.
        case done
        case reset
        /// The proxy's own doing. With `close` the sink has got all its bytes; the source may have more.
        case cut(FaultProxy.Ending, FaultProxy.Direction)
    }

    private(set) var client: Int32
    private(set) var server: Int32 = -1
    var flows: [FaultProxy.Direction: ProxyFlow] = [.toServer: .init(), .toClient: .init()]
    private var stage = Stage.waiting
    private let target: UInt16

    init(client: Int32, target: UInt16) {
        self.client = client
        self.target = target
    }

    func descriptor(_ side: Side) -> Int32 { side == .client ? client : server }

    /// What a socket is to tell of; 0 for nothing, which also keeps its end a secret.
    func events(_ side: Side, _ rules: Rules, _ progress: Progress) -> Int16 {
        guard descriptor(side) >= 0 else { return 0 }
        if side == .server, stage == .connecting { return Int16(POLLOUT) }
        var events: Int16 = 0
        let from: FaultProxy.Direction = side == .client ? .toServer : .toClient
        if let flow = flows[from], let rules = rules[from], flow.wantsBytes(rules) { events |= Int16(POLLIN) }
        if progress.wantsWrite[side] == true { events |= Int16(POLLOUT) }
        return events
    }

    /// A socket has told something.
    mutating func ready(_ side: Side, _ rules: Rules, now: Instant, buffer: inout [UInt8], jitter: Double) {
        if side == .server, stage == .connecting {
            stage = .connected
            if !ProxySocket.isConnected(server) { serverIsAway() }
            return
        }
        let from: FaultProxy.Direction = side == .client ? .toServer : .toClient
        guard let rules = rules[from], flows[from]?.wantsBytes(rules) == true else { return }
        switch ProxySocket.read(descriptor(side), &buffer) {
        case .bytes(let count): flows[from]?.take(ArraySlice(Array(buffer[..<count])), rules, now: now, jitter: jitter)
        case .wouldBlock: break
        case .ended: flows[from]?.sourceEnded(.finished)
        case .failed: flows[from]?.sourceEnded(.reset)
        }
    }

    private mutating func serverIsAway() {
        if server >= 0 { close(server) }
        server = -1
        flows[.toServer]?.isOver = true
        flows[.toClient]?.sourceEnded(.reset)
    }

    /// Moves what can be moved.
    mutating func pump(_ rules: Rules, now: Instant) -> Progress {
        var progress = Progress()
        if stage == .waiting, rules.values.allSatisfy({ $0.hole == nil }) {
            stage = .connecting
            server = ProxySocket.connect(port: target) ?? -1
            if server < 0 {
                stage = .connected
                serverIsAway()
            }
        }
        guard stage == .connected else { return progress }
        for direction in FaultProxy.Direction.allCases where progress.end == nil { pump(direction, rules, now: now, &progress) }
        if progress.end == nil, flows.values.allSatisfy({ $0.isOver && $0.sourceEnd != nil }) { progress.end = .done }
        return progress
    }

    private mutating func pump(_ direction: FaultProxy.Direction, _ rules: Rules, now: Instant, _ progress: inout Progress) {
        let (sink, reverse): (Side, FaultProxy.Direction) = direction == .toServer ? (.server, .toClient) : (.client, .toServer)
        guard let rules = rules[direction] else { return }
        while let step = flows[direction]?.next(rules, now: now) {
            switch step {
            case .write(let bytes):
                switch ProxySocket.write(descriptor(sink), bytes) {
                case .bytes(let count):
                    flows[direction]?.wrote(count)
                    progress.written[direction, default: 0] += count
                case .wouldBlock:
                    progress.wantsWrite[sink] = true
                    return
                case .ended, .failed:
                    flows[direction]?.isOver = true
                    flows[reverse]?.sourceEnded(.reset)
                    // The other direction may have been looked at already.
                    progress.wake(at: now)
                    return
                }
            case .wait(let instant): return progress.wake(at: instant)
            case .idle: return
            case .finish:
                ProxySocket.finish(descriptor(sink))
                flows[direction]?.isOver = true
            case .reset:
                progress.end = .reset
                return
            case .cut(let ending):
                progress.end = .cut(ending, direction)
                return
            }
        }
    }

    /// Tells the sink that nothing more comes.
    mutating func halfClose(_ direction: FaultProxy.Direction) {
        let sink = descriptor(direction == .toServer ? .server : .client)
        if sink >= 0 { ProxySocket.finish(sink) }
        flows[direction]?.isOver = true
    }

    /// Closes both sockets, or gives the one that is to linger until its peer has read all.
    func end(_ end: End) -> Int32? {
        switch end {
        case .done:
            for descriptor in [client, server] where descriptor >= 0 { close(descriptor) }
            return nil
        case .reset, .cut(.reset, _):
            for descriptor in [client, server] where descriptor >= 0 { ProxySocket.reset(descriptor) }
            return nil
        case .cut(.close, let direction):
            let (sink, source) = direction == .toServer ? (server, client) : (client, server)
            if source >= 0 { close(source) }
            guard sink >= 0 else { return nil }
            ProxySocket.finish(sink)
            return sink
        }
    }
}
