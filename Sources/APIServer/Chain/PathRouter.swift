//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging

/// Answers what isn't about a resource: discovery, schemas, version, health.
struct PathRouter: Sendable {
    private let discovery: DiscoveryDocuments
    private let openAPI: OpenAPIDocuments
    private let version: ServerVersion
    private let health: HealthHandler
    private let healthWhileStopping: HealthHandler
    private let metrics: (@Sendable () -> String)?

    init(
        _ installed: [InstalledGroupVersion], version: ServerVersion, healthChecks: [HealthCheck], metrics: (@Sendable () -> String)? = nil,
        logger: Logger
    ) {
        self.metrics = metrics
        discovery = DiscoveryDocuments(installed)
        openAPI = OpenAPIDocuments(installed, version: version)
        self.version = version
        let checks = [HealthCheck(name: "ping") {}] + healthChecks
        health = HealthHandler(checks: checks + [HealthCheck(name: "shutdown", endpoints: [.readyz]) {}], logger: logger)
        let stopping = HealthCheck(name: "shutdown", endpoints: [.readyz]) { throw ShuttingDown() }
        healthWhileStopping = HealthHandler(checks: checks + [stopping], logger: logger)
    }

    private struct ShuttingDown: Error {}

    /// What anybody may ask, as upstream's default roles allow: health and version. nil for everything else.
    func publicResponse(to request: APIRequest, isShuttingDown: Bool) async throws(Status) -> HTTPResponse? {
        guard !request.info.isResourceRequest, request.info.verb == "get" || request.info.verb == "head" else { return nil }
        let path = request.info.path
        if path == "/version" || path == "/version/" { return try document(version.json, request) }
        let handler = isShuttingDown ? healthWhileStopping : health
        return await handler.respond(toPath: path, query: request.query)
    }

    /// Everything else, for those who are known.
    func response(to request: APIRequest) async throws(Status) -> HTTPResponse {
        let parts = request.info.path.split(separator: "/").map(String.init)
        guard let found = try found(parts, request) else { return .pathNotFound }
        guard request.info.verb == "get" || request.info.verb == "head" else {
            return .plainText("405 method not allowed\n", status: 405)
        }
        return found
    }

    private func found(_ parts: [String], _ request: APIRequest) throws(Status) -> HTTPResponse? {
        switch (parts.first, parts.count) {
        case (nil, _): return try document(["paths": .array(allPaths.map { .string($0) })], request)
        case ("api", 1):
            if AggregatedDocument.isWanted(by: request.http) { return discovery.aggregatedCore.response(to: request.http) }
            let address = request.http.headers["Host"] ?? "localhost"
            return try discoveryDocument(discovery.coreVersionList(address: address), request)
        case ("apis", 1):
            if AggregatedDocument.isWanted(by: request.http) { return discovery.aggregatedGroups.response(to: request.http) }
            return try discoveryDocument(discovery.groupList, request)
        case ("apis", 2): return try discovery.groups[parts[1]].map { value throws(Status) in try document(value, request) }
        case ("api", 2): return try resourceList(GroupVersion(group: "", version: parts[1]), request)
        case ("apis", 3): return try resourceList(GroupVersion(group: parts[1], version: parts[2]), request)
        case ("metrics", 1):
            return metrics.map { metrics in
                HTTPResponse(
                    status: 200, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"], body: .bytes(Array(metrics().utf8)))
            }
        case ("openapi", _): return openAPI.response(toPath: parts, request: request.http, query: request.query)
        default: return nil
        }
    }

    private func resourceList(_ groupVersion: GroupVersion, _ request: APIRequest) throws(Status) -> HTTPResponse? {
        guard let list = discovery.resourceLists[groupVersion] else { return nil }
        return try document(list, request)
    }

    private func document(_ value: JSONValue, _ request: APIRequest) throws(Status) -> HTTPResponse {
        try .encoded(value, status: 200, format: .negotiate(request.http, query: request.query))
    }

    /// A document that shares its path with the aggregated one, so caches must look at `Accept`.
    private func discoveryDocument(_ value: JSONValue, _ request: APIRequest) throws(Status) -> HTTPResponse {
        var response = try document(value, request)
        response.headers["Vary"] = "Accept"
        return response
    }

    private var allPaths: [String] {
        var paths = ["/healthz", "/livez", "/readyz", "/version", "/openapi/v2", "/openapi/v3", "/apis"]
        paths += discovery.coreVersions.isEmpty ? [] : ["/api"]
        paths += metrics == nil ? [] : ["/metrics"]
        paths += discovery.groups.keys.map { "/apis/\($0)" }
        paths += discovery.resourceLists.keys.map { $0.group.isEmpty ? "/api/\($0.version)" : "/apis/\($0)" }
        paths += openAPI.paths
        return paths.sorted()
    }
}
