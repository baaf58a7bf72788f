//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why managed fields can't be read, or an object's fields can't be told apart.
public struct ManagedFieldsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, naming the input.
    public var message: String

    /// An error.
    public init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
