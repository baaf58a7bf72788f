//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import GRPCTransport

@Suite("Scores of endpoints")
struct EndpointScoreboardTests {
    static let a = GRPCEndpoint(scheme: .http, host: "a", port: 1)
    static let b = GRPCEndpoint(scheme: .http, host: "b", port: 1)
    static let c = GRPCEndpoint(scheme: .http, host: "c", port: 1)
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// A scoreboard, a clock, and the words of these tests.
    struct Board {
        var scores = EndpointScoreboard()
        var now = EndpointScoreboardTests.start
        var lane = ConnectionLane.unary
        var endpoints = [EndpointScoreboardTests.a, EndpointScoreboardTests.b, EndpointScoreboardTests.c]

        mutating func note(_ event: EndpointScoreboard.Event, at endpoint: GRPCEndpoint) {
            scores.record(event, at: endpoint, lane: lane, now: now, random: 0)
        }

        mutating func move(from endpoint: GRPCEndpoint) -> EndpointScoreboard.Move? {
            scores.move(lane, from: endpoint, among: endpoints, at: now)
        }

        var order: [String] { scores.order(endpoints, for: lane, at: now).map(\.host) }

        /// Calls at one endpoint, ten a second, of these latencies in turn. The first move asked for, if any.
        mutating func calls(at endpoint: GRPCEndpoint, milliseconds: [Int], seconds: Int) -> EndpointScoreboard.Move? {
            for call in 0..<(seconds * 10) {
                now = now + .milliseconds(100)
                note(.answered(.milliseconds(Int64(milliseconds[call % milliseconds.count]))), at: endpoint)
                if let move = move(from: endpoint) { return move }
            }
            return nil
        }
    }

    @Test("Endpoints of which nothing is known keep the lane's order")
    func unknown() {
        var board = Board()
        #expect(board.order == ["a", "b", "c"])
        #expect(board.move(from: Self.a) == nil)
    }

    @Test(
        "An endpoint that fails is tried last and left, until it has sat out",
        arguments: [
            .connectionFailed("refused"), .connectionStalled, .connectionBroke("reset"), .goingAway, .callsFailed("late"), .silent(.seconds(3)),
            .wedged, .reported(.unavailable),
        ] as [EndpointScoreboard.Event])
    func failure(event: EndpointScoreboard.Event) {
        var board = Board()
        board.note(event, at: Self.a)
        #expect(board.order == ["b", "c", "a"])
        guard case .leave = board.move(from: Self.a) else {
            Issue.record("the lane stays")
            return
        }
        #expect(board.scores.score(of: Self.a, among: board.endpoints, at: board.now) == 0)
        board.now = board.now + .milliseconds(1001)
        #expect(board.order == ["a", "b", "c"])
        #expect(board.move(from: Self.a) == nil)
    }

    @Test("An endpoint that is unsuited sits out for half a minute")
    func unsuited() {
        var board = Board()
        board.note(.reported(.unsuited), at: Self.a)
        board.now = board.now + .seconds(29)
        #expect(board.order == ["b", "c", "a"])
        board.now = board.now + .seconds(2)
        #expect(board.order == ["a", "b", "c"])
    }

