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
        /// Ask what a server answers at once, whatever its watchers are at.
        case probe
        /// Leave the stream: it owes an answer since longer than is patient.
        case giveUp
    }

    /// What a stream is asked, and how long it may owe an answer.
    struct Rules: Hashable, Sendable {
        /// After how much silence it is asked how far it is; nil for never.
        var progressInterval: Duration?
        /// Whether progress that isn't answered counts. One watcher that isn't up to date silences it for all.
        var owesProgress = false
        /// After how much silence it is probed; nil for never.
        var probeInterval: Duration?
        var timeout: Duration
    }

    /// How many timeouts an answer may take while other things are said. Those that are in line before it are no reason to leave; that it never comes is.
    static let busyTimeouts = 3

    /// Time that passes at once is time in which this process stood still: it says nothing about the server.
    static let standstill: Duration = .seconds(3)

    private(set) var rules: Rules
    private var lastHeard: Instant
    /// When something came last that wasn't the answer to a probe, which says nothing of how far the stream is.
    private var lastNews: Instant
    private var isProbed = false
    private var lastAsked: Instant
    private var owedSince: Instant?
    /// Since when the next answer is owed, whatever else was said meanwhile.
    private var unansweredSince: Instant?
    private var isReading = true
    private var lastLook: Instant

    /// A stream that was opened now.
    init(_ rules: Rules, now: Instant) {
        self.rules = rules
        lastHeard = now
        lastNews = now
        lastAsked = now
        lastLook = now
    }

    /// However short an interval is, it's looked at no more often.
    static let shortestPeriod: Duration = .milliseconds(20)

    /// How often to look.
    var period: Duration {
        let shortest = [rules.progressInterval, rules.probeInterval, rules.timeout].compactMap(\.self).min() ?? rules.timeout
        return min(max(shortest / 4, Self.shortestPeriod), .seconds(1))
    }

    /// What holds from now on.
    mutating func follow(_ rules: Rules) { self.rules = rules }

    /// Something came, whatever it is. Further answers may be owed all the same.
    /// - Parameter isAnswer: whether what is owed from now on is another answer than before.
    mutating func heard(at now: Instant, isOwedMore: Bool = false, isAnswer: Bool = true) {
        lastHeard = now
        if !isProbed { lastNews = now }
        isProbed = false
        owedSince = isOwedMore ? now : nil
        if !isOwedMore { unansweredSince = nil } else if isAnswer || unansweredSince == nil { unansweredSince = now }
    }

    /// A part of a long message came: on a slow link the answers behind it take as long as it does.
    mutating func heardPart(at now: Instant) {
        if let since = unansweredSince { unansweredSince = min(now, since + (now - lastHeard)) }
        lastHeard = now
        lastNews = now
        if owedSince != nil { owedSince = now }
    }

    /// Something was asked that has to be answered.
    mutating func asked(at now: Instant) { if owedSince == nil { owes(since: now) } }

    private mutating func owes(since now: Instant) {
        owedSince = now
        unansweredSince = now
    }

    /// Nobody reads: what has come can't be heard.
    mutating func stopReading() { isReading = false }

    mutating func read(at now: Instant) {
        if isReading { return }
        isReading = true
        if owedSince != nil { owes(since: now) }
    }

    mutating func look(at now: Instant) -> Action {
        let passed = now - lastLook
        lastLook = now
        if passed > Self.standstill {
            lastHeard += passed
            lastNews += passed
            owedSince? += passed
            unansweredSince? += passed
        }
        guard isReading else { return .none }
        if let owedSince {
            let isPatient = now - owedSince < rules.timeout && now - (unansweredSince ?? now) < rules.timeout * Self.busyTimeouts
            return isPatient ? .none : .giveUp
        }
        if let interval = rules.progressInterval, now - max(lastNews, lastAsked) >= interval {
            lastAsked = now
            if rules.owesProgress { owes(since: now) }
            return .requestProgress
        }
        if let interval = rules.probeInterval, now - lastHeard >= interval {
            owes(since: now)
            isProbed = true
            return .probe
        }
        return .none
    }
}

extension WatchLivenessStateMachine.Rules {
    /// The rules for a stream that its watches want asked like this, where the client has each stream probed like that: the shorter holds.
    init(_ liveness: WatchOptions.Liveness?, probe: WatchOptions.Liveness?, owesProgress: Bool = false, asksProgress: Bool = true) {
        let shortest = liveness?.shortest(probe) ?? probe
        self.init(
            progressInterval: asksProgress ? liveness?.interval : nil, owesProgress: owesProgress, probeInterval: shortest?.interval,
            timeout: shortest?.timeout ?? WatchHub.patience)
    }
}
