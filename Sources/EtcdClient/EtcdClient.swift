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
/// Nothing connects before ``run()`` is called; calls made earlier wait, up to their deadlines, and a warning says so after three seconds. One client
/// is meant to be shared by all that use the cluster, and run once; all of it may be called from any task at once.
///
/// Reads are repeated, on another member if there is one, until they succeed, fail for good or reach their deadline. Writes are repeated
/// only when it is proven that they were not executed: see ``EtcdError/Outcome``.
public final class EtcdClient: Service, Sendable {
    /// What the client was made with.
    public let configuration: EtcdClientConfiguration
    /// How calls are made where they don't say: see ``with(_:)``.
    public let options: CallOptions
    /// How long calls may take that don't say, by ``timeout(of:)``.
    let patience: (read: TimeAmount, write: TimeAmount)
    let transport: GRPCTransport
    let given: GivenEndpoints
    let logger: Logger
    let authenticator: Authenticator
    let leases: LeaseKeeper
    let history: HistoryWitness
    let watches: WatchHub
    let rangeStreamSupport: RangeStreamSupport
    /// nil when nobody listens.
    let observer: ClientObserver?

    /// A client that isn't connected yet.
    /// - Parameters:
    ///   - configuration: where the cluster is.
    ///   - eventLoopGroup: where the connections live; nil for NIO's shared one.
    ///   - logger: where news of connections, repetitions and watches go.
    /// - Precondition: The configuration names an endpoint.
    public init(
        configuration: EtcdClientConfiguration, eventLoopGroup: (any EventLoopGroup)? = nil, logger: Logger = Logger(label: "etcd-client")
    ) {
        let configuration = configuration.reckonable
        self.configuration = configuration
        self.logger = logger
        options = CallOptions()
        patience = (TimeAmount(configuration.readTimeout), TimeAmount(configuration.writeTimeout))
        var connections = configuration.transport
        connections.metricsFactory = connections.metricsFactory ?? configuration.metricsFactory
        connections.carriesSecrets = configuration.credentials != nil
        transport =
            if let eventLoopGroup {
                GRPCTransport(configuration: connections, eventLoopGroup: eventLoopGroup, logger: logger)
            } else {
                GRPCTransport(configuration: connections, logger: logger)
            }
        given = GivenEndpoints(connections.endpoints)
        observer = ClientObserver(metrics: configuration.metricsFactory, tracer: configuration.tracer)
        authenticator = Authenticator(configuration.credentials, transport: transport)
        leases = LeaseKeeper(logger: logger, observer: observer)
        history = HistoryWitness(guards: configuration.historyGuard, logger: logger, observer: observer)
        rangeStreamSupport = RangeStreamSupport()
        watches = WatchHub(hooks: observer?.watchHooks ?? WatchHooks(), probe: configuration.watchProbe)
    }

    private init(_ other: EtcdClient, options: CallOptions) {
        var options = options
        options.timeout = options.timeout?.reckonable
        self.options = options
        configuration = other.configuration
        patience = options.timeout.map { (TimeAmount($0), TimeAmount($0)) } ?? other.patience
        transport = other.transport
        given = other.given
        logger = other.logger
        authenticator = other.authenticator
        leases = other.leases
        history = other.history
        rangeStreamSupport = other.rangeStreamSupport
        watches = other.watches
        observer = other.observer
    }

    /// The same client, with other ways to make calls: its connections, logins and leases are shared, so one of the two is run, and only one can be.
    ///
    /// ```swift
    /// let patient = client.with(CallOptions(timeout: .seconds(60)))
    /// try await patient.put("a", "1")
    /// ```
    ///
    /// Costs next to nothing. What `options` leave is as it is here. Watches that share a stream and the renewal of leases go by the options of the
    /// client that is run.
    public func with(_ options: CallOptions) -> EtcdClient { EtcdClient(self, options: options.over(self.options)) }

    /// The event loop of the client's small calls and watches, as a place for tasks to run.
    ///
    /// A task that prefers it, by `withTaskExecutorPreference(client.taskExecutor) { … }`, gets its answers and events without a change of threads,
    /// which is most of what a small call or a single event costs. Whatever blocks or computes for long there holds up all calls of the client, so
    /// prefer it where little is done between them.
    public var taskExecutor: any TaskExecutor { transport.taskExecutor }

    /// When the client's TLS certificate expires, or the first of its intermediates, in seconds since 1970; nil without one, and before the first
    /// TLS connection.
    ///
    /// Of the files as they were read last, which is also what the gauge `grpc_client_certificate_expiry_timestamp_seconds` tells.
    public var clientCertificateExpiry: Int? { transport.clientCertificateExpiry }

    /// When the first of the certificates of the authorities that are trusted expires, in seconds since 1970; nil for the system's authorities, and
    /// before the first TLS connection.
    ///
    /// Of the files as they were read last, which is also what the gauge `grpc_client_authority_expiry_timestamp_seconds` tells.
    public var authorityExpiry: Int? { transport.authorityExpiry }

    /// Connects and keeps connections until the task is cancelled or a graceful shutdown begins, which ends every call, watch and lease's
    /// renewal.
    /// - Throws: ``EtcdError`` with `failedPrecondition` when this client, or one that shares its connections by ``with(_:)``, has been run before.
    ///   That run goes on undisturbed. Also when the TLS configuration names the file of the client's certificate or that of its key, but not both.
    public func run() async throws {
        do throws(GRPCError) {
            try transport.claimRun()
        } catch {
            throw EtcdError(.failedPrecondition, message: error.message, underlying: error)
        }
        let flaw = transport.endIfFlawed()
        // The transport is what a shutdown ends; the rest goes with it.
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.authenticator.run { user async throws(EtcdError) in try await self.logIn(user) } }
            group.addTask { await self.leases.run(self) }
            group.addTask { await self.watches.run(self) }
            if let interval = configuration.memberSync { group.addTask { await self.followMembers(every: interval) } }
            defer { group.cancelAll() }
            await transport.runClaimed()
        }
        if let flaw { throw EtcdError(.failedPrecondition, message: flaw.message, underlying: flaw) }
    }
}
