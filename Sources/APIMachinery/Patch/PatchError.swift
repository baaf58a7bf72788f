//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a patch could not be applied.
public struct PatchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whose fault it is.
    public enum Kind: Sendable, Hashable {
        /// The patch itself is wrong, whatever it is applied to: 400.
        case malformed
        /// The patch doesn't fit this object: 422.
        case inapplicable
        /// The patch asks for more work or memory than one request may: 413.
        case tooLarge
    }

    /// Whose fault it is.
    public var kind: Kind
    /// For a person: names the operation or member, and what was found there.
    public var message: String

    /// A failure.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
