//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Synchronization

// What becomes of connections and endpoints, and where that sends the lanes.
extension ConnectionPool: ConnectionObserver {
    /// No complaint makes the silence before a ping longer than this.
    static let longestPingInterval: Duration = .seconds(3600)

    func connectionUnusable(_ connection: Connection, because cause: ConnectionCause) {
        let (wasCurrent, runner) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            let lane = connection.laneID
            guard state.lanes[lane].lost(connection) else { return (false, nil) }
            return (true, state.lanes[lane].hasDemand ? state.lanes[lane].takeRunner() : nil)
        }
        if wasCurrent {
            announceState()
            metrics.reconnecting()
            switch cause {
            case .broken: note(.connectionBroke("its connection broke"), at: connection)
            case .silent: note(.connectionBroke("it did not answer a ping"), at: connection)
            case .wedged: note(.wedged, at: connection)
            case .goingAway: note(.goingAway, at: connection)
            case .retired: break
            }
        }
        runner?.resume()
    }

    func connectionClosed(_ connection: Connection, because cause: ConnectionCause, reason: String) {
        connectionUnusable(connection, because: cause)
        let wasKnown = state.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil }
        guard wasKnown else { return }
        metrics.closed(connection.endpoint, reason: cause.rawValue)
        logger.debug("Connection closed", metadata: ["endpoint": "\(connection.endpoint)", "reason": "\(reason)"])
    }

    func pingedTooOften(_ endpoint: GRPCEndpoint, after interval: TimeAmount) {
        let interval = Duration.nanoseconds(interval.nanoseconds)
        let grown = state.withLock { state -> Duration? in
            let known = state.keepaliveIntervals[endpoint] ?? interval
            // Reckoned from what the connection did, so that a complaint said many times, or of several connections, is one.
            let wanted = max(known, min(interval * 2, Self.longestPingInterval))
            state.keepaliveIntervals[endpoint] = wanted
            return wanted > known ? wanted : nil
        }
        guard let grown else { return }
        logger.info("Server wants fewer keepalive pings", metadata: ["endpoint": "\(endpoint)", "interval": "\(grown)"])
    }

    func callsFailed(on connection: Connection, because reason: String) { note(.callsFailed(reason), at: connection) }

    func callsWait(on connection: Connection, for time: TimeAmount) { note(.silent(time), at: connection) }

    func measured(_ latency: TimeAmount, on connection: Connection) { note(.answered(latency), at: connection) }

    /// Somebody who understands answers judges the server that gave one.
    func report(_ outcome: GRPCEndpointOutcome, of endpoint: GRPCEndpoint, lane: ConnectionLane) {
        note(.reported(outcome), at: endpoint, lane: lane)
    }

    // MARK: Endpoints

    private func note(_ event: EndpointScoreboard.Event, at connection: Connection) {
        // A pinned call goes where it was told to, however that is.
        guard connection.route.endpoint == nil else { return }
        note(event, at: connection.endpoint, lane: connection.route.lane)
    }

    /// Takes in what happened at an endpoint, and moves the lanes that should be elsewhere.
    func note(_ event: EndpointScoreboard.Event, at endpoint: GRPCEndpoint, lane: ConnectionLane) {
        let now = NIODeadline.now()
        // Who answers no calls is likely to have no news for streams either.
        let movesStreams = if case .silent = event { true } else { false }
        var moves = Moves()
        var score: Double?
        state.withLock { state in
            guard state.endpoints.contains(endpoint) else { return }
            state.scores.record(event, at: endpoint, lane: lane, now: now, random: .random(in: -1...1))
            for lane in ConnectionLane.allCases where state.lanes[lane.rawValue].current?.endpoint == endpoint {
                state.move(lane, at: now, movesStreams: movesStreams, &moves)
            }
            score = state.scores.score(of: endpoint, among: state.endpoints, at: now)
        }
        if let score { metrics.score(score, of: endpoint) }
        carryOut(moves)
    }

    /// Replaces the endpoints. Connections to those that are gone take no new calls.
    func update(_ endpoints: [GRPCEndpoint]) {
        var moves = Moves()
        state.withLock { state in
            guard !state.isShutDown else { return }
            state.use(endpoints)
            // Those too that lanes have left before, for the sake of the streams that stayed.
            for connection in state.connections.values where connection.route.endpoint == nil && !state.endpoints.contains(connection.endpoint) {
                state.release(connection, movesStreams: true, because: "it is no longer among the endpoints", &moves)
            }
        }
        carryOut(moves)
    }

    private func carryOut(_ moves: Moves) {
        for (connection, movesStreams, reason) in moves.retired {
            logger.info(
                "Leaving an endpoint", metadata: ["endpoint": "\(connection.endpoint)", "lane": "\(connection.route.lane)", "reason": "\(reason)"])
            connection.retire(movesStreams: movesStreams)
        }
        for runner in moves.runners { runner.resume() }
        announceState()
    }

    // MARK: TLS files

    /// Looks at the TLS files now and then. When they have changed, connections made with the older ones are replaced after a while.
    func watchCredentials() async {
        guard let interval = credentials.settings.reloadPeriod, credentials.hasFiles else { return }
        while await Self.pause(interval) {
            guard state.withLock({ $0.connections.values.contains { $0.credentials != nil } }) else { continue }
            do {
                let newest = try await credentials.newest().number
                guard state.withLock({ $0.isStale(newest) }) else { continue }
                guard await Self.pause(credentials.settings.drainDelay) else { return }
                carryOut(state.withLock { $0.replaceStale(newest) })
            } catch {
                logger.debug("TLS files can't be looked at", metadata: ["error": "\(error)"])
            }
        }
    }

    /// False when the task is cancelled.
    private static func pause(_ time: Duration) async -> Bool {
        do { try await Task.sleep(for: time) } catch { return false }
        return true
    }

    /// What is to be done after the lock was given back.
    struct Moves {
        var retired: [(connection: Connection, movesStreams: Bool, reason: String)] = []
        var runners: [CheckedContinuation<Void, Never>] = []
    }
}

