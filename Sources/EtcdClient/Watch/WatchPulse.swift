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

    /// How a stream is asked something.
    struct Questions: Sendable {
        var progress: @Sendable () async -> Void = {}
        var probe: @Sendable (GRPCStream) async -> Void = { _ in }
    }

    private let state = Mutex(State())
    private let questions: Mutex<Questions>
    private let storeRevision = Atomic<Int64>(0)
    private let deliveredRevision: Atomic<Int64>
    /// Whether it is a consumer's, not a stream's.
    let isWatch: Bool

    init(isWatch: Bool, deliveredRevision: Int64 = 0) {
        self.isWatch = isWatch
        self.deliveredRevision = Atomic(deliveredRevision)
        questions = Mutex(Questions())
    }

    /// What to do about silence. What it captures must not own the pulse's owner.
    func onSilence(_ questions: Questions) { self.questions.withLock { $0 = questions } }

    // MARK: Lag

    /// The store was at this revision.
    func saw(storeRevision revision: Int64) { storeRevision.max(revision, ordering: .relaxed) }

    /// The consumer has everything up to this revision.
    func delivered(_ revision: Int64) { deliveredRevision.store(revision, ordering: .relaxed) }

    /// By how many revisions the consumer is behind what the server last told of its store.
    var lag: Int64 { max(0, storeRevision.load(ordering: .relaxed) - deliveredRevision.load(ordering: .relaxed)) }

    // MARK: Life

    func opened(_ stream: GRPCStream, _ rules: WatchLivenessStateMachine.Rules) {
        state.withLock { $0 = State(machine: WatchLivenessStateMachine(rules, now: .now), stream: stream) }
    }

    /// What holds from now on for the stream that is open, if one is.
    func follow(_ rules: WatchLivenessStateMachine.Rules) { state.withLock { $0.machine?.follow(rules) } }

    func heard(isOwedMore: Bool, isAnswer: Bool) { state.withLock { $0.machine?.heard(at: .now, isOwedMore: isOwedMore, isAnswer: isAnswer) } }

    /// A part of a message came, whose end is still to come.
    func heardPart() { state.withLock { $0.machine?.heardPart(at: .now) } }

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
        case .requestProgress: return questions.withLock { $0.progress }
        case .probe:
            guard let stream else { return nil }
            let probe = questions.withLock { $0.probe }
            return { await probe(stream) }
        case .giveUp:
            stream?.leaveServer()
            return nil
        }
    }
}

extension GRPCError {
    /// What a stream ends with that was given up.
    static let silent = silent(nil)

    /// What a stream ends with that was given up.
    static func silent(_ endpoint: GRPCEndpoint?) -> GRPCError {
        GRPCError(
            code: .unavailable, message: "the server left the stream without an answer, although the connection is alive",
            disposition: .mayHaveExecuted, origin: .connection, endpoint: endpoint)
    }
}
