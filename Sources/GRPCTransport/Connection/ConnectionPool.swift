//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Synchronization

/// The connections of all lanes, and the calls that wait for one.
final class ConnectionPool: Sendable {
    struct State {
        /// First those that name no endpoint, by their ``ConnectionLane``; then those that do.
        var lanes = ConnectionLane.allCases.map { LaneState(route: Route(lane: $0)) }
        var pinned: [Route: LaneID] = [:]
        var freeLanes: [LaneID] = []
        /// Lanes that nobody runs yet.
        var newLanes: [LaneID] = []
        var supervisor: CheckedContinuation<Void, Never>?
        var endpoints: [GRPCEndpoint] = []
        var scores = EndpointScoreboard()
        var failures = FailureLog()
        /// Endpoints that were warned of, since secrets go there unencrypted.
        var exposed: Set<GRPCEndpoint> = []
        var connections: [ObjectIdentifier: Connection] = [:]
        // Channels of attempts that are under way.
        var attempts: [ObjectIdentifier: any Channel] = [:]
        /// All channels that are not closed, those too whose connections are no longer of use and only say good-bye.
        var channels: [ObjectIdentifier: any Channel] = [:]
        var keepaliveIntervals: [GRPCEndpoint: Duration] = [:]
        var nextWaiter: UInt64 = 0
        /// When the state is worked out anew though nothing happens.
        var recovery: (at: NIODeadline, timer: Scheduled<Void>)?
        /// ``GRPCTransport/run()`` was called.
        var hasRun = false
        /// Somebody waits for that.
        var isRunAwaited = false
        var isShutDown = false
        /// What calls are told from then on.
        var end = ConnectionPool.shutdownError
    }

    let configuration: GRPCTransportConfiguration
    let connector: Connector
    let group: any EventLoopGroup
    let metrics: TransportMetrics
    let credentials: TLSCredentials
    let states = StateBoard()
    let logger: Logger
    let state: Mutex<State>

    init(configuration: GRPCTransportConfiguration, executor: EventLoopTaskExecutor, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        metrics = TransportMetrics(factory: configuration.metricsFactory)
        credentials = TLSCredentials(configuration.tls ?? GRPCTLSConfiguration(), metrics: metrics, logger: logger)
        connector = Connector(
            configuration: configuration, executor: executor, group: group, metrics: metrics, credentials: credentials, logger: logger)
        var initial = State()
        initial.use(configuration.endpoints)
        state = Mutex(initial)
    }

    // MARK: For calls

    /// A route's connection, if there is one.
    func currentConnection(for route: Route) -> Connection? { state.withLock { $0.current(route) } }

