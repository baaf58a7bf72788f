//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A TCP proxy on 127.0.0.1 that does to connections what networks do: delays, silence, resets, cuts at a byte of choice.
///
/// Bytes pass unread, so it works for TLS too. All of it may be changed from any task while connections are open; a change is in force when the
/// call returns. It needs no privilege and behaves the same by bytes, whatever the machine's speed.
public final class FaultProxy: Sendable {
    /// Which way bytes go.
    public enum Direction: Sendable, Hashable, CaseIterable {
        /// From who connected to who listens.
        case toServer
        /// The other way.
        case toClient
    }

    /// What becomes of bytes on their way into a hole. The end of a connection doesn't come through it either, and a new one is accepted but hears
    /// nothing.
    public enum Hole: Sendable, Hashable {
        /// They come late: when the hole is filled, as after a partition of the network.
        case hold
        /// They are lost. Connections that lost any are reset when the hole is filled, since TCP knows no gaps.
        case drop
    }

    /// How the proxy ends a connection.
    public enum Ending: Sendable, Hashable {
        /// By RST to both sides.
        case reset
        /// By FIN, after all bytes that were forwarded.
        case close
    }

    /// Which connections something is done to.
    public enum Scope: Sendable, Hashable {
        /// Those that are accepted from now on. Offsets count from their first byte.
        case new
        /// Only the next so many that are accepted.
        case next(Int)
        /// Those that are open. Offsets count from now on.
        case open
    }

    /// What the proxy does with those who want to connect.
    public enum Accepting: Sendable, Hashable {
        /// Takes them.
        case accept
        /// Lets them wait: the system says yes for it, and nothing follows.
        case ignore
        /// Isn't there: their connection is refused.
        case refuse
    }

    /// What went through.
    public struct Statistics: Sendable, Hashable {
        /// Connections accepted so far.
        public var accepted = 0
        /// Connections that are there now.
        public var open = 0
        /// Connections that the proxy itself ended.
        public var cut = 0
        /// Bytes handed to the server's side.
        public var bytesToServer = 0
        /// Bytes handed to the client's side.
        public var bytesToClient = 0
    }

    struct Cut: Sendable {
        var offset: Int
        var ending: Ending
    }

    /// The port of 127.0.0.1 that clients connect to.
    public let port: UInt16
    private let engine: Mutex<ProxyEngine>

    /// Runs `body` with a proxy to a port of 127.0.0.1, and ends it and all its connections afterwards.
    public static func withProxy<Result>(
        to target: UInt16, isolation: isolated (any Actor)? = #isolation, _ body: (FaultProxy) async throws -> Result
    ) async throws -> Result {
        let proxy = try FaultProxy(to: target)
        do {
            let result = try await body(proxy)
            await proxy.close()
            return result
        } catch {
            await proxy.close()
            throw error
        }
    }

    /// - Parameter router: gives the proxy that is to serve a connection, by the port it comes from; nil refuses it.
    init(to target: UInt16, router: (@Sendable (_ port: UInt16) -> FaultProxy?)? = nil) throws(EtcdTestKitError) {
        let ports = try Loopback.freePorts(1)
        port = ports[0]
        engine = Mutex(try ProxyEngine(target: target, port: port, router: router))
        startThread()
    }

    /// One without a door of its own: connections come by ``adopt(_:)``.
    init(adoptingTo target: UInt16) throws(EtcdTestKitError) {
        port = 0
        engine = Mutex(try ProxyEngine(target: target, port: nil, router: nil))
        startThread()
    }

    /// The address that clients connect to, such as `127.0.0.1:12345`.
    public var address: String { "127.0.0.1:\(port)" }

    /// What went through so far.
    public var statistics: Statistics { engine.withLock { $0.statistics } }

    // MARK: Faults of a direction

    /// Lets nothing through, one way or both ways, and tells nobody.
    public func blackhole(_ directions: Set<Direction> = Set(Direction.allCases), by hole: Hole = .hold) {
        change { engine in for direction in directions { engine.rules[direction]?.hole = hole } }
    }

