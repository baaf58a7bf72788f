//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import GRPCTransport
public import Metrics
public import Tracing

/// Where the cluster is, and how long to wait for it.
public struct EtcdClientConfiguration: Sendable {
    /// The connections: endpoints, TLS, keepalive, limits.
    public var transport: GRPCTransportConfiguration
    /// How long a read may take, its repetitions included, unless the call says otherwise. Five seconds by default.
    public var readTimeout: Duration
    /// How long a write may take unless the call says otherwise. Ten seconds by default: a server itself gives up after seven.
    public var writeTimeout: Duration
    /// Has a member that knows no leader refuse at once, rather than let the call run into its deadline. Not asked for with serializable reads.
    public var requiresLeader: Bool
    /// Who the client is to a cluster that asks; nil to say nothing.
    public var credentials: EtcdCredentials?
    /// Has every call fail with `historyLost` once the cluster turned out to be another, or an older one, than it was: what the program knows of
    /// it is then wrong. Without it this is logged and counted, and calls go on. Watches always end.
    public var historyGuard: Bool
    /// How often to ask the cluster for its members, whose client URLs then take the place of the endpoints; nil, the default, for never. Less than a
    /// second counts as one.
    ///
    /// Learners are left out. An endpoint that stays, or comes back, keeps its `serverName`. Only of use where the URLs that members advertise can be
    /// reached from here: not through a proxy, a forwarded port, or another network's names. Where nobody answers at them the endpoints that were given stay
    /// beside them. When those are all `https`, plain URLs of members are left out.
    public var memberSync: Duration?
    /// Finds watch streams that are stuck although their connection answers pings: one that has been silent for the interval is asked what a server
    /// answers at once, and is left for another connection, on another endpoint if there is one, when it hasn't within the timeout. nil not to look;
    /// a watcher that isn't made within ten seconds is noticed all the same. Where the stream isn't silent, but the answer never comes, it is left after three
    /// times the timeout; the time that long messages take to arrive doesn't count.
    ///
    /// A quiet stream costs a few bytes each time. See also ``WatchOptions/liveness``.
    public var watchProbe: WatchOptions.Liveness?
    /// Where metrics go; nil for what `MetricsSystem` was bootstrapped with when the client was made.
    public var metricsFactory: (any MetricsFactory)?
    /// Where spans go; nil for what `InstrumentationSystem` was bootstrapped with when the client was made.
    public var tracer: (any Tracer)?

    /// The members of one cluster.
    /// - Precondition: There is at least one when a client is made of it: see ``EtcdClient/init(configuration:eventLoopGroup:logger:)``.
    public init(
        endpoints: [GRPCEndpoint], tls: GRPCTLSConfiguration? = nil, readTimeout: Duration = .seconds(5), writeTimeout: Duration = .seconds(10)
    ) {
        transport = GRPCTransportConfiguration(endpoints: endpoints, tls: tls)
        self.readTimeout = readTimeout
        self.writeTimeout = writeTimeout
        requiresLeader = true
        historyGuard = false
        watchProbe = WatchOptions.Liveness(interval: .seconds(15), timeout: .seconds(10))
    }

    /// The members of one cluster, by texts such as `https://10.0.0.1:2379`.
    ///
    /// Without a scheme, as in `10.0.0.1:2379`, an endpoint is `https` if `tls` is given and `http` if not. One that says `http` is plain in either
    /// case, so that a cluster can be moved to TLS member by member; a client with ``credentials`` warns of each that isn't on this machine.
    ///
    /// Source of the rule: etcd's client/v3, internal/endpoint.
    /// - Throws: when one of them is no endpoint, which the error names, or when there is none at all.
    public init(
        endpoints: [String], tls: GRPCTLSConfiguration? = nil, readTimeout: Duration = .seconds(5), writeTimeout: Duration = .seconds(10)
    ) throws(GRPCEndpointError) {
        guard !endpoints.isEmpty else { throw GRPCEndpointError("", "no endpoint is given") }
        var parsed: [GRPCEndpoint] = []
        for text in endpoints { parsed.append(try GRPCEndpoint(parsing: text, defaultScheme: tls == nil ? .http : .https)) }
        self.init(endpoints: parsed, tls: tls, readTimeout: readTimeout, writeTimeout: writeTimeout)
    }

    /// The longest answer that is taken, in bytes: the transport's `maximumMessageSize`. 2³¹−1 by default.
    public var maximumMessageSize: Int {
        get { transport.maximumMessageSize }
        set { transport.maximumMessageSize = newValue }
    }
}

extension EtcdClientConfiguration {
    /// The same, with times that can be reckoned with: see `Duration.reckonable`.
    var reckonable: EtcdClientConfiguration {
        var bounded = self
        bounded.readTimeout = readTimeout.reckonable
        bounded.writeTimeout = writeTimeout.reckonable
        bounded.memberSync = memberSync?.reckonable
        bounded.watchProbe = watchProbe.map { WatchOptions.Liveness(interval: $0.interval.reckonable, timeout: $0.timeout.reckonable) }
        return bounded
    }
}
