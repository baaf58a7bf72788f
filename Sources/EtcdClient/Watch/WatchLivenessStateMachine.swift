//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides when a watch stream is asked for a sign of life, and when it is stuck although its connection lives. Knows no clock or stream.
struct WatchLivenessStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to do next.
    enum Action: Hashable, Sendable {
        /// Nothing yet.
        case none
        /// Ask how far the stream is.
        case requestProgress
        /// Leave the stream: it owes an answer since longer than is patient.
        case giveUp
    }

    /// Time that passes at once is time in which this process stood still: it says nothing about the server.
    static let standstill: Duration = .seconds(3)

    /// nil for a stream that isn't asked.
    private let interval: Duration?
    private let timeout: Duration
    /// Whether progress that isn't answered counts.
    private let countsProgress: Bool
    private var lastHeard: Instant
    private var owedSince: Instant?
    private var isReading = true
    private var lastLook: Instant

    /// A stream that was opened now.
    init(interval: Duration?, timeout: Duration, countsProgress: Bool, now: Instant) {
        self.interval = interval
        self.timeout = timeout
        self.countsProgress = countsProgress
        lastHeard = now
        lastLook = now
    }

    /// How often to look.
    var period: Duration { min(max(min(interval ?? timeout, timeout) / 4, .milliseconds(20)), .seconds(1)) }

    /// Something came, whatever it is. Further answers may be owed all the same.
    mutating func heard(at now: Instant, isOwedMore: Bool = false) {
        lastHeard = now
        owedSince = isOwedMore ? now : nil
    }

    /// Something was asked that has to be answered.
    mutating func asked(at now: Instant) { if owedSince == nil { owedSince = now } }

    /// Nobody reads: what has come can't be heard.
    mutating func stopReading() { isReading = false }

    mutating func read(at now: Instant) {
        if isReading { return }
        isReading = true
        if owedSince != nil { owedSince = now }
    }

    mutating func look(at now: Instant) -> Action {
        let passed = now - lastLook
        lastLook = now
        if passed > Self.standstill {
            lastHeard += passed
            owedSince? += passed
        }
        guard isReading else { return .none }
        if let owedSince { return now - owedSince >= timeout ? .giveUp : .none }
        guard let interval, now - lastHeard >= interval else { return .none }
        if countsProgress {
            owedSince = now
        } else {
            lastHeard = now
        }
        return .requestProgress
    }
}
