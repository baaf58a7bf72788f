//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Makes connections: TCP or a Unix socket, TLS, and HTTP/2 up to the server's SETTINGS.
struct Connector: Sendable {
    let configuration: GRPCTransportConfiguration
    /// On whose loop small calls and watches live, so that a task can run beside both. Bulk has a loop of its own if the group has more than one.
    let executor: EventLoopTaskExecutor
    let group: any EventLoopGroup
    let metrics: TransportMetrics
    let credentials: TLSCredentials
    let logger: Logger

    /// Connects to an endpoint. `register` is told of the channel as soon as there is one; when it says no the attempt fails. So it does, at
    /// once, when the task is cancelled.
    func connect(
        to endpoint: GRPCEndpoint, route: Route, laneID: LaneID, keepaliveInterval: Duration?, observer: any ConnectionObserver,
        register: @escaping @Sendable (any Channel) -> Bool
    ) async throws -> Connection {
        let tls = endpoint.scheme == .https ? try await credentials.newest() : nil
        let loop = route.lane == .bulk ? group.next() : executor.eventLoop
        let attempt = ConnectionAttempt(loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            // What is read is copied once more, into messages: more than this at a time would leave the processor's cache before that.
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 * 1024, maximum: 64 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard attempt.accept(channel), register(channel) else { throw CancellationError() }
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls.context, serverHostname: serverName(for: endpoint))
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        makeHandler(endpoint, lane: route.lane, keepaliveInterval: keepaliveInterval, ready: attempt.ready, observer: observer))
                }
            }
        return try await withTaskCancellationHandler {
            do {
                open(bootstrap, endpoint).cascade(to: attempt.opened)
                let channel = try await attempt.opened.futureResult.get()
                let connection = try await channel.eventLoop.submit {
                    let handler = try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
                    let connection = Connection(
                        endpoint: endpoint, route: route, laneID: laneID, credentials: tls?.number, channel: channel, handler: handler)
                    handler.attach(connection)
                    return connection
                }.get()
                try await attempt.ready.futureResult.get()
                return connection
            } catch {
                // The handler, if it came to be, may have said why.
                attempt.ready.fail(error)
                try await attempt.ready.futureResult.get()
                throw error
            }
        } onCancel: {
            attempt.abandon()
        }
    }

    private func makeHandler(
        _ endpoint: GRPCEndpoint, lane: ConnectionLane, keepaliveInterval: Duration?, ready: EventLoopPromise<Void>, observer: any ConnectionObserver
    ) throws -> ConnectionHandler {
        guard let session = Session(endpoint: endpoint, configuration: configuration) else {
            throw ConnectionFailure(kind: .setup, reason: "there is no memory for a connection")
        }
        let keepalive = configuration.keepalive.map {
            Keepalive(interval: TimeAmount(keepaliveInterval ?? $0.interval), timeout: TimeAmount($0.timeout), now: .now())
        }
        return ConnectionHandler(
            endpoint: endpoint, session: session, executor: executor, setupTimeout: TimeAmount(configuration.connectTimeout),
            pings: ConnectionHandler.Pings(policy: keepalive, answerDelay: TimeAmount(configuration.pingAnswerDelay)),
            health: CallHealth(longestSilence: configuration.longestSilence(on: lane)), ready: ready, observer: observer, metrics: metrics,
            explainTLS: endpoint.scheme == .https ? explanation(for: endpoint) : nil, logger: logger)
    }

    private func open(_ bootstrap: ClientBootstrap, _ endpoint: GRPCEndpoint) -> EventLoopFuture<any Channel> {
        if endpoint.scheme == .unix { return bootstrap.connect(unixDomainSocketPath: endpoint.host) }
        return withUserTimeout(bootstrap).connect(host: endpoint.host, port: endpoint.port)
    }

    // A peer that is gone without a word must not keep unacknowledged bytes for the minutes that TCP grants.
    private func withUserTimeout(_ bootstrap: ClientBootstrap) -> ClientBootstrap {
        #if os(Linux)
        guard let keepalive = configuration.keepalive else { return bootstrap }
        let tcpUserTimeout = NIOBSDSocket.Option(rawValue: 18)
        let milliseconds = Int32(clamping: TimeAmount(keepalive.interval + keepalive.timeout).nanoseconds / 1_000_000)
        return bootstrap.channelOption(
            ChannelOptions.Types.SocketOption(level: .tcp, name: tcpUserTimeout), value: SocketOptionValue(milliseconds))
        #else
        return bootstrap
        #endif
    }

    // MARK: TLS

    private func name(for endpoint: GRPCEndpoint) -> String { endpoint.serverName ?? configuration.tls?.serverName ?? endpoint.host }

    private func serverName(for endpoint: GRPCEndpoint) -> String? {
        let name = name(for: endpoint)
        do {
            // An address is checked against the certificate by the socket's own address, and is not for SNI.
            _ = try SocketAddress(ipAddress: name, port: 0)
            return nil
        } catch {
            return name
        }
    }

    private func explanation(for endpoint: GRPCEndpoint) -> TLSExplanation {
        let name = name(for: endpoint)
        let hasCertificate = configuration.tls.map { $0.clientIdentity != nil || $0.certificateChainFile != nil } ?? false
        return { error, certificate in
            TLSFailure.explain(error, certificate: certificate, name: name, hasClientCertificate: hasCertificate, now: Timestamp.now)
        }
    }
}
