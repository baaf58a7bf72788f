//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
public import Logging
public import NIOCore
public import ServiceLifecycle

/// A client of one etcd cluster.
///
/// Nothing connects before ``run()`` is called; calls made earlier wait, up to their deadlines. One client is meant to be shared by all
/// that use the cluster; all of it may be called from any task at once.
///
/// Reads are repeated, on another member if there is one, until they succeed, fail for good or reach their deadline. Writes are repeated
/// only when it is proven that they were not executed: see ``EtcdError/Outcome``.
public final class EtcdClient: Service, Sendable {
    /// What the client was made with.
    public let configuration: EtcdClientConfiguration
    let transport: GRPCTransport
    let logger: Logger
    let watches = WatchHub()

    /// A client that isn't connected yet.
    /// - Parameters:
    ///   - configuration: where the cluster is.
    ///   - eventLoopGroup: where the connections live; nil for NIO's shared one.
    ///   - logger: where news of connections, repetitions and watches go.
    public init(
        configuration: EtcdClientConfiguration, eventLoopGroup: (any EventLoopGroup)? = nil, logger: Logger = Logger(label: "etcd-client")
    ) {
        self.configuration = configuration
        self.logger = logger
        transport =
            if let eventLoopGroup {
                GRPCTransport(configuration: configuration.transport, eventLoopGroup: eventLoopGroup, logger: logger)
            } else {
                GRPCTransport(configuration: configuration.transport, logger: logger)
            }
    }

    /// Connects and keeps connections until the task is cancelled or a graceful shutdown begins, which ends every call and watch.
    public func run() async throws {
        // The transport is what a shutdown ends; the rest goes with it.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.watches.run(self) }
            defer { group.cancelAll() }
            try await transport.run()
        }
    }
}

extension EtcdClient {
    /// One RPC, with the repetitions that its kind allows.
    struct Call: Sendable {
        var method: GRPCMethod
        var kind: CallKind
        var lane = ConnectionLane.unary
        var requiresLeader = true
        var deadline: ContinuousClock.Instant?
        /// The one server to ask; nil for whichever is connected.
        var endpoint: GRPCEndpoint?
        /// Names the operation and its input in errors.
        var operation: @Sendable () -> String
    }

    func deadline(for call: Call) -> ContinuousClock.Instant {
        call.deadline ?? .now + (call.kind == .write ? configuration.writeTimeout : configuration.readTimeout)
    }

    func metadata(requiresLeader: Bool) -> GRPCMetadata {
        requiresLeader && configuration.requiresLeader ? ["hasleader": "true"] : [:]
    }

    /// Encodes, calls, repeats, decodes.
    func perform<Response>(
        _ call: Call, encode: (MessageArena) throws(ArenaExhausted) -> [UInt8],
        decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        let request: [UInt8]
        do throws(ArenaExhausted) {
            request = try MessageArena.withArena(encode)
        } catch {
            throw EtcdError(.requestTooLarge, message: "\(call.operation()): the request doesn't fit into 64 MiB; send less at once")
        }
        let metadata = metadata(requiresLeader: call.requiresLeader)
        let deadline = deadline(for: call)
        let response = try await attempting(call, until: deadline) { [transport] () async throws(GRPCError) in
            try await transport.unary(call.method, message: request, lane: call.lane, metadata: metadata, deadline: deadline)
        }
        do throws(MalformedMessage) {
            return try response.message.decoded(decode)
        } catch {
            throw Self.malformed(call, error)
        }
    }

    /// Does something until it succeeds or the call's policy gives up.
    func attempting<Result: Sendable>(
        _ call: Call, until deadline: ContinuousClock.Instant, _ attempt: @Sendable () async throws(GRPCError) -> Result
    ) async throws(EtcdError) -> Result {
        var policy = CallPolicy(kind: call.kind, endpoints: configuration.transport.endpoints.count, operation: call.operation)
        while true {
            do throws(GRPCError) {
                return try await attempt()
            } catch {
                switch policy.handle(error, remaining: deadline - .now, jitter: .random(in: 0..<1)) {
                case .fail(let failure): throw failure
                case .retry(let wait):
                    logger.debug("\(call.method) failed, trying again", metadata: ["error": "\(error)", "wait": "\(wait)"])
                    do {
                        try await Task.sleep(for: wait)
                    } catch is CancellationError {
                        throw EtcdError(.canceled, message: "\(call.operation()): the task was cancelled", underlying: error)
                    } catch {
                        throw EtcdError(.canceled, message: "\(call.operation()): \(error)")
                    }
                }
            }
        }
    }

    private static func malformed(_ call: Call, _ error: MalformedMessage) -> EtcdError {
        let message = "\(call.operation()): the server's answer can't be read: \(error.reason)"
        switch call.kind {
        case .repeatable: return EtcdError(.malformedResponse, message: message)
        case .write: return EtcdError(.unknownOutcome, message: message, outcome: .unknown)
        }
    }
}

extension ByteBuffer {
    /// What `decode` makes of the readable bytes.
    func decoded<Value>(
        _ decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Value
    ) throws(MalformedMessage) -> Value {
        // NIO's accessor rethrows untyped, so the typed error is carried around it.
        let result = withUnsafeReadableBytes { bytes in
            Result { () throws(MalformedMessage) in try decode(bytes) }
        }
        return try result.get()
    }
}