    /// A route's connection; waits for one until the deadline.
    func connection(for route: Route, deadline: NIODeadline?) async throws(GRPCError) -> Connection {
        if let current = currentConnection(for: route) { return current }
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = deadline.map { deadline in
            group.next().scheduleTask(deadline: deadline) { self.stopWaiting(id, route, code: .deadlineExceeded, origin: .deadline) }
        }
        defer { timer?.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, id: id, route: route, deadline: deadline) }
        } onCancel: {
            stopWaiting(id, route, code: .cancelled, origin: .caller)
        }
        switch outcome {
        case .connection(let connection): return connection
        case .failed(let error): throw error
        }
    }

    private func wait(_ continuation: LaneState.Waiter, id: UInt64, route: Route, deadline: NIODeadline?) {
        enum Step {
            case resume(LaneState.Outcome)
            case wake([CheckedContinuation<Void, Never>])
        }
        let step: Step = state.withLock { state in
            if state.isShutDown { return .resume(.failed(state.end)) }
            if let current = state.current(route) { return .resume(.connection(current)) }
            let lane = state.lane(for: route)
            let runner = state.lanes[lane].add(continuation, id: id)
            return .wake([runner, state.takeSupervisorIfNeeded()].compactMap(\.self))
        }
        switch step {
        case .resume(let outcome): continuation.resume(returning: outcome)
        case .wake(let sleepers):
            for sleeper in sleepers { sleeper.resume() }
            announceState()
            awaitRun()
        }
        // Either may have come before there was a waiter to tell.
        if Task.isCancelled {
            stopWaiting(id, route, code: .cancelled, origin: .caller)
        } else if let deadline, deadline <= .now() {
            stopWaiting(id, route, code: .deadlineExceeded, origin: .deadline)
        }
    }

    private func stopWaiting(_ id: UInt64, _ route: Route, code: GRPCStatusCode, origin: GRPCError.Origin) {
        let (waiter, cause, endpoints) = state.withLock { state -> (LaneState.Waiter?, String?, [GRPCEndpoint]) in
            guard let lane = state.existingLane(for: route) else { return (nil, nil, []) }
            let endpoints = route.endpoint.map { [$0] } ?? state.endpoints
            let cause = state.hasRun ? state.lanes[lane].failure(at: endpoints).map { "the last attempts failed: \($0)" } : Self.notRunning
            return (state.lanes[lane].remove(id), cause, endpoints)
        }
        guard let waiter else { return }
        announceState()
        let what = code == .cancelled ? "the caller cancelled the call" : "the deadline passed"
        let names = endpoints.map(\.description).joined(separator: ", ")
        let message = "\(what) while it waited for a connection to \(names)" + (cause.map { "; \($0)" } ?? "")
        waiter.resume(
            returning: .failed(GRPCError(code: code, message: message, disposition: .notSent, origin: origin, endpoint: route.endpoint)))
    }

    static let shutdownError = GRPCError(
        code: .unavailable, message: "the transport is shut down", disposition: .notSent, origin: .shutdown)

    // MARK: The run

    /// How long calls may wait for ``GRPCTransport/run()`` before that is wondered at.
    static let patienceWithoutRun: TimeAmount = .seconds(3)
    static let notRunning = "run() has not been called"

    /// Whether this is the first call of ``GRPCTransport/run()``, the one that counts.
    func claimRun() -> Bool {
        state.withLock { state in
            defer { state.hasRun = true }
            return !state.hasRun
        }
    }

    /// Somebody waits for what ``GRPCTransport/run()`` brings: warns, once, when that isn't called soon.
    func awaitRun() {
        let isFirst = state.withLock { state in
            guard !state.hasRun, !state.isRunAwaited, !state.isShutDown else { return false }
            state.isRunAwaited = true
            return true
        }
        guard isFirst else { return }
        group.next().scheduleTask(in: Self.patienceWithoutRun) { [weak self] in
            guard let self, !self.state.withLock({ $0.hasRun }) else { return }
            self.logger.warning("Calls wait for connections, which nobody makes: \(Self.notRunning)")
        }
    }

    // MARK: The end

    /// Fails all calls and begins to close all connections. Nothing can be started any more.
    func shutDown(because end: GRPCError = shutdownError) {
        let (waiters, sleepers, connections, attempts) = state.withLock { state in
            if !state.isShutDown { state.end = end }
            state.isShutDown = true
            let waiters = state.lanes.indices.flatMap { state.lanes[$0].takeWaiters() }
            let sleepers = state.lanes.indices.compactMap { state.lanes[$0].takeRunner() } + [state.takeSupervisor()].compactMap(\.self)
            return (waiters, sleepers, Array(state.connections.values), Array(state.attempts.values))
        }
        for waiter in waiters { waiter.resume(returning: .failed(end)) }
        for sleeper in sleepers { sleeper.resume() }
        for connection in connections { connection.shutDown() }
        for channel in attempts { channel.close(promise: nil) }
        announceState()
    }

    /// Tells observers how things stand, if that has changed.
    func announceState() {
        // Worked out and put up under one lock, so that the last is the latest.
        let waiters = state.withLock { state in
            let now = NIODeadline.now()
            awaitRecovery(&state, at: now)
            return states.set(state.summary(at: now))
        }
        for waiter in waiters { waiter.resume() }
    }

    /// An endpoint that sits out does well again by the time alone, also where no call tells of it.
    private func awaitRecovery(_ state: inout State, at now: NIODeadline) {
        let recovery = state.isShutDown ? nil : state.recoveryTime(after: now)
        guard recovery != state.recovery?.at else { return }
        state.recovery?.timer.cancel()
        state.recovery = recovery.map { time in (time, group.next().scheduleTask(deadline: time) { [weak self] in self?.announceState() }) }
    }

    /// Returns when every connection is closed.
    func waitUntilClosed() async {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels {
            // A close future never fails.
            do { try await channel.closeFuture.get() } catch { logger.debug("Close failed", metadata: ["error": "\(error)"]) }
        }
    }
}

