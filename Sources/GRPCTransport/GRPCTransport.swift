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
/// Calls may be made from any task at any time. They wait for a connection until their deadline, before ``run()`` was called too. Each call
/// is sent to one server at most once, unless it is proven that the server did not get it or refused it; the error of a failed call
/// says which (``GRPCError/disposition-swift.property``). The endpoints are tried in turn; lanes choose independently.
public final class GRPCTransport: Service, Sendable {
    /// How often a unary call that provably had no effect is sent again.
    static let maximumAttempts = 5

    private let configuration: GRPCTransportConfiguration
    private let pool: ConnectionPool

    /// A transport that connects to nothing yet.
    ///
    /// - Precondition: The configuration names an endpoint.
    public init(
        configuration: GRPCTransportConfiguration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
    ) {
        precondition(!configuration.endpoints.isEmpty, "a GRPCTransport needs an endpoint")
        self.configuration = configuration
        pool = ConnectionPool(configuration: configuration, group: eventLoopGroup, logger: logger)
    }

    /// Makes connections until the task is cancelled or shut down gracefully; then closes them, which fails the calls that are open.
    ///
    /// Run it once, in a task of its own or in a `ServiceGroup`. Afterwards every call fails with ``GRPCError/Origin/shutdown``.
    public func run() async throws {
        let pool = self.pool
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    for lane in ConnectionLane.allCases { group.addTask { await pool.run(lane) } }
                }
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
    /// did not leave, or that the server provably refused, is sent again, up to five times in all.
    /// - Throws: ``GRPCError``: the server's status, or what happened on the way.
    public func unary(
        _ method: GRPCMethod, message: [UInt8], lane: ConnectionLane = .unary, metadata: GRPCMetadata = [:],
        deadline: ContinuousClock.Instant? = nil
    ) async throws(GRPCError) -> GRPCResponse {
        let deadline = deadline.map(Self.nioDeadline)
        var attempt = 1
        while true {
            let connection = try await pool.connection(for: lane, deadline: deadline)
            let call = TransportCall(method: method, metadata: metadata, deadline: deadline, isUnary: true, endsOnGoAway: false)
            do throws(GRPCError) {
                return try await Self.exchange(call, message, on: connection)
            } catch {
                let isHarmless = error.code == .unavailable && error.disposition != .mayHaveExecuted && error.origin != .shutdown
                guard isHarmless, attempt < Self.maximumAttempts else { throw error }
                attempt += 1
            }
        }
    }

    private static func exchange(_ call: TransportCall, _ message: [UInt8], on connection: Connection) async throws(GRPCError) -> GRPCResponse {
        await withTaskCancellationHandler {
            connection.submit(.start(call, message: message))
            await call.waitForEnd()
        } onCancel: {
            call.state.withLock { $0.cancel() }
            connection.submit(.cancel(call))
        }
        let (end, answer, metadata) = call.state.withLock { ($0.end, $0.takeOnlyMessage(), $0.metadata) }
        switch (end, answer) {
        case (.succeeded(let trailers), let answer?): return GRPCResponse(message: answer, metadata: metadata, trailers: trailers)
        case (.failed(let error), _): throw error
        default:
            throw GRPCError(
                code: .internal, message: "the call ended without an answer", disposition: .mayHaveExecuted, origin: .protocolViolation,
                endpoint: connection.endpoint)
        }
    }

    /// Opens a stream in both directions; of use for server streaming too: send one message and finish.
    ///
    /// Returns when there is a connection; the server has not answered yet. Streams are never opened anew by the transport.
    /// - Parameter endsOnGoAway: Whether the stream ends with ``GRPCError/Origin/serverGoingAway`` as soon as its server announces to leave, so
    ///   that its owner can move. Otherwise it goes on until the server ends it: etcd leaves watches open and silent for seven seconds. nil is
    ///   true on ``ConnectionLane/watch`` and false on the other lanes.
    /// - Throws: ``GRPCError`` with ``GRPCError/Disposition/notSent`` when no connection came before the deadline or the task was cancelled.
    public func openStream(
        _ method: GRPCMethod, lane: ConnectionLane = .watch, metadata: GRPCMetadata = [:], deadline: ContinuousClock.Instant? = nil,
        endsOnGoAway: Bool? = nil
    ) async throws(GRPCError) -> GRPCStream {
        let deadline = deadline.map(Self.nioDeadline)
        let connection = try await pool.connection(for: lane, deadline: deadline)
        let call = TransportCall(
            method: method, metadata: metadata, deadline: deadline, isUnary: false, endsOnGoAway: endsOnGoAway ?? (lane == .watch))
        connection.submit(.start(call, message: nil))
        return GRPCStream(call: call, connection: connection, creditThreshold: max(configuration.streamWindowSize, 65535) / 16)
    }

    private static func nioDeadline(_ deadline: ContinuousClock.Instant) -> NIODeadline {
        .now() + TimeAmount(ContinuousClock.now.duration(to: deadline))
    }
}
