//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

extension EtcdClient {
    /// Opens a stream: every stream of the client begins here, so that each carries what the client's calls carry.
    /// - Parameters:
    ///   - requiresLeader: has a member without a leader end the stream, rather than leave it silent.
    ///   - endpoint: the one server to open it on; nil for whichever is connected.
    ///   - endsOnGoAway: see `GRPCTransport.openStream`.
    func openStream(
        _ method: GRPCMethod, lane: ConnectionLane, requiresLeader: Bool = true, deadline: ContinuousClock.Instant? = nil,
        endpoint: GRPCEndpoint? = nil, endsOnGoAway: Bool? = nil
    ) async throws(GRPCError) -> GRPCStream {
        try await transport.openStream(
            method, lane: lane, metadata: metadata(requiresLeader: requiresLeader), deadline: deadline, endsOnGoAway: endsOnGoAway)
    }
}
