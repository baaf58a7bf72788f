//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

/// Parses a JSON text of a test.
func json(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
}

extension JSONValue {
    /// The compact text, members in order.
    var text: String { String(decoding: serialized(), as: UTF8.self) }
}

/// One case of a table: its name is what a failure shows.
struct PatchCase: Sendable, CustomTestStringConvertible {
    var name: String
    var document: String
    var patch: String
    var result: String

    var testDescription: String { name }

    init(_ name: String, _ document: String, _ patch: String, _ result: String) {
        self.name = name
        self.document = document
        self.patch = patch
        self.result = result
    }
}

/// A patch that must fail.
struct FailingPatchCase: Sendable, CustomTestStringConvertible {
    var name: String
    var document: String
    var patch: String
    var kind: PatchError.Kind
    /// Part of the message.
    var message: String

    var testDescription: String { name }

    init(_ name: String, _ document: String, _ patch: String, _ kind: PatchError.Kind, _ message: String) {
        self.name = name
        self.document = document
        self.patch = patch
        self.kind = kind
        self.message = message
    }
}