    @Test("Who fails again and again sits out longer and longer, up to half a minute; a good minute makes up for it")
    func growingSitOut() {
        var board = Board()
        var waits: [Int64] = []
        for _ in 0..<7 {
            board.note(.callsFailed("late"), at: Self.a)
            let until = board.scores.record(of: Self.a).satOutUntil
            waits.append((until - board.now).nanoseconds / 1_000_000_000)
            board.now = until
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30])
        board.now = board.now + .seconds(61)
        board.note(.callsFailed("late"), at: Self.a)
        #expect(board.scores.record(of: Self.a).satOutUntil - board.now == .seconds(1))
    }

    @Test("A hundred failures at once are one")
    func burst() {
        var board = Board()
        for _ in 0..<100 { board.note(.callsFailed("late"), at: Self.a) }
        #expect(board.scores.record(of: Self.a).satOutUntil - board.now == .seconds(1))
    }

    @Test("The time to sit out is random by a fifth", arguments: [(-1.0, 800), (0, 1000), (1, 1200)] as [(Double, Int64)])
    func jitter(random: Double, milliseconds: Int64) {
        var scores = EndpointScoreboard()
        scores.record(.wedged, at: Self.a, lane: .unary, now: Self.start, random: random)
        #expect(scores.record(of: Self.a).satOutUntil - Self.start == .milliseconds(milliseconds))
    }

    @Test("A lane stays where it is when all others sit out too, and the order is by who has sat out longest")
    func allBad() {
        var board = Board()
        for endpoint in [Self.c, Self.a, Self.b] {
            board.note(.connectionFailed("refused"), at: endpoint)
            board.now = board.now + .milliseconds(1)
        }
        #expect(board.move(from: Self.a) == nil)
        #expect(board.order == ["c", "a", "b"])
    }

    @Test("A lane leaves an endpoint that has become slow, for one that is known to be fast")
    func slow() {
        var board = Board()
        #expect(board.calls(at: Self.b, milliseconds: [2], seconds: 1) == nil)
        #expect(board.calls(at: Self.c, milliseconds: [1], seconds: 1) == nil)
        let move = board.calls(at: Self.a, milliseconds: [300], seconds: 10)
        guard case .prefer(let target, _) = move else {
            Issue.record("the lane stays")
            return
        }
        #expect(target == Self.c)
        #expect(board.order == ["b", "c", "a"])
        #expect(board.scores.score(of: Self.a, among: board.endpoints, at: board.now) < 0.1)
    }

    @Test(
        "A lane doesn't move for jitter, single outliers, latency that all share, or what is slow but not felt",
        arguments: [
            ([1, 1, 1, 60, 1, 1, 90, 2], 1), ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 900], 1),
            ([200, 350, 50], 180), ([40], 1),
        ])
    func steady(milliseconds: [Int], others: Int) {
        var board = Board()
        _ = board.calls(at: Self.b, milliseconds: [others], seconds: 2)
        _ = board.calls(at: Self.c, milliseconds: [others], seconds: 2)
        #expect(board.calls(at: Self.a, milliseconds: milliseconds, seconds: 60) == nil)
    }

    @Test("When every endpoint is as slow, a lane looks at the others less and less often")
    func noFlapping() {
        var board = Board()
        var place = Self.a
        var moves = 0
        for _ in 0..<600 {
            if case .prefer(let target, _) = board.calls(at: place, milliseconds: [250, 400, 300], seconds: 1) {
                place = target
                moves += 1
            }
        }
        // Each has been looked at; after that there is nothing to be gained.
        #expect(moves >= 2 && moves <= 6, "\(moves) moves in ten minutes")
    }

    @Test(
        "When endpoints become slow one after another, each soon after the lane has come, it leaves each within half a minute and a little",
        arguments: [2, 3], [1, 12, 40])
    func slowInTurn(count: Int, fastSeconds: Int) {
        var board = Board(endpoints: Array([Self.a, Self.b, Self.c].prefix(count)))
        var place = Self.a
        var (moves, slowSeconds, longest) = (0, 0, 0)
        var arrived = board.now
        for _ in 0..<1800 {
            let isSlow = board.now >= arrived + .seconds(Int64(fastSeconds))
            slowSeconds = isSlow ? slowSeconds + 1 : 0
            longest = max(longest, slowSeconds)
            guard case .prefer(let target, _) = board.calls(at: place, milliseconds: [isSlow ? 400 : 2], seconds: 1) else { continue }
            (place, arrived, slowSeconds) = (target, board.now, 0)
            moves += 1
        }
        #expect(longest <= 35, "\(longest) seconds at an endpoint that was slow")
        #expect(moves >= 1800 / (fastSeconds + 35) - 1)
    }

    @Test("A large answer on the bulk lane may take its time")
    func bulk() {
        var board = Board(lane: .bulk)
        #expect(board.calls(at: Self.a, milliseconds: [900], seconds: 30) == nil)
    }

    @Test("What was slow long ago is given another chance")
    func forgotten() {
        var board = Board()
        _ = board.calls(at: Self.b, milliseconds: [1], seconds: 1)
        _ = board.calls(at: Self.a, milliseconds: [500], seconds: 2)
        #expect(board.order.last == "a")
        board.now = board.now + .minutes(6)
        #expect(board.order == ["a", "b", "c"])
    }

    @Test("A single endpoint is never left")
    func single() {
        var board = Board(endpoints: [Self.a])
        for _ in 0..<10 { board.note(.wedged, at: Self.a) }
        #expect(board.move(from: Self.a) == nil)
        #expect(board.order == ["a"])
    }

    @Test("What is known of endpoints that left is forgotten")
    func keep() {
        var board = Board()
        board.note(.wedged, at: Self.a)
        board.scores.keep([Self.b, Self.c])
        #expect(board.order == ["a", "b", "c"])
    }
}

