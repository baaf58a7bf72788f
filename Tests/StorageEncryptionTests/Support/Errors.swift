//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import StorageEncryption
import Testing

/// The error of that type that something throws; fails when it throws another, or none.
func thrown<Failure: Error>(
    _ type: Failure.Type, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any
) async throws -> Failure {
    do {
        let value = try await body()
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
    } catch let error as Failure {
        return error
    }
    throw NothingThrown()
}

struct NothingThrown: Error {}
