//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

// Pings of our own, as long as there are calls that a dead connection would let down; and answers to the server's.
extension ConnectionHandler {
    /// What keeps watch over the connection; nothing without a policy.
    struct Pings {
        var policy: Keepalive?
        var timer: Scheduled<Void>?
        var count: UInt64 = 0
        let answerDelay: TimeAmount
        var answerTimer: Scheduled<Void>?

        init(policy: Keepalive?, answerDelay: TimeAmount) {
            self.policy = policy
            self.answerDelay = answerDelay
        }

        func cancel() {
            timer?.cancel()
            answerTimer?.cancel()
        }
    }

    /// Calls are open: watches over the connection until there are none.
    func watchOverConnection() {
        guard pings.timer == nil, pings.policy != nil else { return }
        let now = NIODeadline.now()
        pings.policy?.becameActive(at: now)
        keepaliveFired(at: now)
    }

    private func keepaliveFired(at now: NIODeadline) {
        pings.timer = nil
        guard isReady, let action = pings.policy?.timerFired(at: now, hasOpenCalls: session.openCalls > 0) else { return }
        switch action {
        case .rest: break
        case .wait(let deadline): scheduleKeepalive(at: deadline)
        case .ping(let next):
            pings.count += 1
            // An unanswered ping on a connection from which bytes still come: there is no need for a second.
            _ = session.ping(pings.count)
            finishTick()
            scheduleKeepalive(at: next)
        case .dead:
            metrics.pingTimedOut(endpoint)
            close(because: "the server did not answer a keepalive ping", .silent)
        }
    }

    private func scheduleKeepalive(at deadline: NIODeadline) {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings.timer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.keepaliveFired(at: .now()) }
    }

    /// A server's ping, if there is one, is answered a moment later.
    ///
    /// grpc-go pings with each request that it gets while no ping of its own is under way, to measure the connection. Answered at once, those are two
    /// packets more for each of calls that follow one another, and both sides wake up once more. Who waits for an answer meanwhile, the session knows.
    func answerPingSoon() {
        guard session.holdsPing, pings.answerTimer == nil, let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings.answerTimer = context.eventLoop.scheduleTask(in: pings.answerDelay) { bound.value.answerPing() }
    }

    private func answerPing() {
        pings.answerTimer = nil
        session.answerPing()
        finishTick()
    }
}
