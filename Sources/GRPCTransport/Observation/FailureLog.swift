//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Decides which failed connection attempts are worth a warning: what no retry will heal, and what has lasted long; each once.
struct FailureLog {
    static let patience: TimeAmount = .seconds(60)
    /// So many reasons that last are told of an endpoint and remembered, until it's connected to; a server may find new ones for ever.
    static let maximumReasons = 16

    private struct Entry {
        var since: NIODeadline
        var warnings: Set<String> = []
    }

    private var entries: [GRPCEndpoint: Entry] = [:]

    /// A failed attempt; true when it deserves a warning. `isLasting` failures come from settings or certificates.
    mutating func failed(_ endpoint: GRPCEndpoint, reason: String, isLasting: Bool, at now: NIODeadline) -> Bool {
        var entry = entries[endpoint] ?? Entry(since: now)
        defer { entries[endpoint] = entry }
        if isLasting { return entry.warnings.count < Self.maximumReasons && entry.warnings.insert(reason).inserted }
        return now >= entry.since + Self.patience && entry.warnings.insert("").inserted
    }

    /// It is connected to; true when there was a warning that this takes back.
    mutating func connected(_ endpoint: GRPCEndpoint) -> Bool {
        entries.removeValue(forKey: endpoint).map { !$0.warnings.isEmpty } ?? false
    }
}
