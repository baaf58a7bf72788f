//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What became of calls at all servers together, so that one that is made twice shows.
final class CallLedger: Sendable {
    private enum Fate {
        /// A server has it, and will answer.
        case accepted
        /// A server said that it won't look at it: it may be made again.
        case refused
        case answered
        /// A connection broke before the answer.
        case unknown
    }

    private struct State {
        var fates: [UInt32: Fate] = [:]
        var refusals: [UInt32: Int] = [:]
        var violations: [String] = []
    }

    private let state = Mutex(State())

    var violations: [String] { state.withLock { $0.violations } }

    /// Something else went wrong.
    func report(_ violation: String) { state.withLock { $0.violations.append(violation) } }

    /// A call has come that a server will answer.
    func accept(_ call: UInt32) {
        state.withLock { state in
            if let fate = state.fates[call], fate != .refused { state.violations.append("call \(call) came again, though it was \(fate)") }
            state.fates[call] = .accepted
        }
    }

    func answer(_ call: UInt32) { state.withLock { $0.fates[call] = .answered } }
    func lose(_ call: UInt32) { state.withLock { $0.fates[call] = .unknown } }

    func refuse(_ call: UInt32) {
        state.withLock { state in
            state.refusals[call, default: 0] += 1
            // One that another connection has is none of this one's any more.
            if state.fates[call] == nil || state.fates[call] == .accepted { state.fates[call] = .refused }
        }
    }

    /// What a caller was told.
    func tell(_ call: UInt32, ofSuccess: Bool) {
        state.withLock { state in
            let fate = state.fates[call]
            if fate != (ofSuccess ? .answered : .unknown) {
                state.violations.append("call \(call) \(ofSuccess ? "succeeded" : "failed"), but it was \(fate.map { "\($0)" } ?? "never made")")
            }
        }
    }

    /// A caller was told that its call was refused again and again.
    func tellOfRefusals(_ call: UInt32, atLeast count: Int) {
        state.withLock { state in
            if state.refusals[call, default: 0] < count || state.fates[call] != .refused {
                state.violations.append("call \(call) was given up after \(state.refusals[call, default: 0]) refusals")
            }
        }
    }
}
