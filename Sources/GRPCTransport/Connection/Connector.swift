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
    /// Where small calls and watches live, so that a task can run beside both. Bulk has a loop of its own if the group has more than one.
    let loop: any EventLoop
    let group: any EventLoopGroup
    let metrics: TransportMetrics
    let logger: Logger

    /// Connects to an endpoint. `register` is told of the channel as soon as there is one; when it says no the attempt fails. So it does, at
    /// once, when the task is cancelled.
    func connect(
        to endpoint: GRPCEndpoint, route: Route, laneID: LaneID, keepaliveInterval: Duration?, observer: any ConnectionObserver,
        register: @escaping @Sendable (any Channel) -> Bool
    ) async throws -> Connection {
        let tls = try await tlsContext(for: endpoint)
        let loop = route.lane == .bulk ? group.next() : loop
        let attempt = ConnectionAttempt(loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 * 1024, maximum: 256 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard attempt.accept(channel), register(channel) else { throw CancellationError() }
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: serverName(for: endpoint))
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        makeHandler(endpoint, keepaliveInterval: keepaliveInterval, ready: attempt.ready, observer: observer))
                }
            }
        return try await withTaskCancellationHandler {
            do {
                open(bootstrap, endpoint).cascade(to: attempt.opened)
                let channel = try await attempt.opened.futureResult.get()
                let connection = try await channel.eventLoop.submit {
                    let handler = try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
                    let connection = Connection(endpoint: endpoint, route: route, laneID: laneID, channel: channel, handler: handler)
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
        _ endpoint: GRPCEndpoint, keepaliveInterval: Duration?, ready: EventLoopPromise<Void>, observer: any ConnectionObserver
    ) throws -> ConnectionHandler {
        guard let session = Session(endpoint: endpoint, configuration: configuration) else {
            throw ConnectionFailure(reason: "there is no memory for a connection")
        }
        let keepalive = configuration.keepalive.map {
            Keepalive(interval: TimeAmount(keepaliveInterval ?? $0.interval), timeout: TimeAmount($0.timeout), now: .now())
        }
        return ConnectionHandler(
            endpoint: endpoint, session: session, setupTimeout: TimeAmount(configuration.connectTimeout), keepalive: keepalive, ready: ready,
            observer: observer, metrics: metrics, logger: logger)
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
        let milliseconds = TimeAmount(keepalive.interval + keepalive.timeout).nanoseconds / 1_000_000
        return bootstrap.channelOption(
            ChannelOptions.Types.SocketOption(level: .tcp, name: tcpUserTimeout), value: SocketOptionValue(clamping: milliseconds))
        #else
        return bootstrap
        #endif
    }

    // MARK: TLS

    private func serverName(for endpoint: GRPCEndpoint) -> String? {
        let name = endpoint.serverName ?? configuration.tls?.serverName ?? endpoint.host
        // An address is checked against the certificate by the socket's own address, and is not for SNI.
        return (try? SocketAddress(ipAddress: name, port: 0)) == nil ? name : nil
    }

    private func tlsContext(for endpoint: GRPCEndpoint) async throws -> NIOSSLContext? {
        guard endpoint.scheme == .https else { return nil }
        let settings = configuration.tls ?? GRPCTLSConfiguration()
        // Reads files, so not on a thread that others wait for.
        return try await NIOThreadPool.singleton.runIfActive { try Self.makeContext(settings) }
    }

    private static func makeContext(_ settings: GRPCTLSConfiguration) throws -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["h2"]
        tls.certificateVerification = .fullVerification
        switch settings.trustRoots {
        case .systemDefault: tls.trustRoots = .default
        case .file(let path): tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
        case .pem(let bytes): tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bytes))
        }
        if let chain = settings.certificateChainFile {
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(chain).map { .certificate($0) }
        }
        if let key = settings.privateKeyFile { tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)) }
        return try NIOSSLContext(configuration: tls)
    }
}
