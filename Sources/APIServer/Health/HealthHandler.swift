//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging

/// Answers `/healthz`, `/livez` and `/readyz`, and the paths of single checks below them.
///
/// Source of the rule: upstream server/healthz.
struct HealthHandler: Sendable {
    private let checks: [HealthCheck]
    private let logger: Logger

    /// - Parameter checks: what is checked, in the order in which it is reported.
    init(checks: [HealthCheck], logger: Logger) {
        self.checks = checks
        self.logger = logger
    }

    /// nil for a path that isn't about health.
    func respond(toPath path: String, query: QueryParameters) async -> HTTPResponse? {
        let parts = path.split(separator: "/", maxSplits: 1)
        guard let endpoint = parts.first.flatMap({ HealthCheck.Endpoint(rawValue: String($0)) }) else { return nil }
        let checks = checks.filter { $0.endpoints.contains(endpoint) }
        guard parts.count == 2 else { return await respond(to: endpoint, checks, query: query) }
        guard let check = checks.first(where: { $0.name == parts[1] }) else { return .pathNotFound }
        do {
            try await check.check()
            return .plainText("ok")
        } catch {
            report(check, error)
            return .plainText("internal server error: \(check.name) failed: reason withheld\n", status: 500)
        }
    }

    private func respond(to endpoint: HealthCheck.Endpoint, _ checks: [HealthCheck], query: QueryParameters) async -> HTTPResponse {
        var excluded = Set(query.values(of: "exclude"))
        var report = ""
        var hasFailed = false
        for check in checks {
            if excluded.remove(check.name) != nil {
                report += "[+]\(check.name) excluded: ok\n"
                continue
            }
            do {
                try await check.check()
                report += "[+]\(check.name) ok\n"
            } catch {
                self.report(check, error)
                report += "[-]\(check.name) failed: reason withheld\n"
                hasFailed = true
            }
        }
        if !excluded.isEmpty {
            let names = excluded.sorted().map(\.goQuoted).joined(separator: ", ")
            report += "warn: some health checks cannot be excluded: no matches for \(names)\n"
        }
        if hasFailed { return .plainText("\(report)\(endpoint.rawValue) check failed\n", status: 500) }
        return query.flag("verbose") == true ? .plainText("\(report)\(endpoint.rawValue) check passed\n") : .plainText("ok")
    }

    /// Why a check failed stays in the log: who asks isn't known.
    private func report(_ check: HealthCheck, _ error: any Error) {
        logger.info("a health check failed", metadata: ["check": "\(check.name)", "error": "\(error)"])
    }
}
