//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Metrics
import NIOCore
import Tracing

/// Tells metrics and traces what a client does. There's none when nobody listens, so that nothing is measured for nobody.
final class ClientObserver: Sendable {
    private let metrics: ClientMetrics?
    private let tracer: (any Tracer)?

    /// nil when there's neither a place for metrics nor one for spans.
    init?(metrics factory: (any MetricsFactory)?, tracer: (any Tracer)?) {
        let factory = factory ?? MetricsSystem.factory
        let tracer = tracer ?? InstrumentationSystem.tracer
        metrics = factory is NOOPMetricsHandler ? nil : ClientMetrics(factory)
        self.tracer = tracer is NoOpTracer ? nil : tracer
        if metrics == nil, self.tracer == nil { return nil }
    }

    // MARK: Calls

    /// A call begins, or a stream is about to be opened; how long that one then lives is its own affair.
    func begin(_ method: GRPCMethod) -> CallObservation {
        CallObservation(metrics: metrics?.calls(of: method), span: tracer.map { span(method, $0) }, tracer: tracer)
    }

    private func span(_ method: GRPCMethod, _ tracer: any Tracer) -> any Span {
        let parts = method.path.split(separator: "/")
        let span = tracer.startAnySpan(parts.joined(separator: "/"), ofKind: .client)
        span.updateAttributes { attributes in
            attributes["rpc.system"] = "grpc"
            attributes["db.system.name"] = "etcd"
            if parts.count == 2 {
                attributes["rpc.service"] = String(parts[0])
                attributes["rpc.method"] = String(parts[1])
            }
        }
        return span
    }

    // MARK: What else happens

    func loggedIn(_ error: EtcdError?) {
        guard let metrics else { return }
        (error == nil ? metrics.logins : metrics.failedLogins).increment()
    }

    func historyLost() { metrics?.historyLosses.increment() }

    /// So many leases are kept alive.
    func leases(_ count: Int) { metrics?.leases.record(count) }

    /// A lease was lost.
    func leaseLost() { metrics?.lostLeases.increment() }

    /// The stream that renews leases broke.
    func keepAliveBroke() { metrics?.keepAliveFailures.increment() }

    /// What happens to watches.
    var watchHooks: WatchHooks {
        guard let metrics else { return WatchHooks() }
        return WatchHooks(
            watches: { metrics.watches.record($0) }, lag: { metrics.watchLag.record($0) }, resumed: { metrics.resumedWatches.increment() },
            overflowed: { metrics.overflowedWatches.increment() }, historyLost: { metrics.historyLosses.increment() })
    }
}

/// One call, or the opening of one stream, under observation.
struct CallObservation: Sendable {
    private let metrics: CallMetrics?
    private let span: (any Span)?
    private let tracer: (any Tracer)?
    private let begin = NIODeadline.now()

    init(metrics: CallMetrics?, span: (any Span)?, tracer: (any Tracer)?) {
        self.metrics = metrics
        self.span = span
        self.tracer = tracer
    }

    /// Lets the server's spans be this one's children.
    func inject(into metadata: inout GRPCMetadata) {
        guard let tracer, let span else { return }
        tracer.inject(span.context, into: &metadata, using: MetadataInjector())
    }

    /// It's tried again.
    func repeats() {
        metrics?.retries.increment()
        span?.addEvent("retry")
    }

    /// It's over.
    func end(_ error: EtcdError?) {
        metrics?.end(error?.code, (NIODeadline.now() - begin).nanoseconds)
        guard let span else { return }
        if let error {
            span.setStatus(SpanStatus(code: .error, message: error.message))
            span.recordError(error)
            span.updateAttributes { attributes in
                attributes["error.type"] = error.code.description
                if let status = error.underlying { attributes["rpc.grpc.status_code"] = Int64(status.code.rawValue) }
                if let endpoint = error.underlying?.endpoint { attributes["server.address"] = endpoint.description }
            }
        } else {
            span.updateAttributes { $0["rpc.grpc.status_code"] = Int64(0) }
        }
        span.end()
    }
}

private struct MetadataInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout GRPCMetadata) {
        carrier.append(name: key.lowercased(), value: value)
    }
}
