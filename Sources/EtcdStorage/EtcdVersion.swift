//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A version of etcd, and what such a server can do.
struct EtcdVersion: Sendable, Hashable {
    let major: Int
    let minor: Int
    let patch: Int

    /// nil when there are no three numbers in it. What follows them, as in `3.6.0-rc.1`, doesn't count.
    init?(_ text: String) {
        let numbers = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count >= 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Whether a request for progress is answered only after all events before it.
    ///
    /// Source of the rule: upstream feature.FeatureSupportChecker; etcd issue 15220.
    var reportsProgressInOrder: Bool {
        switch (major, minor) {
        case (3, 4): patch >= 31
        case (3, 5): patch >= 13
        case (3, ..<4), (..<3, _): false
        default: true
        }
    }

    /// Whether there is RangeStream, which came with 3.7.
    var streamsRanges: Bool { (major, minor) >= (3, 7) }
}
