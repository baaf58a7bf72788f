//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

// A server may live, answer pings, and give calls no answer for as long as it has something else to do, as an etcd member that defragments. Who waits
// there needn't wait for the end of that.
extension ConnectionHandler {
    /// A unary call was sent: watches over what comes for such calls as long as there are any.
    func watchForSilence(from now: NIODeadline) {
        guard silenceTimer == nil, let longest = health.longestSilence else { return }
        scheduleSilenceCheck(at: now + longest)
    }

    private func scheduleSilenceCheck(at deadline: NIODeadline) {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        silenceTimer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.checkSilence(at: .now()) }
    }

    private func checkSilence(at now: NIODeadline) {
        silenceTimer = nil
        let calls = openCalls().filter { $0.isUnary && !$0.mayBlock }
        guard let longest = health.longestSilence, let oldest = calls.map(\.startedAt).min() else { return }
        let end = health.silence(since: oldest) + longest
        guard now >= end else { return scheduleSilenceCheck(at: end) }
        leave(calls, silentFor: longest, at: now)
        scheduleSilenceCheck(at: now + longest)
    }

    private func leave(_ calls: [TransportCall], silentFor longest: TimeAmount, at now: NIODeadline) {
        guard let connection else { return }
        if connection.isUsable { observer.callsWait(on: connection, for: longest) }
        // Where there is no better place they had better wait.
        guard !connection.isUsable else { return }
        for call in calls where call.mayBeRepeated && call.startedAt + longest <= now {
            cancel(call, with: .unavailable, origin: .connection, message: "calls got no answer there, and another server can be asked")
        }
        finishTick()
    }
}
