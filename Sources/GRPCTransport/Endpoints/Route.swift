//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a lane of connections is for: calls of a kind, to whichever endpoint serves them best or to one that they name.
struct Route: Sendable, Hashable {
    var lane: ConnectionLane
    /// nil for any of the transport's endpoints.
    var endpoint: GRPCEndpoint?
}

/// A lane's place in the pool. The lanes that name no endpoint have their ``ConnectionLane``'s number; places of others are used again.
typealias LaneID = Int
