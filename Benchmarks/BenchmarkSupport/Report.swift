//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a row should reach, from the project's table of targets.
public enum Target: Sendable {
    /// Ours, at most.
    case atMost(Double)
    /// Ours, at least.
    case atLeast(Double)
    /// Ours over the floor, at least: for rates, where only a ratio means something.
    case ratioAtLeast(Double)

    var text: String {
        switch self {
        case .atMost(let limit): "<=\(number(limit))"
        case .atLeast(let limit): ">=\(number(limit))"
        case .ratioAtLeast(let limit): ">=\(number(limit))x"
        }
    }

    func isReached(ours: Double, floor: Double?) -> Bool {
        switch self {
        case .atMost(let limit): ours <= limit
        case .atLeast(let limit): ours >= limit
        case .ratioAtLeast(let limit): floor.map { ours / $0 >= limit } ?? false
        }
    }
}

/// Prints one line a row: name, ours, floor, ratio, target, `ok` or `SHORT`.
public struct Report: Sendable {
    private let floorName: String

    /// A report whose second number is `floor`: what ours is compared with, measured in the same run.
    public init(floor: String) {
        floorName = floor
        print(Self.line("", "ours", floor, "ratio", "target", ""))
    }

    /// Prints a row.
    public func row(_ name: String, ours: Double, floor: Double? = nil, target: Target) {
        let ratio = floor.map { number(ours / $0) + "x" } ?? "-"
        let verdict = target.isReached(ours: ours, floor: floor) ? "ok" : "SHORT"
        print(Self.line(name, number(ours), floor.map(number) ?? "-", ratio, target.text, verdict))
        // Seen at once, also through a pipe.
        fflush(nil)
    }

    private static func line(_ name: String, _ ours: String, _ floor: String, _ ratio: String, _ target: String, _ verdict: String) -> String {
        func left(_ text: String) -> String { String(repeating: " ", count: max(0, 9 - text.count)) + text }
        let padded = name + String(repeating: " ", count: max(0, 58 - name.count))
        return "\(padded)\(left(ours)) \(left(floor)) \(left(ratio)) \(left(target))  \(verdict)"
    }
}

private func number(_ value: Double) -> String {
    String(format: abs(value) >= 100 ? "%.0f" : abs(value) >= 10 ? "%.1f" : "%.2f", value)
}
