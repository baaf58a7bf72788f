//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a text isn't JSON.
///
/// The messages say what was found and where, in the words that Go's encoding/json uses, because they reach clients inside `Status` messages.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was found, and what should have been there.
    public var message: String
    /// The byte at which the trouble was noticed.
    public var offset: Int

    /// An error at a byte.
    public init(message: String, offset: Int) {
        self.message = message
        self.offset = offset
    }

    /// The message and the place.
    public var description: String { "\(message) (at byte \(offset))" }
}
