//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One lane's connection and those who wait for one. A value without I/O.
struct LaneState {
    /// What a waiting call is told.
    enum Outcome {
        case connection(Connection)
        case failed(GRPCError)
    }

    /// Why a connection that works is to make room for another as soon as that is made.
    struct Replacement {
        var reason: String
        /// The one endpoint to go to; nil for the best.
        var target: GRPCEndpoint?
        /// Whether streams that can move are told to.
        var movesStreams: Bool
        /// Whether failed attempts are repeated, or leave everything as it is.
        var isRequired: Bool
    }

    typealias Waiter = CheckedContinuation<Outcome, Never>

    let route: Route
    /// The endpoints, as this lane prefers them when all are equally good: each lane and each client in its own order.
    var preference: [GRPCEndpoint] = []
    private(set) var current: Connection?
    private(set) var replacement: Replacement?
    /// Why the last attempt at each endpoint failed, since there was a connection.
    var lastFailures: [GRPCEndpoint: String] = [:]
    /// When somebody last asked for a connection. Kept for lanes that name their endpoint.
    var lastUse = NIODeadline.uptimeNanoseconds(0)
    private var waiters: [UInt64: Waiter] = [:]
    private var runner: CheckedContinuation<Void, Never>?

    init(route: Route) { self.route = route }

    /// Whether somebody waits for a connection that isn't there, or the one that is there is to be replaced.
    var hasDemand: Bool { current == nil ? !waiters.isEmpty : replacement != nil }

    /// Why the last attempt at each of some endpoints failed; nil when none did.
    func failure(at endpoints: [GRPCEndpoint]) -> String? {
        let failures = endpoints.compactMap { endpoint in lastFailures[endpoint].map { "\(endpoint): \($0)" } }
        return failures.isEmpty ? nil : failures.joined(separator: "; ")
    }

    var hasWaiters: Bool { !waiters.isEmpty }

    /// Registers a call that waits. The runner is to be resumed if it sleeps.
    mutating func add(_ waiter: Waiter, id: UInt64) -> CheckedContinuation<Void, Never>? {
        waiters[id] = waiter
        return takeRunner()
    }

    /// A call no longer waits; nil when it has been told already.
    mutating func remove(_ id: UInt64) -> Waiter? { waiters.removeValue(forKey: id) }

    /// Registers the runner; false when it must not sleep because there is demand.
    mutating func sleep(_ runner: CheckedContinuation<Void, Never>) -> Bool {
        if hasDemand { return false }
        self.runner = runner
        return true
    }

    mutating func takeRunner() -> CheckedContinuation<Void, Never>? {
        defer { runner = nil }
        return runner
    }

    /// Asks for another connection in place of the current one; the runner is to be resumed if it sleeps.
    mutating func replace(_ replacement: Replacement) -> CheckedContinuation<Void, Never>? {
        guard current != nil, self.replacement == nil || replacement.isRequired else { return nil }
        self.replacement = replacement
        return takeRunner()
    }

    /// A replacement could not be connected to.
    mutating func replacementFailed() { if replacement?.isRequired == false { replacement = nil } }

    /// There is a connection: all who wait get it. The one that it replaces, if any, is to be retired.
    mutating func connected(_ connection: Connection) -> (waiters: [Waiter], retired: Connection?, movesStreams: Bool) {
        let old = current
        let movesStreams = replacement?.movesStreams ?? false
        current = connection
        replacement = nil
        lastFailures = [:]
        return (takeWaiters(), old, movesStreams)
    }

    /// A connection takes no new calls; false when it isn't the lane's.
    mutating func lost(_ connection: Connection) -> Bool {
        guard current === connection else { return false }
        current = nil
        replacement = nil
        return true
    }

    mutating func takeWaiters() -> [Waiter] {
        defer { waiters = [:] }
        return Array(waiters.values)
    }
}
