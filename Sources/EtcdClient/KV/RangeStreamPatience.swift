//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Until when a piece of a range is waited for. A long piece on a thin line takes its time: what counts is that something comes, and not that all has.
struct RangeStreamPatience: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What a server must have been silent for before that counts against it: who is in more of a hurry, or stopped its server by not reading, learns
    /// nothing of it.
    static let tellingSilence = Duration.seconds(1)

    /// When the piece must be there, unless it's still coming.
    private(set) var end: Instant
    private let deadline: Instant?
    private let silence: Duration
    private var isExtended = false

    /// - Parameters:
    ///   - deadline: the caller's.
    ///   - timeout: how long servers may say nothing.
    init(deadline: Instant?, timeout: Duration, now: Instant) {
        self.deadline = deadline
        // Half of it is another server's.
        silence = timeout / 2
        end = now + timeout
        end = bounded(end)
    }

    private func bounded(_ instant: Instant) -> Instant { deadline.map { min($0, instant) } ?? instant }

    /// Until when to wait for a server that is waited for since `begin`.
    /// - Parameter heard: when something came of it last; nil for never.
    func limit(since begin: Instant, heard: Instant?) -> Instant {
        guard let heard, heard > begin else { return min(end, begin + silence) }
        return bounded(heard + silence)
    }

    /// A wait is over in which something came.
    /// - Parameter isWhole: whether that was a message. Parts of one that then breaks off are worth another try's time once, and not for ever.
    mutating func extend(isWhole: Bool, now: Instant) {
        if !isWhole, isExtended { return }
        if !isWhole { isExtended = true }
        end = max(end, bounded(now + silence))
    }

    /// Whether a wait that took too long was for the server's silence, and not because there's no time left.
    func isSilence(since begin: Instant, heard: Instant?, now: Instant) -> Bool {
        if let deadline, deadline <= now { return false }
        if let heard, heard > begin { return true }
        return begin + silence < end
    }
}

/// When something came on a stream last, be it a part of a message.
final class StreamEar: Sendable {
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    var lastHeard: ContinuousClock.Instant? { last.withLock(\.self) }

    func heard(since begin: ContinuousClock.Instant) -> Bool { lastHeard.map { $0 > begin } ?? false }

    func hear() { last.withLock { $0 = .now } }
}
