//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Durations as Go writes them: `3s`, `1m30s`, `1.5h`, `250ms`.
package enum GoDuration {
    private static let units: [(name: String, nanoseconds: Double)] = [
        // Longer names first, so that "ms" isn't taken for "m".
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// The duration; nil when the text isn't one, or is longer than 290 years.
    package static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
            rest = rest.dropFirst(unit.name.count)
            total += number * unit.nanoseconds
        }
        guard total < Double(Int64.max) else { return nil }
        return .nanoseconds(Int64(isNegative ? -total : total))
    }
}
