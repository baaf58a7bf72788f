//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Synchronization

// The tasks that make connections: one a lane.
extension ConnectionPool {
    /// A second endpoint is tried when the first has not answered within this time; a third after as long again.
    static let headStart: Duration = .milliseconds(300)
    /// One that sits out comes later, as long as others may still answer.
    static let reserveHeadStart: Duration = .seconds(2)

    /// Makes connections where they are wanted, until shut down.
    func run() async {
        await withDiscardingTaskGroup { group in
            for lane in ConnectionLane.allCases { group.addTask { await self.run(lane.rawValue) } }
            group.addTask { await self.watchCredentials() }
            while let lanes = await waitForNewLanes() {
                for lane in lanes { group.addTask { await self.run(lane) } }
            }
            // It may have been shut down by no cancellation.
            group.cancelAll()
        }
    }

    /// Lanes that were made since the last time; nil when the transport is shut down.
    private func waitForNewLanes() async -> [LaneID]? {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard !state.isShutDown, state.newLanes.isEmpty else { return false }
                state.supervisor = continuation
                return true
            }
            if !waits { continuation.resume() }
        }
        return state.withLock { state in
            defer { state.newLanes = [] }
            return state.isShutDown ? nil : state.newLanes
        }
    }

    /// Makes a lane's connections, one when it is needed and none is there, until shut down or, if it names its endpoint, idle.
    private func run(_ lane: LaneID) async {
        var pacing = ReconnectPacing(backoff: configuration.backoff)
        while await waitForDemand(lane) {
            let wait = pacing.waitBeforeRound(at: .now, random: .random(in: -1...1))
            if wait > .zero {
                do { try await Task.sleep(for: wait) } catch { return }
                guard state.withLock({ $0.lanes[lane].hasDemand }) else { continue }
            }
            let order = state.withLock { $0.order(for: lane, at: .now()) }
            if await connect(lane, trying: order) {
                pacing.connected(at: .now)
            } else {
                pacing.failed()
                state.withLock { $0.lanes[lane].replacementFailed() }
            }
        }
    }

    /// False when the lane's task is to end.
    private func waitForDemand(_ lane: LaneID) async -> Bool {
        while true {
            let isPinned = state.withLock { $0.lanes[lane].route.endpoint != nil }
            var timer: Scheduled<Void>?
            await withCheckedContinuation { continuation in
                let sleeps = state.withLock { !$0.isShutDown && $0.lanes[lane].sleep(continuation) }
                guard sleeps else { return continuation.resume() }
                // Not before there is somebody to wake.
                if isPinned {
                    timer = group.next().scheduleTask(in: TimeAmount(configuration.pinnedConnectionIdleTime)) { self.wakeRunner(of: lane) }
                }
            }
            timer?.cancel()
            enum Step {
                case go, stop, wait
                case retire(Connection?)
            }
            let idleTime = TimeAmount(configuration.pinnedConnectionIdleTime)
            let step: Step = state.withLock { state in
                if state.isShutDown { return .stop }
                let own = state.lanes[lane]
                if own.hasDemand { return .go }
                guard isPinned, !own.hasWaiters, own.lastUse + idleTime <= .now() else { return .wait }
                state.removeLane(lane)
                return .retire(own.current)
            }
            switch step {
            case .go: return true
            case .stop: return false
            case .wait: continue
            case .retire(let connection):
                connection?.retire(movesStreams: false)
                return false
            }
        }
    }

    private func wakeRunner(of lane: LaneID) { state.withLock { $0.lanes[lane].takeRunner() }?.resume() }

    // MARK: Rounds of attempts

    private enum Attempt {
        case connected(Connection)
        case failed
        case headStartOver
    }

    /// Tries endpoints one after another, without waiting long for any; the first that is connected is the lane's.
    private func connect(_ lane: LaneID, trying order: [GRPCEndpoint]) async -> Bool {
        await withTaskGroup(of: Attempt.self) { group in
            var untried = order[...]
            var running = 0
            var startsNext = true
            var isConnected = false
            while !isConnected {
                if startsNext, let endpoint = untried.popFirst() {
                    startsNext = false
                    running += 1
                    group.addTask { await self.attempt(endpoint, lane) }
                    if let next = untried.first {
                        let sitsOut = state.withLock { $0.scores.sitsOut(next, at: .now()) }
                        group.addTask { await Self.wait(sitsOut ? Self.reserveHeadStart : Self.headStart) }
                    }
                }
                guard running > 0, let result = await group.next() else { break }
                switch result {
                case .connected(let connection): isConnected = publish(connection)
                case .failed: break
                case .headStartOver:
                    startsNext = true
                    continue
                }
                running -= 1
                startsNext = true
            }
            group.cancelAll()
            for await late in group {
                if case .connected(let connection) = late { discard(connection) }
            }
            return isConnected
        }
    }

    private static func wait(_ headStart: Duration) async -> Attempt {
        // Cancelled when another attempt succeeded: then nobody looks at this.
        do { try await Task.sleep(for: headStart) } catch { return .headStartOver }
        return .headStartOver
    }

    private func attempt(_ endpoint: GRPCEndpoint, _ lane: LaneID) async -> Attempt {
        let (interval, route) = state.withLock { ($0.keepaliveIntervals[endpoint], $0.lanes[lane].route) }
        warnIfExposed(endpoint)
        let start = NIODeadline.now()
        do {
            let connection = try await connector.connect(
                to: endpoint, route: route, laneID: lane, keepaliveInterval: interval, observer: self
            ) { channel in
                self.register(channel)
            }
            if state.withLock({ $0.failures.connected(endpoint) }) {
                logger.notice("Endpoint can be connected to again", metadata: ["endpoint": "\(endpoint)"])
            }
            note(.connected, at: endpoint, lane: route.lane)
            return .connected(connection)
        } catch {
            if Task.isCancelled {
                if NIODeadline.now() - start >= TimeAmount(Self.headStart) { note(.connectionStalled, at: endpoint, lane: route.lane) }
                return .failed
            }
            let failure = error as? ConnectionFailure ?? ConnectionFailure(kind: .connect, reason: "\(error)")
            let deservesWarning = state.withLock { state in
                state.lanes[lane].lastFailures[endpoint] = "\(error)"
                return state.failures.failed(endpoint, reason: failure.reason, isLasting: failure.isLasting, at: .now())
            }
            logger.log(
                level: deservesWarning ? .warning : .debug, "Connection failed", metadata: ["endpoint": "\(endpoint)", "error": "\(failure)"])
            metrics.failed(endpoint, reason: failure.kind.rawValue)
            announceState()
            note(.connectionFailed("\(error)"), at: endpoint, lane: route.lane)
            return .failed
        }
    }

    private func warnIfExposed(_ endpoint: GRPCEndpoint) {
        guard configuration.carriesSecrets, endpoint.isExposed, state.withLock({ $0.exposed.insert(endpoint).inserted }) else { return }
        logger.warning("Credentials go to this endpoint unencrypted; use https", metadata: ["endpoint": "\(endpoint)"])
    }

    private func register(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let accepted = state.withLock { state in
            if !state.isShutDown { state.attempts[id] = channel }
            state.channels[id] = channel
            return !state.isShutDown
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.attempts[id] = nil
                state.channels[id] = nil
            }
        }
        return accepted
    }

    /// Leaves a connection that came too late.
    func discard(_ connection: Connection) {
        metrics.opened(connection.endpoint)
        // It counts as closed when it is, as all do.
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
        connection.retire(movesStreams: false)
        // Whoever told that it broke may have done so before it was known here.
        if connection.isClosed { connectionClosed(connection, because: .broken, reason: "it closed at once") }
    }

    /// Gives a connection to its lane. False when it is of no use, because it broke already or its endpoint was removed meanwhile.
    private func publish(_ connection: Connection) -> Bool {
        enum Step {
            case use(waiters: [LaneState.Waiter], retired: Connection?, movesStreams: Bool)
            case discard
            case broken
            case shutDown
        }
        metrics.opened(connection.endpoint)
        let step: Step = state.withLock { state in
            state.attempts[ObjectIdentifier(connection.channel)] = nil
            state.connections[ObjectIdentifier(connection)] = connection
            if state.isShutDown { return .shutDown }
            guard connection.isUsable else { return .broken }
            guard connection.route.endpoint != nil || state.endpoints.contains(connection.endpoint) else { return .discard }
            let (waiters, retired, movesStreams) = state.lanes[connection.laneID].connected(connection)
            return .use(waiters: waiters, retired: retired, movesStreams: movesStreams)
        }
        // Whoever told that it broke may have done so before it was known here.
        defer {
            if connection.isClosed {
                connectionClosed(connection, because: .broken, reason: "it closed at once")
            } else if !connection.isUsable {
                connectionUnusable(connection, because: .broken)
            }
        }
        switch step {
        case .use(let waiters, let retired, let movesStreams):
            for waiter in waiters { waiter.resume(returning: .connection(connection)) }
            retired?.retire(movesStreams: movesStreams)
            announceState()
            logger.debug("Connected", metadata: ["endpoint": "\(connection.endpoint)", "lane": "\(connection.route.lane)"])
            return true
        case .discard: connection.retire(movesStreams: false)
        case .broken: break
        case .shutDown: connection.shutDown()
        }
        return false
    }
}

extension ConnectionPool.State {
    /// The endpoints that a lane's next round tries.
    func order(for lane: LaneID, at now: NIODeadline) -> [GRPCEndpoint] {
        if let pinned = lanes[lane].route.endpoint { return [pinned] }
        if let target = lanes[lane].replacement?.target, lanes[lane].current != nil { return [target] }
        return scores.order(lanes[lane].preference, for: lanes[lane].route.lane, at: now)
    }
}
