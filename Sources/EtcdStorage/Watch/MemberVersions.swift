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

    /// A version that can't be read is nil.
    private var known: [GRPCEndpoint: EtcdVersion?] = [:]
    private var nextRound: ContinuousClock.Instant?

    mutating func learn(_ endpoint: GRPCEndpoint, version: String) {
        known[endpoint] = .some(EtcdVersion(version))
    }

    /// Whether all of these whose version is known report progress in order; nil while none is known.
    func reportProgress(_ endpoints: [GRPCEndpoint]) -> Bool? {
        let versions = endpoints.compactMap { known[$0] }
        return versions.isEmpty ? nil : versions.allSatisfy { $0?.reportsProgressInOrder ?? false }
    }

    /// Whom to ask now. While nothing is known everyone who wants to know asks; later one does, now and then, for those that are left.
    mutating func unasked(of endpoints: [GRPCEndpoint], now: ContinuousClock.Instant) -> [GRPCEndpoint] {
        let unknown = endpoints.filter { known[$0] == nil }
        if unknown.isEmpty { return [] }
        if unknown.count < endpoints.count, let nextRound, now < nextRound { return [] }
        nextRound = now + MemberVersions.patience
        return unknown
    }
}
