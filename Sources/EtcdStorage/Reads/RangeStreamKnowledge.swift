//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Whether etcd has RangeStream, as far as it's known, without I/O. What was learnt is asked for again now and then: etcds are updated while they run.
///
/// Source of the rule: upstream feature.FeatureSupportChecker and its rangeStreamRecheckInterval.
struct RangeStreamKnowledge: Sendable {
    /// How long an answer is good for.
    static let lifetime = Duration.seconds(600)

    enum Decision: Hashable, Sendable {
        case known(Bool)
        /// Ask now, and take this should there be no answer.
        case ask(otherwise: Bool)
    }

    private var isThere: Bool?
    private var askAgainAt: ContinuousClock.Instant?

    /// While nothing is known everyone who wants to know asks; later one does, when it is time, and the others go by what was known.
    mutating func decide(now: ContinuousClock.Instant) -> Decision {
        guard let isThere, let askAgainAt else { return .ask(otherwise: false) }
        guard now >= askAgainAt else { return .known(isThere) }
        self.askAgainAt = now + Self.lifetime
        return .ask(otherwise: isThere)
    }

    mutating func learn(_ isThere: Bool, now: ContinuousClock.Instant) {
        self.isThere = isThere
        askAgainAt = now + Self.lifetime
    }
}