    /// Lets everything through again, at full speed, and accepts connections. Cuts and flips that were asked for stay.
    public func restore() {
        change { engine in
            for direction in Direction.allCases { engine.rules[direction] = .init() }
            engine.accept(.accept)
        }
    }

    /// Lets bytes through late. Their order stays.
    public func delay(_ time: Duration, jitter: Duration = .zero, _ directions: Set<Direction> = Set(Direction.allCases)) {
        change { engine in
            for direction in directions {
                engine.rules[direction]?.delay = time
                engine.rules[direction]?.jitter = jitter
            }
        }
    }

    /// Lets each connection have so many bytes a second, one way or each way; nil: as many as come.
    public func throttle(bytesPerSecond: Int?, _ directions: Set<Direction> = Set(Direction.allCases)) {
        change { engine in for direction in directions { engine.rules[direction]?.bytesPerSecond = bytesPerSecond.map { max($0, 1) } } }
    }

    // MARK: Ends

    /// Whether those who want to connect can.
    public func accept(_ accepting: Accepting) { change { $0.accept(accepting) } }

    /// Ends every connection that is open.
    public func endAll(_ ending: Ending = .reset) { change { $0.endAll(ending) } }

    /// Resets every connection that is open each time so much time has gone by; nil: no more.
    public func reset(every interval: Duration?) {
        change { engine in engine.periodicReset = interval.map { ($0, ContinuousClock.now + $0) } }
    }

    /// Tells the receiving side of open connections that nothing more comes, and throws away what does.
    public func halfClose(_ direction: Direction) { change { $0.halfClose(direction) } }

    /// Ends connections once exactly so many bytes have passed in a direction. nil: no more new ones.
    public func cut(after bytes: Int?, _ direction: Direction, by ending: Ending = .close, of scope: Scope = .new) {
        change { engine in
            engine.plan(scope) { link, base in link.flows[direction]?.cut = bytes.map { Cut(offset: base(direction) + $0, ending: ending) } }
        }
    }

    /// Changes one byte of connections by exclusive or.
    public func flip(byte offset: Int, mask: UInt8 = 0xff, _ direction: Direction, of scope: Scope = .new) {
        change { engine in engine.plan(scope) { link, base in link.flows[direction]?.flips[base(direction) + offset] = mask } }
    }

    /// Forgets all cuts and flips of connections that aren't there yet.
    public func forgetPlans() { change { $0.plans = [] } }

    // MARK: Waiting

    /// Waits until what went through is as wanted.
    /// - Throws: when it isn't within the time, or the task is cancelled.
    public func wait(
        _ what: String, timeout: Duration = .seconds(60), until isWanted: @escaping @Sendable (Statistics) -> Bool
    ) async throws(EtcdTestKitError) {
        let deadline = ContinuousClock.now + timeout
        while !isWanted(statistics) {
            guard ContinuousClock.now < deadline else { throw EtcdTestKitError("proxy \(address): no \(what) within \(timeout): \(statistics)") }
            do {
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                throw EtcdTestKitError("proxy \(address): cancelled while waiting for \(what)")
            }
        }
    }

    /// Ends all connections and the proxy.
    func close() async {
        await withCheckedContinuation { continuation in
            change { engine in engine.close(continuation) }
        }
    }

    /// Serves a connection that another proxy has accepted.
    func adopt(_ descriptor: Int32) { change { $0.adopt(descriptor) } }

    private func change(_ body: (inout ProxyEngine) -> Void) {
        engine.withLock { engine in
            body(&engine)
            engine.wake()
        }
    }

    private func startThread() {
        // poll blocks, so it gets a thread of its own, which ends with the proxy.
        Thread.detachNewThread { [self] in
            while var turn = engine.withLock({ $0.prepareTurn(now: .now) }) {
                _ = poll(&turn.descriptors, nfds_t(turn.descriptors.count), turn.timeoutMilliseconds)
                engine.withLock { $0.finish(turn, now: .now) }
            }
        }
    }
}
