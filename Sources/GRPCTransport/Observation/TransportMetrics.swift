//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics
import Synchronization

/// The transport's metrics. Objects are made once for each endpoint, not for each event.
final class TransportMetrics: Sendable {
    /// Metrics of one endpoint.
    private struct PerEndpoint: Sendable {
        let opened: Counter
        let goAways: Counter
        let pingTimeouts: Counter
        let received: Counter
        let sent: Counter
        let score: Gauge
    }

    /// What one connection carries. Counted in plain numbers and passed on now and then; confined to the connection's event loop.
    final class Traffic {
        static let portion = 1 << 20

        private let received: Counter
        private let sent: Counter
        private var receivedBytes = 0
        private var sentBytes = 0

        fileprivate init(received: Counter, sent: Counter) {
            self.received = received
            self.sent = sent
        }

        func received(_ bytes: Int) {
            receivedBytes += bytes
            if receivedBytes >= Self.portion { flush() }
        }

        func sent(_ bytes: Int) {
            sentBytes += bytes
            if sentBytes >= Self.portion { flush() }
        }

        func flush() {
            if receivedBytes > 0 { received.increment(by: receivedBytes) }
            if sentBytes > 0 { sent.increment(by: sentBytes) }
            receivedBytes = 0
            sentBytes = 0
        }
    }

    private let factory: any MetricsFactory
    private let reconnects: Counter
    private let openStreams: Gauge
    private let certificateExpiry: Gauge
    private let authorityExpiry: Gauge
    private let streamCount = Atomic<Int>(0)
    private let endpoints = Mutex<[GRPCEndpoint: PerEndpoint]>([:])
    // By label, endpoint and reason; reasons are few.
    private let ends = Mutex<[String: Counter]>([:])

    init(factory: (any MetricsFactory)?) {
        let factory = factory ?? MetricsSystem.factory
        self.factory = factory
        reconnects = Counter(label: "grpc_client_reconnects_total", dimensions: [], factory: factory)
        openStreams = Gauge(label: "grpc_client_open_streams", dimensions: [], factory: factory)
        certificateExpiry = Gauge(label: "grpc_client_certificate_expiry_timestamp_seconds", dimensions: [], factory: factory)
        authorityExpiry = Gauge(label: "grpc_client_authority_expiry_timestamp_seconds", dimensions: [], factory: factory)
    }

    private func metrics(of endpoint: GRPCEndpoint) -> PerEndpoint {
        endpoints.withLock { endpoints in
            if let known = endpoints[endpoint] { return known }
            let dimensions = [("endpoint", endpoint.description)]
            let new = PerEndpoint(
                opened: Counter(label: "grpc_client_connections_opened_total", dimensions: dimensions, factory: factory),
                goAways: Counter(label: "grpc_client_goaways_total", dimensions: dimensions, factory: factory),
                pingTimeouts: Counter(label: "grpc_client_ping_timeouts_total", dimensions: dimensions, factory: factory),
                received: Counter(label: "grpc_client_received_bytes_total", dimensions: dimensions, factory: factory),
                sent: Counter(label: "grpc_client_sent_bytes_total", dimensions: dimensions, factory: factory),
                score: Gauge(label: "grpc_client_endpoint_score", dimensions: dimensions, factory: factory))
            endpoints[endpoint] = new
            return new
        }
    }

    func traffic(with endpoint: GRPCEndpoint) -> Traffic {
        let metrics = metrics(of: endpoint)
        return Traffic(received: metrics.received, sent: metrics.sent)
    }

    func opened(_ endpoint: GRPCEndpoint) { metrics(of: endpoint).opened.increment() }

    func failed(_ endpoint: GRPCEndpoint, reason: String) { count("grpc_client_connections_failed_total", endpoint, reason) }

    func closed(_ endpoint: GRPCEndpoint, reason: String) { count("grpc_client_connections_closed_total", endpoint, reason) }

    private func count(_ label: String, _ endpoint: GRPCEndpoint, _ reason: String) {
        let counter = ends.withLock { ends in
            let key = "\(label) \(endpoint) \(reason)"
            if let known = ends[key] { return known }
            let new = Counter(label: label, dimensions: [("endpoint", endpoint.description), ("reason", reason)], factory: factory)
            ends[key] = new
            return new
        }
        counter.increment()
    }

    func reconnecting() { reconnects.increment() }

    func goAway(from endpoint: GRPCEndpoint, code: UInt32) { metrics(of: endpoint).goAways.increment() }

    func pingTimedOut(_ endpoint: GRPCEndpoint) { metrics(of: endpoint).pingTimeouts.increment() }

    func score(_ score: Double, of endpoint: GRPCEndpoint) { metrics(of: endpoint).score.record(score) }

    func streamOpened() { openStreams.record(streamCount.add(1, ordering: .relaxed).newValue) }

    func streamClosed() { openStreams.record(streamCount.subtract(1, ordering: .relaxed).newValue) }

    func certificatesExpire(_ expiry: TLSCredentials.Expiry) {
        if let client = expiry.client { certificateExpiry.record(client) }
        if let authorities = expiry.authorities { authorityExpiry.record(authorities) }
    }
}
