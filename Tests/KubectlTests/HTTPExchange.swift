//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

/// One HTTPS request by curl, for what kubectl would never send.
struct HTTPExchange: Sendable {
    let code: Int
    let headers: String
    let body: String

    /// The body as JSON; an empty object when it isn't any.
    var json: [String: any Sendable] {
        get throws {
            let parsed = try JSONSerialization.jsonObject(with: Data(body.utf8))
            return try #require(parsed as? [String: any Sendable])
        }
    }

    static func send(
        _ method: String, _ path: String, to server: KeelsonServer, token: String?, body: String? = nil, contentType: String = "application/json",
        headers: [String] = []
    ) async throws -> HTTPExchange {
        var arguments = [
            "--silent", "--show-error", "--include", "--http1.1", "--max-time", "60", "--cacert", server.dataDirectory + "/pki/ca.crt",
            "--request", method, server.url + path,
        ]
        if let token { arguments += ["--header", "Authorization: Bearer \(token)"] }
        for header in headers { arguments += ["--header", header] }
        if body != nil { arguments += ["--header", "Content-Type: \(contentType)", "--header", "Expect:", "--data-binary", "@-"] }
        let result = try await Subprocess.run(
            .name("curl"), arguments: Arguments(arguments), input: .string(body ?? ""), output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 16))
        let output = result.standardOutput
        let parts = output.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let status = parts.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return HTTPExchange(
            code: try #require(status, "no answer to \(method) \(path): \(output) \(result.standardError)"),
            headers: parts.first.map(String.init) ?? "", body: parts.count > 1 ? String(parts[1]) : "")
    }
}