extension ConnectionPool.State {
    /// The connection that a call may take, if there is one.
    mutating func current(_ route: Route) -> Connection? {
        guard route.endpoint != nil else { return lanes[route.lane.rawValue].current }
        guard let lane = pinned[route] else { return nil }
        lanes[lane].lastUse = .now()
        return lanes[lane].current
    }

    func existingLane(for route: Route) -> LaneID? { route.endpoint == nil ? route.lane.rawValue : pinned[route] }

    /// The route's lane, which is made if need be.
    mutating func lane(for route: Route) -> LaneID {
        if let known = existingLane(for: route) { return known }
        var lane = LaneState(route: route)
        lane.lastUse = .now()
        let id: LaneID
        if let free = freeLanes.popLast() {
            id = free
            lanes[id] = lane
        } else {
            id = lanes.count
            lanes.append(lane)
        }
        pinned[route] = id
        newLanes.append(id)
        return id
    }

    /// A lane that names its endpoint is gone; its place may be taken.
    mutating func removeLane(_ id: LaneID) {
        let route = lanes[id].route
        pinned[route] = nil
        // Its connection may have streams, and lives as long as they do; it is nobody's any more.
        lanes[id] = LaneState(route: route)
        freeLanes.append(id)
    }

    mutating func takeSupervisor() -> CheckedContinuation<Void, Never>? {
        defer { supervisor = nil }
        return supervisor
    }

    mutating func takeSupervisorIfNeeded() -> CheckedContinuation<Void, Never>? { newLanes.isEmpty ? nil : takeSupervisor() }

    /// Sets the endpoints; each lane gets an order of its own.
    mutating func use(_ endpoints: [GRPCEndpoint]) {
        var seen: Set<GRPCEndpoint> = []
        self.endpoints = endpoints.filter { seen.insert($0).inserted }
        scores.keep(self.endpoints)
        for lane in ConnectionLane.allCases { lanes[lane.rawValue].preference = self.endpoints.shuffled() }
    }
}

extension ConnectionPool.State {
    /// When the first endpoint in use has sat out its time; nil when none sits out.
    fileprivate func recoveryTime(after now: NIODeadline) -> NIODeadline? {
        ConnectionLane.allCases.compactMap { lanes[$0.rawValue].current.map { scores.record(of: $0.endpoint).satOutUntil } }.filter { $0 > now }.min()
    }

    /// How the lanes that name no endpoint stand.
    func summary(at now: NIODeadline) -> GRPCTransportState {
        if isShutDown { return .shutDown }
        let shared = ConnectionLane.allCases.map { lanes[$0.rawValue] }
        let connected = Set(shared.compactMap { $0.current?.endpoint }).sorted { $0.description < $1.description }
        let waiting = shared.filter { $0.current == nil && $0.hasWaiters }
        if let reason = waiting.compactMap({ $0.failure(at: endpoints) }).first {
            return connected.isEmpty ? .disconnected(reason: reason) : .degraded(connected, reason: reason)
        }
        if connected.isEmpty { return waiting.isEmpty ? .idle : .connecting }
        if let bad = connected.first(where: { scores.sitsOut($0, at: now) }) {
            return .degraded(connected, reason: "\(bad): \(scores.record(of: bad).reason)")
        }
        return .ready(connected)
    }
}
