//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
public import Logging
import Registry
import Synchronization

/// Answers requests: the whole server but for the sockets.
///
/// The chain, from the outside in: audit identifier, errors to `Status`, what the URL asks for, deadline, who asks, whether they may, the endpoint.
///
/// Source of the rule: upstream server/config.go DefaultBuildHandlerChain.
public final class APIHandler: Sendable {
    /// What the chain needs to know.
    public struct Configuration: Sendable {
        /// Finds out who asks.
        public var authenticator: any Authenticator
        /// Decides who may do what.
        public var authorizer: any Authorizer
        /// What `/version` tells.
        public var version: ServerVersion
        /// The most bytes of a request's body; more is 413.
        public var maximumBodySize: Int
        /// How long a request may take that isn't a watch; longer is 504.
        public var requestTimeout: Duration
        /// A watch whose client names no time-out lasts between this and twice as many seconds.
        public var minimumWatchSeconds: Int
        /// Whether a client that may can have an object removed that can't be read: upstream's gate `AllowUnsafeMalformedObjectDeletion`. Without it the
        /// option is ignored, as upstream ignores it.
        public var allowsUnreadableDeletion: Bool
        /// What `/metrics` tells those who are known, in Prometheus' text format; nil for no such path.
        public var metrics: (@Sendable () -> String)?

        /// A configuration with upstream's limits.
        public init(
            authenticator: any Authenticator, authorizer: any Authorizer = AlwaysAllowAuthorizer(), version: ServerVersion = ServerVersion(),
            maximumBodySize: Int = 3 * 1024 * 1024, requestTimeout: Duration = .seconds(60), minimumWatchSeconds: Int = 1800,
            allowsUnreadableDeletion: Bool = true, metrics: (@Sendable () -> String)? = nil
        ) {
            self.authenticator = authenticator
            self.authorizer = authorizer
            self.version = version
            self.maximumBodySize = maximumBodySize
            self.requestTimeout = requestTimeout
            self.minimumWatchSeconds = minimumWatchSeconds
            self.allowsUnreadableDeletion = allowsUnreadableDeletion
            self.metrics = metrics
        }
    }

    private let configuration: Configuration
    private let resources: ResourceRouter
    private let paths: PathRouter
    private let logger: Logger
    private let isShuttingDown = Atomic(false)
    /// Ends requests that take too long; to be run while requests are served.
    let deadlines = RequestDeadlines()

    /// A handler for API groups.
    public init(configuration: Configuration, groups: [APIGroupInfo], healthChecks: [HealthCheck], logger: Logger) {
        let limits = ResourceEndpoint.Limits(
            maximumBodySize: configuration.maximumBodySize, minimumWatchSeconds: configuration.minimumWatchSeconds,
            allowsUnreadableDeletion: configuration.allowsUnreadableDeletion)
        let installed = groups.map { group in
            InstalledGroupVersion(
                groupVersion: group.groupVersion, groupPriority: group.groupPriority, versionPriority: group.versionPriority,
                endpoints: group.resources.map {
                    ResourceEndpoint($0, groupVersion: group.groupVersion, limits: limits, authorizer: configuration.authorizer)
                })
        }
        self.configuration = configuration
        self.logger = logger
        resources = ResourceRouter(installed)
        paths = PathRouter(installed, version: configuration.version, healthChecks: healthChecks, metrics: configuration.metrics, logger: logger)
    }

    /// Makes `/readyz` fail from now on, so that no new clients are sent here, and refuses new requests with 503.
    func beginShutdown() {
        isShuttingDown.store(true, ordering: .releasing)
    }

    /// Answers a request. Never throws: every failure is a response.
    public func respond(to http: HTTPRequest) async -> HTTPResponse {
        let auditID = AuditID.of(http)
        var logger = logger
        logger[metadataKey: "auditID"] = "\(auditID)"
        let query = QueryParameters(parsing: http.query)
        guard let path = http.path.percentDecoded() else {
            return finished(HTTPResponse(.badRequest("the path has a broken percent escape"), format: OutputFormat()), auditID: auditID, warnings: [])
        }
        // Upstream ignores such a parameter. A selector that is ignored selects everything, which a delete had better not do.
        guard !query.isBroken else {
            return finished(
                HTTPResponse(.badRequest("the query has a broken percent escape"), format: OutputFormat()), auditID: auditID, warnings: [])
        }
        let info = RequestInfo(method: http.method, path: path, query: query)
        let request = APIRequest(http: http, info: info, query: query, auditID: auditID, logger: logger)
        let response = info.isLongRunning ? await answer(request) : await answerInTime(request)
        logger.debug("answered", metadata: ["method": "\(http.method)", "path": "\(path)", "status": "\(response.status)"])
        return finished(response, auditID: auditID, warnings: request.warnings.warnings)
    }

