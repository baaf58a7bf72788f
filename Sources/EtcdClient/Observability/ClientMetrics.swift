//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Metrics
import Synchronization

/// A client's metrics. Each is made once: what is named and labelled for each call would cost more than the call.
///
/// | name | what |
/// |---|---|
/// | `etcd_client_calls_total` | calls and openings of streams, by `method` and `code`: `ok`, or an ``EtcdError/Code-swift.struct`` |
/// | `etcd_client_call_duration` | how long they took, repetitions included, by `method` |
/// | `etcd_client_retries_total` | repetitions, by `method` |
/// | `etcd_client_unknown_outcomes_total` | writes whose fate isn't known, by `method` |
/// | `etcd_client_logins_total` | logins, by `outcome`: `ok` or `failed` |
/// | `etcd_client_leases` | leases kept alive now |
/// | `etcd_client_lost_leases_total` | leases that were kept alive and were lost |
/// | `etcd_client_keepalive_failures_total` | times that the stream which renews leases broke |
/// | `etcd_client_watches` | watches open now |
/// | `etcd_client_watch_lag_revisions` | by how many revisions the watch that is furthest behind the store is behind it |
/// | `etcd_client_watch_resumes_total` | times that a watch went on after its stream broke |
/// | `etcd_client_watch_overflows_total` | times that a consumer was too slow for a stream that it shares |
/// | `etcd_client_history_losses_total` | times that the store was found replaced |
final class ClientMetrics: Sendable {
    let logins: Counter
    let failedLogins: Counter
    let historyLosses: Counter
    let leases: Gauge
    let lostLeases: Counter
    let keepAliveFailures: Counter
    let watches: Gauge
    let watchLag: Gauge
    let resumedWatches: Counter
    let overflowedWatches: Counter

    private let factory: any MetricsFactory
    private let byMethod = Mutex<[String: CallMetrics]>([:])

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        logins = Counter(label: "etcd_client_logins_total", dimensions: [("outcome", "ok")], factory: factory)
        failedLogins = Counter(label: "etcd_client_logins_total", dimensions: [("outcome", "failed")], factory: factory)
        historyLosses = Counter(label: "etcd_client_history_losses_total", factory: factory)
        leases = Gauge(label: "etcd_client_leases", factory: factory)
        lostLeases = Counter(label: "etcd_client_lost_leases_total", factory: factory)
        keepAliveFailures = Counter(label: "etcd_client_keepalive_failures_total", factory: factory)
        watches = Gauge(label: "etcd_client_watches", factory: factory)
        watchLag = Gauge(label: "etcd_client_watch_lag_revisions", factory: factory)
        resumedWatches = Counter(label: "etcd_client_watch_resumes_total", factory: factory)
        overflowedWatches = Counter(label: "etcd_client_watch_overflows_total", factory: factory)
    }

    func calls(of method: GRPCMethod) -> CallMetrics {
        byMethod.withLock { methods in
            if let known = methods[method.path] { return known }
            let new = CallMetrics(method, factory)
            methods[method.path] = new
            return new
        }
    }
}

/// The metrics of one method.
final class CallMetrics: Sendable {
    let retries: Counter

    private let method: String
    private let factory: any MetricsFactory
    private let duration: Timer
    private let succeeded: Counter
    private let unknownOutcomes: Counter
    private let failed = Mutex<[EtcdError.Code: Counter]>([:])

    init(_ method: GRPCMethod, _ factory: any MetricsFactory) {
        // Without the package: "KV/Range".
        let name = String(method.path.split(separator: ".").last ?? "")
        self.method = name
        self.factory = factory
        duration = Timer(label: "etcd_client_call_duration", dimensions: [("method", name)], factory: factory)
        retries = Counter(label: "etcd_client_retries_total", dimensions: [("method", name)], factory: factory)
        unknownOutcomes = Counter(label: "etcd_client_unknown_outcomes_total", dimensions: [("method", name)], factory: factory)
        succeeded = Counter(label: "etcd_client_calls_total", dimensions: [("method", name), ("code", "ok")], factory: factory)
    }

    /// A call is over; `code` is nil when it succeeded.
    func end(_ code: EtcdError.Code?, _ nanoseconds: Int64) {
        duration.recordNanoseconds(nanoseconds)
        guard let code else { return succeeded.increment() }
        if code == .unknownOutcome { unknownOutcomes.increment() }
        let counter = failed.withLock { failed in
            if let known = failed[code] { return known }
            let new = Counter(label: "etcd_client_calls_total", dimensions: [("method", method), ("code", code.description)], factory: factory)
            failed[code] = new
            return new
        }
        counter.increment()
    }
}
