//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import Metrics
import NIOCore

/// Where a ``GRPCTransport`` connects to, and its limits.
public struct GRPCTransportConfiguration: Sendable {
    /// When a connection is probed for life.
    public struct Keepalive: Sendable, Hashable {
        /// A connection with open calls that has been silent for so long is pinged. Ten seconds by default; less than five, etcd's minimum, counts as
        /// five. A server that complains of pings is pinged half as often from its next connection on.
        public var interval: Duration
        /// A ping unanswered for so long, more than zero, ends the connection. Five seconds by default. On Linux so do bytes that TCP got no
        /// acknowledgement of within `interval` and this together.
        public var timeout: Duration

        /// Pings after `interval` of silence, and waits `timeout` for the answer.
        public init(interval: Duration = .seconds(10), timeout: Duration = .seconds(5)) {
            self.interval = interval
            self.timeout = timeout
        }
    }

    /// How long to wait between rounds of failed connection attempts. In a round every endpoint is tried.
    ///
    /// After a connection that lived for a second or longer the next attempt is made at once.
    public struct Backoff: Sendable, Hashable {
        /// The first wait. 50 milliseconds by default; less than one counts as one.
        public var initial: Duration
        /// Each wait is the one before times this. 1.6 by default; less than 1 counts as 1.
        public var multiplier: Double
        /// No wait is longer, jitter aside. Three seconds by default; less than ``initial`` counts as that.
        public var maximum: Duration
        /// A share of the wait, by which it is randomly longer or shorter. 0.2 by default; less than 0 counts as 0, more than 1 as 1.
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
    /// How long TCP may take to connect, and again as long TLS and HTTP/2 after it. Five seconds by default. Other endpoints are tried meanwhile.
    public var connectTimeout: Duration
    /// A server that lives, but has answered none of the calls that wait for so long, is left if there is another: new calls go there, as do streams with
    /// `endsOnGoAway` and calls that may be made twice, such as an etcd client's watches and reads. 2.5 seconds by default, less than 0.1 counts as that; four times as long on
    /// ``ConnectionLane/bulk``, where answers take their time. Nil for never.
    public var silenceTimeout: Duration?
    /// When connections are probed for life, by default as ``Keepalive/init(interval:timeout:)`` says; nil for never.
    public var keepalive: Keepalive?
    /// How long to wait between failed attempts, by default as ``Backoff/init(initial:multiplier:maximum:jitter:)`` says.
    public var backoff: Backoff
    /// A message announced longer than so many bytes ends its call with RESOURCE_EXHAUSTED before memory is taken.
    ///
    /// 2³¹−1 by default; less than 0 counts as 0, more than 2³²−1 as that.
    public var maximumMessageSize: Int
    /// A response whose headers, or trailers, are longer than so many bytes ends its call. Counted as HPACK does: names, values and 32 for each field.
    ///
    /// 65536 by default; less than 0 counts as 0, more than 2³²−1 as that.
    public var maximumHeaderListSize: Int
    /// What a stream's peer may send ahead of its reader, in bytes: what one slow reader costs, and what one stream can have under way.
    ///
    /// 1048576 by default; less than 65535 counts as that, more than 2³¹−1 as that.
    public var streamWindowSize: Int
    /// The number of a connection's first stream, odd. A connection has 2^30 of them.
    package var firstStreamID: UInt32
    /// How long the server waits for the answers to its pings. See ``ConnectionHandler/answerPingSoon()``.
    package var pingAnswerDelay: Duration
    /// Whether calls carry what others must not read: connections over which others can are warned of.
    package var carriesSecrets: Bool
    /// A connection for calls that name their endpoint is closed when nobody has asked for it this long. A minute by default.
    public var pinnedConnectionIdleTime: Duration
    /// The `user-agent` header, `keelson` by default.
    public var userAgent: String
    /// Where metrics go; nil for what `MetricsSystem` was bootstrapped with when the transport was made.
    public var metricsFactory: (any MetricsFactory)?

    /// The defaults for these endpoints.
    public init(endpoints: [GRPCEndpoint], tls: GRPCTLSConfiguration? = nil) {
        self.endpoints = endpoints
        self.tls = tls
        self.connectTimeout = .seconds(5)
        self.silenceTimeout = .milliseconds(2500)
        self.keepalive = Keepalive()
        self.backoff = Backoff()
        self.maximumMessageSize = Int(Int32.max)
        self.maximumHeaderListSize = 64 * 1024
        self.streamWindowSize = 1024 * 1024
        self.firstStreamID = 1
        self.pingAnswerDelay = .milliseconds(10)
        self.carriesSecrets = false
        self.pinnedConnectionIdleTime = .seconds(60)
        self.userAgent = "keelson"
    }
}

extension GRPCTransportConfiguration {
    /// The same, with times that can be reckoned with: see `Duration.reckonable`.
    var reckonable: GRPCTransportConfiguration {
        var bounded = self
        bounded.connectTimeout = connectTimeout.reckonable
        bounded.silenceTimeout = silenceTimeout?.reckonable
        bounded.keepalive = keepalive.map { Keepalive(interval: $0.interval.reckonable, timeout: $0.timeout.reckonable) }
        bounded.backoff.initial = backoff.initial.reckonable
        bounded.backoff.maximum = backoff.maximum.reckonable
        bounded.pingAnswerDelay = pingAnswerDelay.reckonable
        bounded.pinnedConnectionIdleTime = pinnedConnectionIdleTime.reckonable
        bounded.tls?.reloadInterval = tls?.reloadInterval?.reckonable
        if let delay = tls?.drainDelay { bounded.tls?.drainDelay = delay.reckonable }
        return bounded
    }

    /// ``silenceTimeout`` for the calls of a lane.
    func longestSilence(on lane: ConnectionLane) -> TimeAmount? {
        silenceTimeout.map { TimeAmount(max($0, .milliseconds(100)) * (lane == .bulk ? 4 : 1)) }
    }
}
