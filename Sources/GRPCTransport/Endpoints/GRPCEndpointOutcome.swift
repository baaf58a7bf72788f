//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What an answer told of the server that gave it, in the judgement of whoever understands the answer.
public enum GRPCEndpointOutcome: Sendable, Hashable {
    /// It can't serve for now: it has no leader, is stopping, is behind or overloaded. It sits out for a few seconds, longer each time.
    case unavailable
    /// It refuses calls of this kind, and repeating them there is pointless until something about the server changes: a learner, an
    /// older release. It sits out for half a minute or more.
    case unsuited
}
