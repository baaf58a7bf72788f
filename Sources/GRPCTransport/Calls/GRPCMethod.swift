//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A method of a service.
public struct GRPCMethod: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The path as it is sent, as in `/etcdserverpb.KV/Range`.
    public var path: String

    /// A method by its path.
    public init(path: String) { self.path = path }

    /// A method by its path.
    public init(stringLiteral value: String) { path = value }

    /// The path.
    public var description: String { path }
}

/// Which of the separate connections to a server a call travels on.
///
/// Lanes share nothing, so a large answer on one delays no call on another.
public enum ConnectionLane: Int, Sendable, Hashable, CaseIterable {
    /// Small calls.
    case unary
    /// Large answers.
    case bulk
    /// Long-lived streams that must be prompt.
    case watch
}
