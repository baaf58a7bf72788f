//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Registry

/// A request on its way through the chain, with what the links before found out about it.
struct APIRequest: Sendable {
    /// What was received.
    let http: HTTPRequest
    /// What the URL and the method ask for.
    let info: RequestInfo
    /// The parameters of the query.
    let query: QueryParameters
    /// Names the request in logs and in the `Audit-Id` header.
    let auditID: String
    /// Who asks.
    var user = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])
    /// Collects warnings for the client.
    let warnings = WarningRecorder()
    /// Logs.
    let logger: Logger

    /// What the registry needs to know; `namespace` is nil for cluster-scoped resources and for all namespaces.
    func context(namespaced: Bool) -> RequestContext {
        RequestContext(namespace: namespaced && !info.namespace.isEmpty ? info.namespace : nil, user: user, warnings: warnings, logger: logger)
    }
}
