//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Which versions of etcd answer a request for progress only after all events before it.
///
/// Source of the rule: upstream feature.FeatureSupportChecker; etcd issue 15220.
enum WatchProgressSupport {
    static func isSupported(byVersion text: String) -> Bool {
        // "3.6.0-rc.1": what follows the numbers doesn't count.
        let numbers = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count >= 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return false }
        switch (major, minor) {
        case (3, 4): return patch >= 31
        case (3, 5): return patch >= 13
        case (3, ..<4), (..<3, _): return false
        default: return true
        }
    }
}
