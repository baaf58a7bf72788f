//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Metrics

/// Where a ``GRPCTransport`` connects to, and its limits.
public struct GRPCTransportConfiguration: Sendable {
    /// When a connection is probed for life.
    public struct Keepalive: Sendable, Hashable {
        /// A connection with open calls that has been silent for so long is pinged. Values below five seconds count as five, etcd's minimum.
        public var interval: Duration
        /// A ping unanswered for so long ends the connection.
        public var timeout: Duration

        /// Pings after `interval` of silence, and waits `timeout` for the answer.
        public init(interval: Duration = .seconds(10), timeout: Duration = .seconds(5)) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// How long to wait between rounds of failed connection attempts. In a round every endpoint is tried.
    public struct Backoff: Sendable, Hashable {
        /// The first wait.
        public var initial: Duration
        /// Each wait is the one before times this.
        public var multiplier: Double
        /// No wait is longer, jitter aside.
        public var maximum: Duration
        /// A share of the wait, 0 to 1, by which it is randomly longer or shorter.
        public var jitter: Double

        /// A wait that grows by `multiplier` from `initial` to `maximum`.
        public init(initial: Duration = .milliseconds(50), multiplier: Double = 1.6, maximum: Duration = .seconds(3), jitter: Double = 0.2) {
            self.initial = initial
            self.multiplier = multiplier
            self.maximum = maximum
            self.jitter = jitter
        }
    }

    /// The servers. Which of them is tried first is chosen at random, so that many clients spread over all; later by how they do.
    public var endpoints: [GRPCEndpoint]
    /// Needed for `https` endpoints; nil means the system's trust and no client certificate.
    public var tls: GRPCTLSConfiguration?
    /// How long TCP may take to connect, and again as long TLS and HTTP/2 after it. Other endpoints are tried meanwhile.
    public var connectTimeout: Duration
    /// When connections are probed for life; nil for never.
    public var keepalive: Keepalive?
    /// How long to wait between failed attempts.
    public var backoff: Backoff
    /// A message announced longer than this ends its call with RESOURCE_EXHAUSTED before memory is taken.
    public var maximumMessageSize: Int
    /// A response whose headers are longer than this, counted as HPACK does, ends its call.
    public var maximumHeaderListSize: Int
    /// What a stream's peer may send ahead of its reader, in bytes.
    public var streamWindowSize: Int
    /// The number of a connection's first stream, odd. A connection has 2^30 of them.
    package var firstStreamID: UInt32
    /// Whether calls carry what others must not read: connections over which others can are warned of.
    package var carriesSecrets: Bool
    /// A connection for calls that name their endpoint is closed when nobody has asked for it this long.
    public var pinnedConnectionIdleTime: Duration
    /// The `user-agent` header.
    public var userAgent: String
    /// Where metrics go; nil for what `MetricsSystem` was bootstrapped with when the transport was made.
    public var metricsFactory: (any MetricsFactory)?

    /// The defaults for these endpoints.
    public init(endpoints: [GRPCEndpoint], tls: GRPCTLSConfiguration? = nil) {
        self.endpoints = endpoints
        self.tls = tls
        self.connectTimeout = .seconds(5)
        self.keepalive = Keepalive()
        self.backoff = Backoff()
        self.maximumMessageSize = Int(Int32.max)
        self.maximumHeaderListSize = 64 * 1024
        self.streamWindowSize = 1024 * 1024
        self.firstStreamID = 1
        self.carriesSecrets = false
        self.pinnedConnectionIdleTime = .seconds(60)
        self.userAgent = "keelson"
    }
}
