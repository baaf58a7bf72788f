//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// How long ago this was, as people read it in a table's Age column: two or three digits' worth, such as `90s`, `3m4s`, `5h`, `3d4h`, `2y11d`.
    /// A moment more than a second in the future gives `<invalid>`.
    ///
    /// Source of the rule: upstream util/duration HumanDuration.
    public func age(at moment: Timestamp) -> String {
        let (seconds, overflow) = moment.secondsSinceEpoch.subtractingReportingOverflow(secondsSinceEpoch)
        if overflow { return "<invalid>" }
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        return switch true {
        case seconds < -1: "<invalid>"
        case seconds < 0: "0s"
        case seconds < 120: "\(seconds)s"
        case minutes < 10: Timestamp.join(minutes, "m", seconds % 60, "s")
        case minutes < 180: "\(minutes)m"
        case hours < 8: Timestamp.join(hours, "h", minutes % 60, "m")
        case hours < 48: "\(hours)h"
        case days < 8: Timestamp.join(days, "d", hours % 24, "h")
        case days < 2 * 365: "\(days)d"
        case days < 8 * 365: Timestamp.join(days / 365, "y", days % 365, "d")
        default: "\(days / 365)y"
        }
    }

    private static func join(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