extension ConnectionPool.State {
    /// Connections made with older TLS files, but for those that were left with all their streams.
    private func stale(_ newest: Int) -> [Connection] { connections.values.filter { $0.credentials ?? newest < newest && !$0.movesStreams } }

    fileprivate func isStale(_ newest: Int) -> Bool { !stale(newest).isEmpty }

    /// Asks for new connections in place of those made with older TLS files. From those that lanes have left before, the streams go at once.
    fileprivate mutating func replaceStale(_ newest: Int) -> ConnectionPool.Moves {
        var moves = ConnectionPool.Moves()
        let reason = "the TLS files changed"
        for connection in stale(newest) {
            guard lanes[connection.laneID].current === connection else {
                moves.retired.append((connection, true, reason))
                continue
            }
            let wish = LaneState.Replacement(reason: reason, target: nil, movesStreams: true, isRequired: true)
            if let runner = lanes[connection.laneID].replace(wish) { moves.runners.append(runner) }
        }
        return moves
    }

    /// Asks the scores whether a lane should be elsewhere.
    fileprivate mutating func move(_ lane: ConnectionLane, at now: NIODeadline, movesStreams: Bool, _ moves: inout ConnectionPool.Moves) {
        guard let current = lanes[lane.rawValue].current else { return }
        switch scores.move(lane, from: current.endpoint, among: endpoints, at: now) {
        case nil: break
        case .leave(let reason): release(current, movesStreams: movesStreams, because: reason, &moves)
        case .prefer(let target, let reason):
            let wish = LaneState.Replacement(reason: reason, target: target, movesStreams: false, isRequired: false)
            if let runner = lanes[lane.rawValue].replace(wish) { moves.runners.append(runner) }
        }
    }

    /// Takes a connection from its lane, if it is the lane's: who needs one gets another.
    fileprivate mutating func release(_ connection: Connection, movesStreams: Bool, because reason: String, _ moves: inout ConnectionPool.Moves) {
        let wasCurrent = lanes[connection.laneID].lost(connection)
        guard wasCurrent || movesStreams && !connection.movesStreams else { return }
        moves.retired.append((connection, movesStreams, reason))
        if wasCurrent, lanes[connection.laneID].hasDemand, let runner = lanes[connection.laneID].takeRunner() { moves.runners.append(runner) }
    }
}
