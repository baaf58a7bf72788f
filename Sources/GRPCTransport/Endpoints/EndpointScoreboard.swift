//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What is known of the endpoints, and which of them a lane had better use. A value without I/O, fed with what happens to calls and connections.
///
/// An endpoint that fails sits out: it is chosen only when no other is left, for a time that grows with each failure and is random by a
/// fifth. One that answers much slower than the others is chosen after them as long as that is remembered, which is not for long once it was
/// left.
struct EndpointScoreboard {
    /// What happened at an endpoint.
    enum Event: Equatable {
        case connected
        case connectionFailed(String)
        /// Another endpoint was connected to before this one.
        case connectionStalled
        case connectionBroke(String)
        case goingAway
        /// Calls got no answer in time, or UNAVAILABLE, several times in a row.
        case callsFailed(String)
        /// Calls have waited there for so long, and none got an answer.
        case silent(TimeAmount)
        /// Its connection was silent to all calls until they ran out of time, though it was alive.
        case wedged
        case reported(GRPCEndpointOutcome)
        case answered(TimeAmount)
    }

    /// Where a lane should go.
    enum Move: Equatable {
        /// The endpoint is bad and there is another: no new calls to it.
        case leave(reason: String)
        /// The endpoint is slow: go to this one once it is connected.
        case prefer(GRPCEndpoint, reason: String)
    }

    struct Record {
        fileprivate(set) var strikes = 0
        fileprivate(set) var satOutUntil = NIODeadline.uptimeNanoseconds(0)
        fileprivate(set) var lastStrike = NIODeadline.uptimeNanoseconds(0)
        fileprivate(set) var reason = ""
        fileprivate var latencies = [LatencyAverage](repeating: LatencyAverage(), count: ConnectionLane.allCases.count)
        /// Since when no connection could be made.
        fileprivate(set) var unreachableSince: NIODeadline?
    }

    /// How a lane has been doing where it is.
    private struct LaneRecord {
        var slowSince: NIODeadline?
        var nextMove = NIODeadline.uptimeNanoseconds(0)
        var dwell = EndpointScoreboard.shortestDwell
    }

    /// A failure so long ago no longer makes the next one worse.
    static let forgiveness: TimeAmount = .seconds(60)
    static let firstSitOut: TimeAmount = .seconds(1)
    static let longestSitOut: TimeAmount = .seconds(30)
    static let unsuitedSitOut: TimeAmount = .seconds(30)
    /// An endpoint is slow when calls take so many times as long as at another …
    static let slowRatio = 4.0
    /// … and at least so many seconds; large answers take their time anyway.
    static func slowFloor(_ lane: ConnectionLane) -> Double { lane == .bulk ? 2 : 0.1 }
    /// … for so long without a break: jitter moves nobody.
    static let slowPatience: TimeAmount = .seconds(3)
    /// A lane that moved for speed stays at least so long; twice as long after each move that follows soon and was of no use.
    static let shortestDwell: TimeAmount = .seconds(10)
    static let longestDwell: TimeAmount = .minutes(10)

    private var records: [GRPCEndpoint: Record] = [:]
    private var lanes = [LaneRecord](repeating: LaneRecord(), count: ConnectionLane.allCases.count)

    /// What is known of an endpoint.
    func record(of endpoint: GRPCEndpoint) -> Record { records[endpoint] ?? Record() }

    /// Forgets the endpoints that are not among these.
    mutating func keep(_ endpoints: [GRPCEndpoint]) { records = records.filter { endpoints.contains($0.key) } }

    /// Takes in what happened. `random` is from -1 to 1.
    mutating func record(_ event: Event, at endpoint: GRPCEndpoint, lane: ConnectionLane, now: NIODeadline, random: Double) {
        var record = self.record(of: endpoint)
        switch event {
        case .answered(let latency): record.latencies[lane.rawValue].add(latency, at: now)
        case .connected: record.unreachableSince = nil
        case .connectionFailed(let reason):
            if record.unreachableSince == nil { record.unreachableSince = now }
            Self.strike(&record, reason, now, random)
        case .connectionStalled: Self.strike(&record, "it was slow to connect", now, random)
        case .connectionBroke(let reason): Self.strike(&record, reason, now, random)
        case .goingAway: Self.strike(&record, "it announced to go away", now, random)
        case .callsFailed(let reason): Self.strike(&record, reason, now, random)
        case .silent(let time):
            record.latencies[lane.rawValue].add(time, at: now)
            Self.strike(&record, "calls got no answer for \(time.nanoseconds / 1_000_000) ms", now, random)
        case .wedged: Self.strike(&record, "its connection gave calls no answer", now, random)
        case .reported(.unavailable): Self.strike(&record, "it said that it can't serve", now, random)
        case .reported(.unsuited): Self.strike(&record, "it refuses such calls", now, random, atLeast: Self.unsuitedSitOut)
        }
        records[endpoint] = record
    }