@Suite("Health of a connection's calls")
struct CallHealthTests {
    enum Step {
        case byte
        case success
        case unavailable
        case miss
        case shortMiss
    }

    @Test(
        "Failures in a row make a suspect, silence a wedged connection",
        arguments: [
            ([.miss, .miss, .miss], [.fine, .suspect, .wedged]),
            ([.miss, .byte, .miss, .byte, .miss], [.fine, .suspect, .suspect]),
            ([.miss, .success, .miss, .success, .miss], [.fine, .fine, .wedged]),
            ([.miss, .byte, .success, .miss, .byte, .success, .miss], [.fine, .fine, .fine]),
            ([.unavailable, .unavailable, .unavailable], [.fine, .suspect, .suspect]),
            ([.unavailable, .success, .unavailable], [.fine, .fine]),
            ([.shortMiss, .shortMiss, .shortMiss, .shortMiss], [.fine, .fine, .fine, .fine]),
        ] as [([Step], [CallHealth.Verdict])])
    func verdicts(steps: [Step], expected: [CallHealth.Verdict]) {
        var health = CallHealth()
        var verdicts: [CallHealth.Verdict] = []
        for step in steps {
            switch step {
            case .byte: health.progressed(at: .now())
            case .success: health.succeeded()
            case .unavailable: verdicts.append(health.unavailable())
            case .miss: verdicts.append(health.missedDeadline(patience: .seconds(1)))
            case .shortMiss: verdicts.append(health.missedDeadline(patience: .milliseconds(10)))
            }
        }
        #expect(verdicts == expected)
    }

    @Test("Calls wait in silence since the first of them was sent, or something came for any")
    func silence() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var health = CallHealth(longestSilence: .seconds(1))
        #expect(health.silence(since: start) == start)
        health.progressed(at: start + .seconds(2))
        #expect(health.silence(since: start) == start + .seconds(2))
        #expect(health.silence(since: start + .seconds(3)) == start + .seconds(3))
    }

    @Test("Calls of the lane for long answers are given more time, and none so little that it's nobody's fault")
    func longestSilence() {
        var configuration = GRPCTransportConfiguration(endpoints: [])
        #expect(configuration.longestSilence(on: .unary) == .milliseconds(2500))
        #expect(configuration.longestSilence(on: .bulk) == .seconds(10))
        configuration.silenceTimeout = .zero
        #expect(configuration.longestSilence(on: .watch) == .milliseconds(100))
        configuration.silenceTimeout = nil
        #expect(configuration.longestSilence(on: .unary) == nil)
    }

    @Test("Latency is measured for one call at a time, and not for each")
    func sampler() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var sampler = LatencySampler()
        #expect(sampler.started(1, at: start) == nil)
        #expect(sampler.started(2, at: start + .milliseconds(30)) == nil)
        #expect(!sampler.measures(2), "one at a time")
        #expect(sampler.measures(1))
        #expect(sampler.ended(at: start + .milliseconds(3)) == .milliseconds(3))
        #expect(sampler.started(2, at: start + .milliseconds(4)) == nil)
        #expect(!sampler.measures(2), "the last measurement was a moment ago")
        #expect(sampler.started(3, at: start + .milliseconds(25)) == nil)
        #expect(sampler.measures(3))
        sampler.gaveUp(3)
        #expect(!sampler.measures(3))
    }

    @Test("A call that takes very long counts as what has passed, and makes room for the next")
    func endlessCall() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var sampler = LatencySampler()
        #expect(sampler.started(1, at: start) == nil)
        #expect(sampler.started(2, at: start + .milliseconds(4999)) == nil)
        #expect(sampler.measures(1))
        #expect(sampler.started(3, at: start + .milliseconds(5001)) == .milliseconds(5001))
        #expect(sampler.measures(3) && !sampler.measures(1))
    }
}
