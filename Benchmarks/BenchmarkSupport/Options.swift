//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How a benchmark was called: `[--full] [--only TEXT]`.
public struct Options: Sendable {
    /// As much work as the table of targets names, rather than as much as takes a minute.
    public var isFull = false
    /// Only the groups of rows whose name has this in it.
    public var only: String?

    /// From the command line. Ends the process when that can't be understood.
    public init() {
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--full": isFull = true
            case "--only" where !arguments.isEmpty: only = arguments.removeFirst()
            default:
                print("usage: \(CommandLine.arguments[0]) [--full] [--only TEXT]: \(argument) isn't understood")
                exit(2)
            }
        }
    }

    /// Whether a group of rows is wanted.
    public func wants(_ group: String) -> Bool { only.map { group.contains($0) } ?? true }
}
