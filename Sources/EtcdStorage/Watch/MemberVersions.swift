//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Which versions the members of a cluster have, as far as they could be asked, without I/O.
///
/// Source of the rule: upstream feature.FeatureSupportChecker.
struct MemberVersions: Sendable {
    /// Members that didn't answer are asked again after so long.
    static let patience = Duration.seconds(30)
    /// The others after so long: etcds are updated while they run, and members replaced.
    static let lifetime = Duration.seconds(600)

    private struct Answer {
        /// nil for one that can't be read.
        var version: EtcdVersion?
        var askedAt: ContinuousClock.Instant
    }

    private var known: [GRPCEndpoint: Answer] = [:]
    private var nextRound: ContinuousClock.Instant?

    mutating func learn(_ endpoint: GRPCEndpoint, version: String, now: ContinuousClock.Instant) {
        known[endpoint] = Answer(version: EtcdVersion(version), askedAt: now)
    }

    /// Whether all of these whose version is known report progress in order; nil while none is known.
    func reportProgress(_ endpoints: [GRPCEndpoint]) -> Bool? {
        let versions = endpoints.compactMap { known[$0] }
        return versions.isEmpty ? nil : versions.allSatisfy { $0.version?.reportsProgressInOrder ?? false }
    }

    /// Whom to ask now. While nothing is known everyone who wants to know asks; later one does, now and then, for those that are left or were asked
    /// long ago. Their old answers count until there are new ones.
    mutating func unasked(of endpoints: [GRPCEndpoint], now: ContinuousClock.Instant) -> [GRPCEndpoint] {
        let unasked = endpoints.filter { endpoint in known[endpoint].map { now - $0.askedAt >= MemberVersions.lifetime } ?? true }
        if unasked.isEmpty { return [] }
        if endpoints.contains(where: { known[$0] != nil }), let nextRound, now < nextRound { return [] }
        nextRound = now + MemberVersions.patience
        return unasked
    }
}
