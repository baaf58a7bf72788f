//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One lane's connection and those who wait for one. A value without I/O.
struct LaneState {
    /// What a waiting call is told.
    enum Outcome {
        case connection(Connection)
        case failed(GRPCError)
    }

    typealias Waiter = CheckedContinuation<Outcome, Never>

    private(set) var current: Connection?
    /// Why the last attempt failed.
    var lastFailure: String?
    private var waiters: [UInt64: Waiter] = [:]
    private var runner: CheckedContinuation<Void, Never>?

    /// Whether somebody waits for a connection that isn't there.
    var hasDemand: Bool { current == nil && !waiters.isEmpty }

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

    /// There is a connection: all who wait get it.
    mutating func connected(_ connection: Connection) -> [Waiter] {
        current = connection
        lastFailure = nil
        return takeWaiters()
    }

    /// A connection takes no new calls; false when it isn't the lane's.
    mutating func lost(_ connection: Connection) -> Bool {
        guard current === connection else { return false }
        current = nil
        return true
    }

    mutating func takeWaiters() -> [Waiter] {
        defer { waiters = [:] }
        return Array(waiters.values)
    }
}
