//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Tells from the calls of one connection whether the server, or the connection, does its work. A value without I/O.
struct CallHealth {
    enum Verdict: Equatable {
        case fine
        /// Several calls in a row failed.
        case suspect
        /// Several calls in a row ran out of time, and meanwhile not a byte came for any call.
        case wedged
    }

    /// So many failures in a row make a suspect.
    static let suspectAfter = 2
    /// So many expired calls without a byte make a wedged connection.
    static let wedgedAfter = 3
    /// A call that had less time than this says nothing about the server.
    static let shortestPatience: TimeAmount = .milliseconds(200)

    /// For so long nothing may come for any of the calls that wait; nil for as long as it may be.
    let longestSilence: TimeAmount?
    private var failures = 0
    private var silentMisses = 0
    private var heardAt = NIODeadline.uptimeNanoseconds(0)

    init(longestSilence: TimeAmount? = nil) { self.longestSilence = longestSilence }

    /// Something came for a call.
    mutating func progressed(at now: NIODeadline) {
        silentMisses = 0
        heardAt = now
    }

    /// Since when calls wait in silence, the first of them since `start`.
    func silence(since start: NIODeadline) -> NIODeadline { max(start, heardAt) }

    /// A call succeeded.
    mutating func succeeded() { failures = 0 }

    /// The server answered UNAVAILABLE.
    mutating func unavailable() -> Verdict {
        failures += 1
        return failures >= Self.suspectAfter ? .suspect : .fine
    }

    /// Calls that had this much time, at most, ran out of it together.
    mutating func missedDeadline(patience: TimeAmount) -> Verdict {
        guard patience >= Self.shortestPatience else { return .fine }
        failures += 1
        silentMisses += 1
        if silentMisses >= Self.wedgedAfter { return .wedged }
        return failures >= Self.suspectAfter ? .suspect : .fine
    }
}

/// Measures now and then how long a unary call takes: one call at a time, and not more often than 50 times a second.
struct LatencySampler {
    static let interval: TimeAmount = .milliseconds(20)
    /// A call that takes so long counts as that, and the next is measured in its place. No average makes a difference between longer ones.
    static let longest = TimeAmount.nanoseconds(Int64(LatencyAverage.cap * 1e9))

    private var call: UInt64 = 0
    private var start = NIODeadline.uptimeNanoseconds(0)

    /// A call begins, and may be the one that is measured.
    /// - Returns: what has passed since the start of one that was measured until now, and that nobody waits for any more.
    mutating func started(_ call: UInt64, at now: NIODeadline) -> TimeAmount? {
        let passed = now - start
        let isFree = self.call == 0
        guard passed >= (isFree ? Self.interval : Self.longest) else { return nil }
        self.call = call
        start = now
        return isFree ? nil : passed
    }

    /// Whether it is the ended call that is measured.
    func measures(_ call: UInt64) -> Bool { self.call == call && call != 0 }

    mutating func ended(at now: NIODeadline) -> TimeAmount {
        call = 0
        return now - start
    }

    /// The measured call did not come to an end of its own.
    mutating func gaveUp(_ call: UInt64) { if self.call == call { self.call = 0 } }
}
