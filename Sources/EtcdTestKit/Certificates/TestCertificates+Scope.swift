//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension TestCertificates {
    /// Runs `body` with certificates of its own, for servers that aren't a cluster's members, and removes them afterwards.
    public static func withCertificates<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (TestCertificates) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        return try await body(make(in: directory))
    }
}
