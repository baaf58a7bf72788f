//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// All that is wrong with an encryption configuration.
public struct EncryptionConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// Where, as in `resources[0].providers[1].aesgcm.keys[0].secret`; empty for the whole.
        public var path: String
        /// The line of the text, from 1, when it is known.
        public var line: Int?
        /// What, and what to do.
        public var message: String

        /// A problem.
        public init(path: String, line: Int? = nil, message: String) {
            self.path = path
            self.line = line
            self.message = message
        }

        /// The place and the message.
        public var description: String {
            let place = [path.isEmpty ? nil : path, line.map { "line \($0)" }].compactMap { $0 }.joined(separator: ", ")
            return place.isEmpty ? message : "\(place): \(message)"
        }
    }

    /// The file, when there is one.
    public var source: String?
    /// At least one.
    public var problems: [Problem]

    /// An error.
    public init(source: String? = nil, problems: [Problem]) {
        self.source = source
        self.problems = problems
    }

    /// The source and every problem.
    public var description: String {
        (source.map { "\($0): " } ?? "encryption configuration: ") + problems.map(\.description).joined(separator: "; ")
    }
}
