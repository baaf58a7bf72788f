//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// Calls to gRPC servers over HTTP/2: connections made on demand, kept alive, replaced when they break.
///
/// Calls may be made from any task at any time. They wait for a connection until their deadline, before ``run()`` was called too; when that was
/// forgotten, a warning in the log and the calls' errors say so. Each call
/// is sent to one server at most once, unless it is proven that the server did not get it or refused it; the error of a failed call
/// says which (``GRPCError/disposition-swift.property``).
///
/// Each lane has a connection to one of the endpoints, the first of them chosen at random. It goes elsewhere when that endpoint fails, lets calls
/// run out of time, answers UNAVAILABLE again and again, or is much slower than the others; an endpoint that failed sits out for a time that
/// grows with each failure. Connections are tried staggered, so that one that stalls doesn't hold up the next.
public final class GRPCTransport: Service, Sendable {
    /// How often servers may refuse a unary call, provably without effect, until it fails.
    static let maximumRefusals = 5

    /// The event loop of the connections for small calls and for watches, as a place for tasks to run.
    ///
    /// A task that runs there, by `withTaskExecutorPreference(_:isolation:operation:)`, gets its answers without a change of threads, which is most
    /// of what a small call costs. Whatever blocks or computes for long there holds up all other calls; so prefer it for tasks that do little
    /// between their calls.
    public let taskExecutor: any TaskExecutor

    private let configuration: GRPCTransportConfiguration
    let pool: ConnectionPool
    private let logger: Logger

    /// A transport that connects to nothing yet.
    ///
    /// - Precondition: The configuration names an endpoint.
    public init(
        configuration: GRPCTransportConfiguration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
    ) {
        precondition(!configuration.endpoints.isEmpty, "a GRPCTransport needs an endpoint")
        let configuration = configuration.reckonable
        self.configuration = configuration
        self.logger = logger
        let executor = EventLoopTaskExecutor(eventLoopGroup.next())
        taskExecutor = executor
        pool = ConnectionPool(configuration: configuration, executor: executor, group: eventLoopGroup, logger: logger)
    }

    /// Makes connections until the task is cancelled or shut down gracefully; then closes them, which fails the calls that are open.
    ///
    /// Run it once, in a task of its own or in a `ServiceGroup`. Afterwards every call fails with ``GRPCError/Origin/shutdown``.
    /// - Throws: ``GRPCError`` with `failedPrecondition` when it has been called before, whether that run has ended or not. It goes on undisturbed.
    ///   Also when the TLS configuration names the file of the client's certificate or that of its key, but not both: every call fails by the same error.
    public func run() async throws {
        try claimRun()
        let flaw = endIfFlawed()
        await runClaimed()
        if let flaw { throw flaw }
    }

    /// Whether ``run()`` was called.
    package var hasRun: Bool { pool.state.withLock { $0.hasRun } }

    /// Somebody waits for what goes on beside ``run()``: its absence is to be seen in the log.
    package func awaitRun() { pool.awaitRun() }

    /// What must come before ``runClaimed()``, once.
    package func claimRun() throws(GRPCError) {
        guard pool.claimRun() else {
            throw GRPCError(
                code: .failedPrecondition, message: "run() has been called already; what shares its connections is run once, together",
                disposition: .notSent, origin: .caller)
        }
    }

    /// Shuts the transport down when its configuration is such that no attempt to connect would ever succeed, so that nobody waits for one.
    /// - Returns: what is wrong.
    package func endIfFlawed() -> GRPCError? {
        guard configuration.tls?.hasHalfIdentity == true else { return nil }
        let flaw = GRPCError(code: .failedPrecondition, message: GRPCTLSConfiguration.halfIdentity, disposition: .notSent, origin: .caller)
        pool.shutDown(because: flaw)
        return flaw
    }

