//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Synchronization

/// What the hub's clock sees of a watch, or of a stream that many share: whether it lives, and how far behind it is.
final class WatchPulse: Sendable {
    private struct State {
        var machine: WatchLivenessStateMachine?
        var stream: GRPCStream?
        var hasGivenUp = false
    }

    private let state = Mutex(State())
    private let requestProgress: Mutex<@Sendable () async -> Void>
    private let storeRevision = Atomic<Int64>(0)
    private let deliveredRevision: Atomic<Int64>
    /// Whether it is a consumer's, not a stream's.
    let isWatch: Bool

    init(isWatch: Bool, deliveredRevision: Int64 = 0) {
        self.isWatch = isWatch
        self.deliveredRevision = Atomic(deliveredRevision)
        requestProgress = Mutex({})
    }

    /// How progress is asked for. What it captures must not own the pulse's owner.
    func onSilence(_ request: @escaping @Sendable () async -> Void) { requestProgress.withLock { $0 = request } }

    // MARK: Lag

    /// The store was at this revision.
    func saw(storeRevision revision: Int64) { storeRevision.max(revision, ordering: .relaxed) }

    /// The consumer has everything up to this revision.
    func delivered(_ revision: Int64) { deliveredRevision.store(revision, ordering: .relaxed) }

    /// By how many revisions the consumer is behind what the server last told of its store.
    var lag: Int64 { max(0, storeRevision.load(ordering: .relaxed) - deliveredRevision.load(ordering: .relaxed)) }

    // MARK: Life

    func opened(_ stream: GRPCStream, _ machine: WatchLivenessStateMachine) {
        state.withLock { $0 = State(machine: machine, stream: stream) }
    }

    func heard(isOwedMore: Bool = false) { state.withLock { $0.machine?.heard(at: .now, isOwedMore: isOwedMore) } }

    func asked() { state.withLock { $0.machine?.asked(at: .now) } }

    /// Something came, and the reader goes away with it for a while.
    func heardAndLeft() {
        state.withLock { state in
            state.machine?.heard(at: .now)
            state.machine?.stopReading()
        }
    }

    func read() { state.withLock { $0.machine?.read(at: .now) } }

    /// The stream has ended.
    /// - Returns: whether it was for its silence.
    @discardableResult
    func ended() -> Bool {
        state.withLock { state in
            defer { state = State() }
            return state.hasGivenUp
        }
    }

    /// How often to look; nil when there's nothing to see.
    var period: Duration? { state.withLock { $0.machine?.period } }

    /// Looks whether something is to be done now, and does what doesn't take time.
    /// - Returns: what does.
    func look(at now: ContinuousClock.Instant) -> (@Sendable () async -> Void)? {
        let (action, stream) = state.withLock { state -> (WatchLivenessStateMachine.Action, GRPCStream?) in
            let action = state.machine?.look(at: now) ?? .none
            if action == .giveUp {
                state.hasGivenUp = true
                state.machine = nil
            }
            return (action, state.stream)
        }
        switch action {
        case .none: return nil
        case .requestProgress: return requestProgress.withLock { $0 }
        case .giveUp:
            stream?.leaveServer()
            return nil
        }
    }
}

extension GRPCError {
    /// What a stream ends with that was given up.
    static let silent = GRPCError(
        code: .unavailable, message: "the server left the watch without an answer, although the connection is alive", disposition: .mayHaveExecuted,
        origin: .connection)
}
