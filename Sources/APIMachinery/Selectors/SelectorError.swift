//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a selector can't be read.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was found and what was expected.
    public var message: String

    /// An error.
    public init(message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