    /// ``run()``, for one who has claimed it.
    package func runClaimed() async {
        let pool = self.pool
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await pool.run()
            } onCancel: {
                pool.shutDown()
            }
        }
        pool.shutDown()
        await pool.waitUntilClosed()
    }

    /// Sends one message and returns the one that answers it.
    ///
    /// The deadline goes to the server and is kept here too; nil is none. Cancelling the task resets the call at the server. A call that
    /// did not leave is sent on the next connection, and one that the server provably refused is sent again, up to five times in all.
    /// - Parameter endpoint: The one server to send it to; nil for whichever is best. It need not be among ``endpoints``. Such calls share a
    ///   connection with others of their lane to that server, which is made on demand and closed when idle
    ///   (``GRPCTransportConfiguration/pinnedConnectionIdleTime``).
    /// - Throws: ``GRPCError``: the server's status, or what happened on the way.
    public func unary(
        _ method: GRPCMethod, message: [UInt8], lane: ConnectionLane = .unary, metadata: GRPCMetadata = [:],
        deadline: ContinuousClock.Instant? = nil, endpoint: GRPCEndpoint? = nil
    ) async throws(GRPCError) -> GRPCResponse {
        let answer = try await unaryReceived(
            method, message: message, lane: lane, metadata: metadata, deadline: NIODeadline(optional: deadline), endpoint: endpoint)
        return GRPCResponse(message: answer.message, metadata: answer.metadata, trailers: answer.trailers)
    }

    /// As ``unary(_:message:lane:metadata:deadline:endpoint:)``, without a copy of the answer.
    ///
    /// Costs one allocation, three passes of an uncontended lock, and one resumption of the task.
    /// - Parameters:
    ///   - parts: Makes, for an answer that is longer than a part, who takes it as it comes.
    ///   - mayBlock: Whether the server answers only when something happens that may be far off. How long such a call takes, and that it runs out of
    ///     time, is not held against the endpoint.
    ///   - mayBeRepeated: Whether the call may be given up where it's left without an answer, for its caller to make it again elsewhere: it fails with
    ///     ``GRPCStatusCode/unavailable`` then. See ``GRPCTransportConfiguration/silenceTimeout``.
    package func unaryReceived(
        _ method: GRPCMethod, message: [UInt8], lane: ConnectionLane, metadata: GRPCMetadata, deadline: NIODeadline?,
        endpoint: GRPCEndpoint? = nil, parts: (@Sendable () -> any PartReceiver)? = nil, mayBlock: Bool = false, mayBeRepeated: Bool = false
    ) async throws(GRPCError) -> ReceivedResponse {
        let route = Route(lane: lane, endpoint: endpoint)
        var refusals = 0
        while true {
            let connection: Connection
            if let current = pool.currentConnection(for: route) {
                connection = current
            } else {
                connection = try await pool.connection(for: route, deadline: deadline)
            }
            let call = TransportCall(
                method: method, metadata: metadata, deadline: deadline, isUnary: true, endsOnGoAway: false, parts: parts, mayBlock: mayBlock,
                mayBeRepeated: mayBeRepeated)
            await withTaskCancellationHandler {
                connection.submit(.start(call, message: message))
                await withUnsafeContinuation { continuation in
                    if !call.state.withLock({ $0.waitForEnd(continuation) }) { continuation.resume() }
                }
            } onCancel: {
                call.state.withLock { $0.cancel() }
                connection.submit(.cancel(call))
            }
            call.seeOutcome()
            guard let error = call.outcome.error else { return ReceivedResponse(call) }
            try Self.throwUnlessHarmless(error, &refusals)
        }
    }

    /// Returns when a unary call that failed is to be sent again.
    private static func throwUnlessHarmless(_ error: GRPCError, _ refusals: inout Int) throws(GRPCError) {
        if error.missedConnection { return }
        guard error.code == .unavailable, error.origin != .shutdown, error.disposition == .refused else { throw error }
        refusals += 1
        guard refusals < maximumRefusals else { throw error }
    }

    /// Opens a stream in both directions; of use for server streaming too: send one message and finish.
    ///
    /// Returns when a connection has taken it; the server has not answered yet. Streams are never opened anew by the transport once they were sent.
    /// - Parameters:
    ///   - endsOnGoAway: Whether the stream ends with ``GRPCError/Origin/serverGoingAway`` as soon as its server announces to leave, or its
    ///     endpoint is removed or its connection replaced, so that its owner can move. Otherwise it goes on until the server ends it: etcd leaves
    ///     watches open and silent for seven seconds. nil is true on ``ConnectionLane/watch`` and false on the other lanes.
    ///   - endpoint: The one server to open it on, as with ``unary(_:message:lane:metadata:deadline:endpoint:)``; nil for whichever is best.
    /// - Throws: ``GRPCError`` with ``GRPCError/Disposition/notSent`` when no connection took it before the deadline or before the task was cancelled,
    ///   and when the path or the metadata may not be sent. A task that is cancelled later, until this returns, gets the error of
    ///   ``GRPCError/Origin/caller`` too, and the stream is reset.
    public func openStream(
        _ method: GRPCMethod, lane: ConnectionLane = .watch, metadata: GRPCMetadata = [:], deadline: ContinuousClock.Instant? = nil,
        endsOnGoAway: Bool? = nil, endpoint: GRPCEndpoint? = nil
    ) async throws(GRPCError) -> GRPCStream {
        try await openStream(
            method, lane: lane, metadata: metadata, deadline: deadline, endsOnGoAway: endsOnGoAway, endpoint: endpoint, parts: nil)
    }

    /// As ``openStream(_:lane:metadata:deadline:endsOnGoAway:endpoint:)``.
    /// - Parameter parts: Makes, for each message that is longer than a part, who takes it as it comes. The public ways to read a stream know nothing of
    ///   such messages.
    package func openStream(
        _ method: GRPCMethod, lane: ConnectionLane, metadata: GRPCMetadata, deadline: ContinuousClock.Instant?, endsOnGoAway: Bool?,
        endpoint: GRPCEndpoint?, parts: (@Sendable () -> any PartReceiver)?
    ) async throws(GRPCError) -> GRPCStream {
        let deadline = NIODeadline(optional: deadline)
        while true {
            let connection = try await pool.connection(for: Route(lane: lane, endpoint: endpoint), deadline: deadline)
            let call = TransportCall(
                method: method, metadata: metadata, deadline: deadline, isUnary: false, endsOnGoAway: endsOnGoAway ?? (lane == .watch),
                parts: parts)
            let stream = GRPCStream(call: call, connection: connection, creditThreshold: max(configuration.streamWindowSize, 65535) / 16)
            await withTaskCancellationHandler {
                connection.submit(.start(call, message: nil))
                await call.waitForStart()
            } onCancel: {
                stream.cancel()
            }
            if call.missedConnection { continue }
            if let error = call.refusalToStart { throw error }
            guard !Task.isCancelled else {
                stream.cancel()
                throw GRPCError(
                    code: .cancelled, message: "the caller cancelled the call", disposition: .mayHaveExecuted, origin: .caller,
                    endpoint: stream.endpoint)
            }
            return stream
        }
    }

    // MARK: Endpoints

    /// The servers that calls go to which name none.
    public var endpoints: [GRPCEndpoint] { pool.state.withLock { $0.endpoints } }

    /// Replaces the endpoints, at any time.
    ///
    /// Connections to endpoints that are gone take no new calls. Unary calls that are open there finish; streams with `endsOnGoAway` end as if the
    /// server went away; other streams go on. Calls and connections that name their endpoint are not concerned. What is known of endpoints that
    /// stay is kept. An empty list is ignored, with a warning.
    public func updateEndpoints(_ endpoints: [GRPCEndpoint]) {
        guard !endpoints.isEmpty else {
            logger.warning("Ignoring an empty list of endpoints; the transport keeps those that it has")
            return
        }
        pool.update(endpoints)
    }

    /// Tells what an answer that this transport can't read says of the server that gave it.
    ///
    /// The endpoint sits out: as long as there is another, the next call goes there. Open calls and streams stay where they are. Does nothing
    /// for endpoints that are not among ``endpoints``.
    /// - Parameter lane: the lane of the call.
    public func report(_ outcome: GRPCEndpointOutcome, of endpoint: GRPCEndpoint, lane: ConnectionLane = .unary) {
        pool.report(outcome, of: endpoint, lane: lane)
    }

    // MARK: Observation

    /// The state of the connections: the current one, then each change.
    ///
    /// Changes that follow each other faster than an observer looks are one. It costs calls nothing.
    public var states: GRPCTransportStates { GRPCTransportStates(board: pool.states) }

    /// The state of the connections now.
    public var state: GRPCTransportState { pool.states.state }

    /// When the client's TLS certificate expires, or the first of its intermediates, in seconds since 1970; nil without one, and before the first
    /// TLS connection.
    ///
    /// Of the files as they were read last, which is also what the gauge `grpc_client_certificate_expiry_timestamp_seconds` tells.
    public var clientCertificateExpiry: Int? { pool.credentials.expiry.client }

    /// When the first of the authorities' certificates in ``GRPCTLSConfiguration/trustRoots`` expires, in seconds since 1970; nil for the system's,
    /// and before the first TLS connection.
    ///
    /// Of the files as they were read last, which is also what the gauge `grpc_client_authority_expiry_timestamp_seconds` tells.
    public var authorityExpiry: Int? { pool.credentials.expiry.authorities }
}

extension GRPCError {
    /// It came to a connection that closed, or has no room, before it could be sent. It may be sent on the next at once: each time takes a connection
    /// of its own, so the pace of reconnects is its own too.
    var missedConnection: Bool { code == .unavailable && disposition == .notSent && origin == .connection }
}
