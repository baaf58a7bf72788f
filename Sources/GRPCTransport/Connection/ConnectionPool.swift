//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Synchronization

/// The connections of all lanes, and the calls that wait for one.
final class ConnectionPool: Sendable, ConnectionObserver {
    private struct State {
        var lanes = [LaneState](repeating: LaneState(), count: ConnectionLane.allCases.count)
        var connections: [ObjectIdentifier: Connection] = [:]
        // Channels of attempts that are under way.
        var attempts: [ObjectIdentifier: any Channel] = [:]
        var keepaliveIntervals: [GRPCEndpoint: Duration] = [:]
        var nextWaiter: UInt64 = 0
        var isShutDown = false
    }

    private let configuration: GRPCTransportConfiguration
    private let connector: Connector
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    init(configuration: GRPCTransportConfiguration, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        connector = Connector(configuration: configuration, group: group, logger: logger)
    }

    // MARK: For calls

    /// The lane's connection; waits for one until the deadline.
    func connection(for lane: ConnectionLane, deadline: NIODeadline?) async throws(GRPCError) -> Connection {
        if let current = state.withLock({ $0.lanes[lane.rawValue].current }) { return current }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = deadline.map { deadline in
            group.next().scheduleTask(deadline: deadline) { self.stopWaiting(id, lane, code: .deadlineExceeded, origin: .deadline) }
        }
        defer { timer?.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, id: id, lane: lane, deadline: deadline) }
        } onCancel: {
            stopWaiting(id, lane, code: .cancelled, origin: .caller)
        }
        switch outcome {
        case .connection(let connection): return connection
        case .failed(let error): throw error
        }
    }

    private func wait(_ continuation: LaneState.Waiter, id: UInt64, lane: ConnectionLane, deadline: NIODeadline?) {
        enum Step {
            case resume(LaneState.Outcome)
            case wake(CheckedContinuation<Void, Never>?)
        }
        let step: Step = state.withLock { state in
            if state.isShutDown { return .resume(.failed(Self.shutdownError)) }
            if let current = state.lanes[lane.rawValue].current { return .resume(.connection(current)) }
            return .wake(state.lanes[lane.rawValue].add(continuation, id: id))
        }
        switch step {
        case .resume(let outcome): continuation.resume(returning: outcome)
        case .wake(let runner): runner?.resume()
        }
        // Either may have come before there was a waiter to tell.
        if Task.isCancelled {
            stopWaiting(id, lane, code: .cancelled, origin: .caller)
        } else if let deadline, deadline <= .now() {
            stopWaiting(id, lane, code: .deadlineExceeded, origin: .deadline)
        }
    }

    private func stopWaiting(_ id: UInt64, _ lane: ConnectionLane, code: GRPCStatusCode, origin: GRPCError.Origin) {
        let (waiter, cause) = state.withLock { state in
            (state.lanes[lane.rawValue].remove(id), state.lanes[lane.rawValue].lastFailure)
        }
        guard let waiter else { return }
        let what = code == .cancelled ? "the caller cancelled the call" : "the deadline passed"
        let message = "\(what) while it waited for a connection to \(endpointNames)" + (cause.map { "; the last attempt failed: \($0)" } ?? "")
        waiter.resume(returning: .failed(GRPCError(code: code, message: message, disposition: .notSent, origin: origin)))
    }

    private var endpointNames: String { configuration.endpoints.map(\.description).joined(separator: ", ") }

    static let shutdownError = GRPCError(
        code: .unavailable, message: "the transport is shut down", disposition: .notSent, origin: .shutdown)

    // MARK: For the lanes' runners

    /// Makes the lane's connections, one when it is needed and none is there, until cancelled.
    func run(_ lane: ConnectionLane) async {
        var pacing = ReconnectPacing(backoff: configuration.backoff, endpointCount: configuration.endpoints.count)
        var nextEndpoint = 0
        while await waitForDemand(lane) {
            let wait = pacing.waitBeforeAttempt(at: .now, random: .random(in: -1...1))
            if wait > .zero {
                do { try await Task.sleep(for: wait) } catch { return }
            }
            let endpoint = configuration.endpoints[nextEndpoint % configuration.endpoints.count]
            nextEndpoint += 1
            if await connect(lane, to: endpoint) { pacing.connected(at: .now) } else { pacing.failed() }
        }
    }

    /// False when the transport is shut down.
    private func waitForDemand(_ lane: ConnectionLane) async -> Bool {
        await withCheckedContinuation { continuation in
            let sleeps = state.withLock { !$0.isShutDown && $0.lanes[lane.rawValue].sleep(continuation) }
            if !sleeps { continuation.resume() }
        }
        return state.withLock { !$0.isShutDown }
    }

    private func connect(_ lane: ConnectionLane, to endpoint: GRPCEndpoint) async -> Bool {
        let interval = state.withLock { $0.keepaliveIntervals[endpoint] }
        do {
            let connection = try await connector.connect(to: endpoint, lane: lane, keepaliveInterval: interval, observer: self) { channel in
                self.register(channel)
            }
            publish(connection)
            return true
        } catch {
            logger.debug("Connection failed", metadata: ["endpoint": "\(endpoint)", "error": "\(error)"])
            state.withLock { $0.lanes[lane.rawValue].lastFailure = "\(endpoint): \(error)" }
            return false
        }
    }

    private func register(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let accepted = state.withLock { state in
            if !state.isShutDown { state.attempts[id] = channel }
            return !state.isShutDown
        }
        channel.closeFuture.whenComplete { _ in self.state.withLock { _ = $0.attempts.removeValue(forKey: id) } }
        return accepted
    }

    private func publish(_ connection: Connection) {
        let (waiters, isShutDown): ([LaneState.Waiter], Bool) = state.withLock { state in
            state.attempts[ObjectIdentifier(connection.channel)] = nil
            state.connections[ObjectIdentifier(connection)] = connection
            // It may have broken already; then those who wait go on waiting.
            guard !state.isShutDown, connection.isUsable else { return ([], state.isShutDown) }
            return (state.lanes[connection.lane.rawValue].connected(connection), false)
        }
        for waiter in waiters { waiter.resume(returning: .connection(connection)) }
        // Whoever told that it broke may have done so before it was known here.
        if connection.isClosed { connectionClosed(connection, reason: "it closed at once") }
        if !connection.isUsable { connectionUnusable(connection) }
        if isShutDown { connection.shutDown() }
        logger.debug("Connected", metadata: ["endpoint": "\(connection.endpoint)", "lane": "\(connection.lane)"])
    }

    // MARK: Ends

    func connectionUnusable(_ connection: Connection) {
        let runner = state.withLock { state -> CheckedContinuation<Void, Never>? in
            let lane = connection.lane.rawValue
            guard state.lanes[lane].lost(connection), state.lanes[lane].hasDemand else { return nil }
            return state.lanes[lane].takeRunner()
        }
        runner?.resume()
    }

    func connectionClosed(_ connection: Connection, reason: String) {
        connectionUnusable(connection)
        let wasKnown = state.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil }
        if wasKnown { logger.debug("Connection closed", metadata: ["endpoint": "\(connection.endpoint)", "reason": "\(reason)"]) }
    }

    func pingedTooOften(_ endpoint: GRPCEndpoint) {
        guard let keepalive = configuration.keepalive else { return }
        let interval = state.withLock { state in
            let doubled = (state.keepaliveIntervals[endpoint] ?? max(keepalive.interval, .seconds(5))) * 2
            state.keepaliveIntervals[endpoint] = doubled
            return doubled
        }
        logger.info("Server wants fewer keepalive pings", metadata: ["endpoint": "\(endpoint)", "interval": "\(interval)"])
    }

    /// Fails all calls and begins to close all connections. Nothing can be started any more.
    func shutDown() {
        let (waiters, runners, connections, attempts) = state.withLock { state in
            state.isShutDown = true
            let waiters = state.lanes.indices.flatMap { state.lanes[$0].takeWaiters() }
            let runners = state.lanes.indices.compactMap { state.lanes[$0].takeRunner() }
            return (waiters, runners, Array(state.connections.values), Array(state.attempts.values))
        }
        for waiter in waiters { waiter.resume(returning: .failed(Self.shutdownError)) }
        for runner in runners { runner.resume() }
        for connection in connections { connection.shutDown() }
        for channel in attempts { channel.close(promise: nil) }
    }

    /// Returns when every connection is closed.
    func waitUntilClosed() async {
        let channels = state.withLock { state in state.connections.values.map(\.channel) + state.attempts.values }
        for channel in channels {
            // A close future never fails.
            do { try await channel.closeFuture.get() } catch { logger.debug("Close failed", metadata: ["error": "\(error)"]) }
        }
    }
}