    private func finished(_ response: HTTPResponse, auditID: String, warnings: [String]) -> HTTPResponse {
        var response = response
        response.headers.append("Audit-Id", auditID)
        if response.headers["Cache-Control"] == nil { response.headers.append("Cache-Control", "no-cache, private") }
        for warning in WarningHeader.values(of: warnings) { response.headers.append("Warning", warning) }
        return response
    }

    /// Answers, or gives up at the deadline.
    private func answerInTime(_ request: APIRequest) async -> HTTPResponse {
        let timeout: Duration
        switch Self.timeout(asked: request.query.nonEmpty("timeout"), maximum: configuration.requestTimeout) {
        case .success(let duration): timeout = duration
        case .failure(let status): return HTTPResponse(status, format: .lenient(request.http, query: request.query))
        }
        let (response, isOverdue) = await deadlines.run(until: .now + timeout) { await self.answer(request) }
        // A request that was done all the same is answered with what it did.
        guard isOverdue, response.status >= 400 else { return response }
        return HTTPResponse(
            .timeout("request did not complete within the allotted timeout", retryAfterSeconds: 0),
            format: .lenient(request.http, query: request.query))
    }

    private func answer(_ request: APIRequest) async -> HTTPResponse {
        do {
            return try await admitted(request)
        } catch {
            return HTTPResponse(error, format: .lenient(request.http, query: request.query))
        }
    }

    private func admitted(_ request: APIRequest) async throws(Status) -> HTTPResponse {
        let isShuttingDown = isShuttingDown.load(ordering: .acquiring)
        if let response = try await paths.publicResponse(to: request, isShuttingDown: isShuttingDown) { return response }
        if isShuttingDown { throw .shuttingDown }
        guard let user = await configuration.authenticator.authenticate(request.http.headers) else { throw .unauthorized() }
        var request = request
        request.user = user
        let attributes = AuthorizationAttributes(request)
        if let denial = await configuration.authorizer.denial(of: attributes) { throw .forbidden(attributes, reason: denial) }
        guard request.info.isResourceRequest else { return try await paths.response(to: request) }
        guard let endpoint = resources.endpoint(for: request.info) else { return .pathNotFound }
        return try await endpoint.respond(to: request)
    }

    /// The time that a request may take: what the client asks for, but no more than the server allows.
    /// - Returns: 400 for a text that isn't a duration.
    static func timeout(asked: String?, maximum: Duration) -> Result<Duration, Status> {
        guard let asked else { return .success(maximum) }
        // A plain number is seconds.
        guard let duration = Int64(asked).map({ Duration.seconds($0) }) ?? GoDuration.parse(asked), duration >= .zero else {
            return .failure(.badRequest("invalid value \(asked.goQuoted) of the query parameter \"timeout\": it must be a duration such as 30s"))
        }
        return .success(duration == .zero ? maximum : min(duration, maximum))
    }
}

extension Status {
    /// 503 for requests that come too late.
    fileprivate static let shuttingDown = Status(
        code: 503, reason: .serviceUnavailable, message: "apiserver is shutting down", details: Details(retryAfterSeconds: 1))

    /// 403 in upstream's words.
    fileprivate static func forbidden(_ attributes: AuthorizationAttributes, reason: String) -> Status {
        guard attributes.isResourceRequest else {
            var message = "forbidden: User \(attributes.user.name.goQuoted) cannot \(attributes.verb) path \(attributes.path.goQuoted)"
            if !reason.isEmpty { message += ": \(reason)" }
            return Status(code: 403, reason: .forbidden, message: message)
        }
        let scope = attributes.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(attributes.namespace.goQuoted)"
        let resource = attributes.subresource.isEmpty ? attributes.resource : "\(attributes.resource)/\(attributes.subresource)"
        var message =
            "User \(attributes.user.name.goQuoted) cannot \(attributes.verb) resource \(resource.goQuoted) "
            + "in API group \(attributes.group.goQuoted) \(scope)"
        if !reason.isEmpty { message += ": \(reason)" }
        return .forbidden(GroupResource(group: attributes.group, resource: attributes.resource), name: attributes.name, message: message)
    }
}
