//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import InMemoryTracing
import MetricsTestKit
import Testing

@testable import EtcdClient

@Suite("What a client tells of calls that are streams, and of streams that aren't opened")
struct ScriptedObservationTests {
    private static func calls(_ metrics: TestMetrics, _ method: String) -> [String: Int64] {
        var calls: [String: Int64] = [:]
        for counter in metrics.counters(label: "etcd_client_calls_total") where counter.dimensions.contains(where: { $0.1 == method }) {
            guard let code = counter.dimensions.first(where: { $0.0 == "code" })?.1, counter.totalValue > 0 else { continue }
            calls[code, default: 0] += counter.totalValue
        }
        return calls
    }

    /// A call that is a stream, and what it ends with.
    private struct Ask: Sendable {
        var method: String
        var answer: [UInt8]
        var call: @Sendable (EtcdClient) async throws -> Void
    }

    private static let asks = [
        Ask(method: "Lease/LeaseKeepAlive", answer: ScriptedEtcd.lease(7)) { try await $0.leaseKeepAliveOnce(7) },
        Ask(method: "Maintenance/Snapshot", answer: []) { _ = try await $0.snapshot() },
    ]

    @Test("A call that is a stream is counted and timed once, with its repetitions, and each of them carries its span", arguments: asks.indices)
    func once(index: Int) async throws {
        let ask = Self.asks[index]
        let (metrics, tracer) = (TestMetrics(), InMemoryTracer())
        try await ScriptedEtcd.with(configure: { ($0.metricsFactory, $0.tracer) = (metrics, tracer) }) { request in
            request.number == 0 ? ([], .status(14, "etcdserver: server stopped")) : ([ask.answer], .open)
        } _: { etcd, client, _ in
            try await ask.call(client)
            #expect(Self.calls(metrics, ask.method) == ["ok": 1])
            #expect(try metrics.expectTimer("etcd_client_call_duration", [("method", ask.method)]).values.count == 1)
            #expect(metrics.counterTotal(label: "etcd_client_retries_total", dimensions: [("method", ask.method)]) == 1)
            #expect(tracer.finishedSpans.map(\.operationName) == ["etcdserverpb.\(ask.method)"])
            #expect(etcd.requests.map { $0.headers.contains("in-memory-span-id") } == [true, true])
        }
    }

    @Test("A stream that isn't opened is counted by the reason")
    func reasons() async throws {
        let metrics = TestMetrics()
        try await ScriptedEtcd.with(configure: {
            $0.metricsFactory = metrics
            $0.credentials = .user("alice", password: "secret")
        }) { request in
            ([], .status(3, "etcdserver: authentication failed, invalid user ID or password"))
        } _: { _, client, _ in
            #expect(await failure { try await Self.observe(client) }?.code == .authenticationFailed)
            #expect(Self.calls(metrics, "Election/Observe") == [EtcdError.Code.authenticationFailed.description: 1])
        }
    }

    @Test("One that its task's end prevents is counted as cancelled")
    func cancelled() async throws {
        let metrics = TestMetrics()
        try await ScriptedEtcd.with(configure: { $0.metricsFactory = metrics }) { _ in
            ([], .open)
        } _: { _, client, _ in
            let observer = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { try await Self.observe(client) }
            }
            #expect(await observer.value?.code == .canceled)
            #expect(Self.calls(metrics, "Election/Observe") == [EtcdError.Code.canceled.description: 1])
        }
    }

    private static func observe(_ client: EtcdClient) async throws {
        var leaders = client.observe("e").makeAsyncIterator()
        _ = try await leaders.next()
    }
}
