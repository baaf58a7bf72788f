//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a row should reach, from the project's table of targets.
public enum Target: Sendable {
    /// Ours, at most; or ours over the floor at most `orRatio`, for machines other than the one that the number was measured on.
    case atMost(Double, orRatio: Double? = nil)
    /// Ours, at least.
    case atLeast(Double)
    /// Ours over the floor, at least: for rates, where only a ratio means something. Or ours over the other peer at least `orOther`.
    case ratioAtLeast(Double, orOther: Double? = nil)

    func text(other: String) -> String {
        switch self {
        case .atMost(let limit, let ratio): "<=\(number(limit))" + (ratio.map { " or \(number($0))x" } ?? "")
        case .atLeast(let limit): ">=\(number(limit))"
        case .ratioAtLeast(let limit, let ratio): ">=\(number(limit))x" + (ratio.map { " or \(number($0))x \(other)" } ?? "")
        }
    }

    func isReached(ours: Double, floor: Double?, other: Double?) -> Bool {
        switch self {
        case .atMost(let limit, let ratio):
            if ours <= limit { return true }
            guard let floor, let ratio else { return false }
            return ours / floor <= ratio
        case .atLeast(let limit): return ours >= limit
        case .ratioAtLeast(let limit, let ratio):
            if let floor, ours / floor >= limit { return true }
            guard let other, let ratio else { return false }
            return ours / other >= ratio
        }
    }
}

/// Prints one line a row: name, ours, floor, the other peer if there is one, ratio to the floor, target, `ok` or `SHORT`.
public struct Report: Sendable {
    private let otherName: String?

    /// A report whose second number is `floor`: what ours is compared with, measured in the same run. The third is of another peer.
    public init(floor: String, other: String? = nil) {
        otherName = other
        print(line("", "ours", floor, other, "ratio", "target", ""))
    }

    /// Prints a row.
    public func row(_ name: String, ours: Double, floor: Double? = nil, other: Double? = nil, target: Target) {
        let ratio = floor.map { number(ours / $0) + "x" } ?? "-"
        let verdict = target.isReached(ours: ours, floor: floor, other: other) ? "ok" : "SHORT"
        let targetText = target.text(other: otherName ?? "")
        printNow(line(name, number(ours), floor.map(number) ?? "-", other.map(number) ?? "-", ratio, targetText, verdict))
    }

    private func line(
        _ name: String, _ ours: String, _ floor: String, _ other: String?, _ ratio: String, _ target: String, _ verdict: String
    ) -> String {
        func left(_ text: String, _ width: Int = 9) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        let padded = name + String(repeating: " ", count: max(0, 50 - name.count))
        let others = otherName == nil ? "" : left(other ?? "-") + " "
        return "\(padded)\(left(ours)) \(left(floor)) \(others)\(left(ratio)) \(left(target, otherName == nil ? 9 : 24))  \(verdict)"
    }
}

private func number(_ value: Double) -> String {
    String(format: abs(value) >= 100 ? "%.0f" : abs(value) >= 10 ? "%.1f" : "%.2f", value)
}
