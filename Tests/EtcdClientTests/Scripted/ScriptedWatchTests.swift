//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import MetricsTestKit
import TestWaiting
import Testing

@Suite("What a client tells of watches of which a server says what it wants")
struct ScriptedWatchTests {
    private static let created = ScriptedEtcd.answer(revision: 20) { $0.number(3, 1) }

    private static func event(_ revision: UInt64) -> [UInt8] {
        ScriptedEtcd.answer(revision: revision) { message in
            message.message(11) { event in event.message(2) { ScriptedEtcd.keyValue("a", revision: revision, &$0) } }
        }
    }

    @Test(
        "A watch that goes on after a break is counted once, however many attempts that takes, and one that ends isn't",
        arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func resumes(stream: WatchOptions.Stream) async throws {
        let metrics = TestMetrics()
        let script: ScriptedEtcd.Script = { request in
            switch request.number {
            case 0: ([Self.created, Self.event(10)], .status(14, "etcdserver: server stopped"))
            case 1...3: ([], .status(14, "etcdserver: server stopped"))
            default: ([Self.created, Self.event(11)], .open)
            }
        }
        try await ScriptedEtcd.with(configure: { $0.metricsFactory = metrics }, script: script) { _, client, _ in
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 10, stream: stream))
            let revisions = try await watch.events(2).map(\.revision)
            #expect(revisions == [10, 11])
            #expect(metrics.counterTotal(label: "etcd_client_watch_resumes_total") == 1)
            let reader = Task { await failure { _ = try await watch.nextBatch() } }
            reader.cancel()
            #expect(await reader.value?.code == .canceled)
            #expect(metrics.counterTotal(label: "etcd_client_watch_resumes_total") == 1)
        }
    }
}