    private static func strike(_ record: inout Record, _ reason: String, _ now: NIODeadline, _ random: Double, atLeast: TimeAmount = .zero) {
        if record.lastStrike + forgiveness < now { record.strikes = 0 }
        record.lastStrike = now
        record.reason = reason
        // What fails while it sits out anyway, such as a hundred calls at once, is one failure.
        if record.strikes == 0 || now >= record.satOutUntil { record.strikes += 1 }
        let growing = firstSitOut.nanoseconds << Int64(min(record.strikes - 1, 5))
        let nanoseconds = max(min(growing, longestSitOut.nanoseconds), atLeast.nanoseconds)
        record.satOutUntil = max(record.satOutUntil, now + .nanoseconds(Int64(Double(nanoseconds) * (1 + 0.2 * random))))
    }

    /// Whether an endpoint is to be left alone for now.
    func sitsOut(_ endpoint: GRPCEndpoint, at now: NIODeadline) -> Bool { records[endpoint].map { now < $0.satOutUntil } ?? false }

    /// The endpoints in the order in which a lane should try them; those of equal standing in the order given.
    func order(_ endpoints: [GRPCEndpoint], for lane: ConnectionLane, at now: NIODeadline) -> [GRPCEndpoint] {
        let keyed = endpoints.enumerated().map { place, endpoint in
            (
                endpoint, sitsOut(endpoint, at: now) ? 2 : isSlow(endpoint, among: endpoints, lane, now) ? 1 : 0, record(of: endpoint).satOutUntil,
                place
            )
        }
        return keyed.sorted { left, right in
            if left.1 != right.1 { return left.1 < right.1 }
            // Who has waited longest goes first among those that sit out.
            if left.1 == 2, left.2 != right.2 { return left.2 < right.2 }
            return left.3 < right.3
        }.map(\.0)
    }

    private func isSlow(_ endpoint: GRPCEndpoint, among endpoints: [GRPCEndpoint], _ lane: ConnectionLane, _ now: NIODeadline) -> Bool {
        guard let own = latency(of: endpoint, lane, now), own > Self.slowFloor(lane) else { return false }
        // Nothing known of another is a reason to try it.
        return endpoints.contains { other in
            other != endpoint && !sitsOut(other, at: now) && latency(of: other, lane, now).map { own > $0 * Self.slowRatio } ?? true
        }
    }

    /// How long calls take there, in seconds; nil when that isn't known.
    func latency(of endpoint: GRPCEndpoint, _ lane: ConnectionLane, _ now: NIODeadline) -> Double? {
        records[endpoint]?.latencies[lane.rawValue].value(at: now)
    }

    /// Whether a lane that is at `current` should be elsewhere.
    mutating func move(_ lane: ConnectionLane, from current: GRPCEndpoint, among endpoints: [GRPCEndpoint], at now: NIODeadline) -> Move? {
        let others = endpoints.filter { $0 != current && !sitsOut($0, at: now) }
        guard !others.isEmpty else { return nil }
        if sitsOut(current, at: now) { return .leave(reason: record(of: current).reason) }
        var own = lanes[lane.rawValue]
        defer { lanes[lane.rawValue] = own }
        let known = latency(of: current, lane, now)
        guard let latency = known, isSlow(current, among: endpoints, lane, now) else {
            own.slowSince = nil
            if now > own.nextMove + own.dwell { own.dwell = Self.shortestDwell }
            // The move helped. Only of those that don't is each to be rarer than the last.
            if let known, known <= Self.slowFloor(lane) {
                own.dwell = Self.shortestDwell
                own.nextMove = min(own.nextMove, now + Self.shortestDwell)
            }
            return nil
        }
        let since = own.slowSince ?? now
        own.slowSince = since
        guard now >= since + Self.slowPatience, now >= own.nextMove else { return nil }
        let target = others.min { expected(at: $0, lane, now) < expected(at: $1, lane, now) }
        guard let target, expected(at: target, lane, now) * Self.slowRatio < latency else { return nil }
        own.slowSince = nil
        own.nextMove = now + own.dwell
        own.dwell = min(.nanoseconds(own.dwell.nanoseconds * 2), Self.longestDwell)
        records[current]?.latencies[lane.rawValue].left()
        return .prefer(target, reason: "calls take \(Int(latency * 1000)) ms there")
    }

    // Of an endpoint that nothing is known of the best is hoped.
    private func expected(at endpoint: GRPCEndpoint, _ lane: ConnectionLane, _ now: NIODeadline) -> Double {
        latency(of: endpoint, lane, now) ?? 0
    }

    /// From 0, it sits out, to 1, as good as any: for a gauge.
    func score(of endpoint: GRPCEndpoint, among endpoints: [GRPCEndpoint], at now: NIODeadline) -> Double {
        if sitsOut(endpoint, at: now) { return 0 }
        guard let own = latency(of: endpoint, .unary, now), own > 0 else { return 1 }
        let best = endpoints.compactMap { latency(of: $0, .unary, now) }.min() ?? own
        return min(max(best, 0.001) / max(own, 0.001), 1)
    }
}
