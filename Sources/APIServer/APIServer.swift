//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle

/// An API server on a port: speaks HTTP/1.1 and HTTP/2 over TLS to `kubectl`, client-go and everything else that knows Kubernetes' API.
///
/// It serves while ``run()`` runs. Graceful shutdown makes `/readyz` fail, ends watches, and lets other requests complete.
public struct APIServer: Service {
    /// Where the server listens, and with what certificate.
    public struct Configuration: Sendable {
        /// The address or name to bind.
        public var host: String
        /// The port; 0 for any that is free.
        public var port: Int
        /// Certificate and key; without them the server speaks plain HTTP/1.1, which no client should trust with a token.
        public var tls: ServerTLS?
        /// How long requests may take to complete after shutting down has begun, and then again how long clients may take to read the answers.
        public var shutdownPatience: Duration

        /// A place to listen.
        public init(host: String = "127.0.0.1", port: Int = 6443, tls: ServerTLS?, shutdownPatience: Duration = .seconds(10)) {
            self.host = host
            self.port = port
            self.tls = tls
            self.shutdownPatience = shutdownPatience
        }
    }

    private let configuration: Configuration
    private let handler: APIHandler
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let onBound: @Sendable (Int) async -> Void

    /// A server.
    /// - Parameters:
    ///   - handler: answers the requests.
    ///   - onBound: called once, with the port, when connections are accepted.
    public init(
        configuration: Configuration, handler: APIHandler, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger, onBound: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.handler = handler
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.onBound = onBound
    }

    /// Serves until graceful shutdown or cancellation.
    /// - Throws: when the address can't be bound, or the certificate can't be read.
    public func run() async throws {
        let server = HTTPServer(
            host: configuration.host, port: configuration.port, tls: configuration.tls, shutdownPatience: configuration.shutdownPatience,
            eventLoopGroup: eventLoopGroup, logger: logger, onBound: onBound, handler: { [handler] in await handler.respond(to: $0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [handler] in await handler.deadlines.run() }
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: { [handler] in
                handler.beginShutdown()
            }
            group.cancelAll()
        }
    }
}
