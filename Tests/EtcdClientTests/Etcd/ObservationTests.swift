//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import GRPCTransport
import InMemoryTracing
import MetricsTestKit
import Testing
import Tracing

@testable import EtcdClient

@Suite("What a client tells of itself")
struct ObservationTests {
    @Test("Calls are counted by method and outcome, and timed; labels are made once")
    func metrics() async throws {
        let cluster = try await EtcdCluster.shared()
        let metrics = TestMetrics()
        try await withClient(configuration(of: cluster) { $0.metricsFactory = metrics }) { client in
            let prefix = cluster.uniquePrefix()
            for _ in 0..<10 { try await client.put("\(prefix)/a", "1") }
            _ = await failure { _ = try await client.leaseGrant(ttl: 9_000_000_001) }
            #expect(metrics.counterTotal(label: "etcd_client_calls_total", dimensions: [("method", "KV/Put"), ("code", "ok")]) == 10)
            #expect(
                metrics.counterTotal(label: "etcd_client_calls_total", dimensions: [("method", "Lease/LeaseGrant"), ("code", "lease TTL too large")])
                    == 1)
            #expect(try metrics.expectTimer("etcd_client_call_duration", [("method", "KV/Put")]).values.count == 10)
            // One of each kind, whatever the number of calls.
            #expect(metrics.counters(label: "etcd_client_calls_total").filter { $0.dimensions.contains { $0.1 == "KV/Put" } }.count == 1)
        }
    }

    @Test("Each call is a span of the client's kind, under the caller's, with what gRPC's conventions want; the server is told of it")
    func spans() async throws {
        let cluster = try await EtcdCluster.shared()
        let tracer = InMemoryTracer()
        try await withClient(configuration(of: cluster) { $0.tracer = tracer }) { client in
            let prefix = cluster.uniquePrefix()
            try await client.put("\(prefix)/a", "1")
            _ = await failure { try await client.put("\(prefix)/a", "1", options: .init(lease: 4711)) }
            let spans = tracer.finishedSpans
            #expect(spans.map(\.operationName) == ["etcdserverpb.KV/Put", "etcdserverpb.KV/Put"])
            #expect(spans.allSatisfy { $0.kind == .client })
            let first = try #require(spans.first)
            #expect(first.attributes.get("rpc.system") == .string("grpc"))
            #expect(first.attributes.get("rpc.service") == .string("etcdserverpb.KV"))
            #expect(first.attributes.get("rpc.method") == .string("Put"))
            let second = try #require(spans.last)
            #expect(second.errors.count == 1)
            #expect(second.status?.code == .error)
            #expect(second.attributes.get("error.type") == .string("lease not found"))
            #expect(tracer.performedContextInjections.count == 2)
        }
    }

    @Test("Without anybody who listens there's no observer, and so no work")
    func nobody() {
        #expect(ClientObserver(metrics: nil, tracer: nil) == nil)
    }

    @Test("A view of a client makes its calls in its own way, on the same connections")
    func views() async throws {
        try await withOwnMember(configure: { $0.readTimeout = .seconds(60) }) { client, member in
            try await client.put("a", "1")
            let hasty = client.with(CallOptions(timeout: .seconds(3), metadata: ["x-request": "1"]))
            try await hasty.put("a", "2")
            #expect(hasty.with(CallOptions(requiresLeader: false)).options.timeout == .seconds(3))
            try await member.pauseCompletely()
            let begin = ContinuousClock.now
            #expect(await failure { _ = try await hasty.range(.key("a")) }?.code == .deadlineExceeded)
            #expect(begin.duration(to: .now) < .seconds(50), "less than the client's own time for reads")
            member.resume()
            #expect(try await client.range(.key("a"), deadline: .now + .seconds(30)).kvs.first?.valueText == "2")
        }
    }
}
