//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdTestSupport
import MetricsTestKit
import Storage
import Testing

@testable import EtcdStorage

@Suite("A watch's initial state as a stream, on an etcd that has them", .timeLimit(.minutes(3)))
struct StreamedWatchTests {
    private static let options = ListOptions(predicate: SelectionPredicate(allowWatchBookmarks: true), sendInitialEvents: true)
    private static let whole = ["ADDED ns/a 5", "ADDED ns/b 5", "ADDED ns/c 5", "ADDED ns/d 5", "BOOKMARK initial-events-end 7"]
    private static let labels = [("group", ""), ("resource", "pods")]

    /// An etcd that has four pods, the latter two of which `stream` sends.
    private static func script(
        version: String = "3.7.0", stream: @escaping @Sendable (ScriptedEtcd.Request) -> ([[UInt8]], ScriptedEtcd.End)
    ) -> ScriptedEtcd.Script {
        { request in
            switch (request.method, request.number) {
            case ("Maintenance/Status", _): ScriptedStore.status(version)
            case ("Watch/Watch", _): ScriptedStore.watching("e")
            case ("KV/Range", 0): ([ScriptedStore.answer(["a", "b"], more: true)], .ok)
            case ("KV/Range", _): ([ScriptedStore.answer(["c", "d"], revision: 9)], .ok)
            default: stream(request)
            }
        }
    }

    private static func streamed(_ request: ScriptedEtcd.Request) -> ([[UInt8]], ScriptedEtcd.End) {
        ([ScriptedStore.part(["c"]), ScriptedStore.part(["d"]), ScriptedStore.part([], isLast: true)], .ok)
    }

    @Test("A first page tells the revision, the stream is read at it, and the watch goes on just after it")
    func streams() async throws {
        let metrics = TestMetrics()
        try await ScriptedStore.with(metrics: metrics, script: Self.script(stream: Self.streamed)) { etcd, storage in
            let reader = EventReader(try await storage.watch("/pods", options: Self.options))
            // What nobody has asked for yet isn't read.
            #expect(etcd.requests.map(\.method) == ["Maintenance/Status", "KV/Range"])
            #expect(try await reader.lines(6) == Self.whole + ["ADDED ns/e 9"])
            #expect(etcd.requests.map(\.method) == ["Maintenance/Status", "KV/Range", "KV/RangeStream", "Watch/Watch"])
            #expect(etcd.requests[2].message == ScriptedStore.request(after: "b", revision: 7))
            #expect(etcd.requests[3].message == ScriptedStore.watchRequest(from: 8))
            #expect(try metrics.expectCounter("etcd_requests_total", [("operation", "listStream")] + Self.labels).totalValue == 1)
            #expect(try metrics.expectCounter("etcd_request_errors_total", [("operation", "listStream")] + Self.labels).totalValue == 0)
        }
    }

    @Test("A stream and pages show the same", arguments: ["3.6.4", "3.7.0", "nonsense"])
    func same(version: String) async throws {
        try await ScriptedStore.with(script: Self.script(version: version, stream: Self.streamed)) { etcd, storage in
            let reader = EventReader(try await storage.watch("/pods", options: Self.options))
            #expect(try await reader.lines(5) == Self.whole)
            #expect(etcd.requests.contains { $0.method == "KV/RangeStream" } == (version == "3.7.0"))
        }
    }

    @Test("A member that hasn't the streams that another has is read by pages")
    func fallsBack() async throws {
        let script = Self.script { _ in ([], .status(12, "unknown method RangeStream for service etcdserverpb.KV")) }
        try await ScriptedStore.with(script: script) { etcd, storage in
            let reader = EventReader(try await storage.watch("/pods", options: Self.options))
            #expect(try await reader.lines(6) == Self.whole + ["ADDED ns/e 9"])
            #expect(etcd.requests.map(\.method) == ["Maintenance/Status", "KV/Range", "KV/RangeStream", "KV/Range", "Watch/Watch"])
        }
    }

    @Test("A revision that is compacted before the state is read to its end ends the watch as expired")
    func compacted() async throws {
        let metrics = TestMetrics()
        let script = Self.script { _ in ([ScriptedStore.part(["c"])], ScriptedStore.compacted) }
        try await ScriptedStore.with(metrics: metrics, script: script) { _, storage in
            let reader = EventReader(try await storage.watch("/pods", options: Self.options))
            #expect(try await reader.lines(5) == Array(Self.whole.prefix(3)) + ["ERROR resource version expired", "END"])
            #expect(try metrics.expectCounter("etcd_request_errors_total", [("operation", "listStream")] + Self.labels).totalValue == 1)
        }
    }

    @Test("One object is no stream, nor is what has a size of pages", arguments: [(false, nil), (true, 2)])
    func pages(recursive: Bool, pageSize: Int?) async throws {
        try await ScriptedStore.with(listPageSize: pageSize, script: Self.script(stream: Self.streamed)) { etcd, storage in
            var options = Self.options
            options.recursive = recursive
            let reader = EventReader(try await storage.watch(recursive ? "/pods" : StorageHarness.key("a"), options: options))
            #expect(try await reader.lines(1) == ["ADDED ns/a 5"])
            #expect(!etcd.requests.contains { $0.method == "Maintenance/Status" })
        }
    }

    @Test("A state older than what is asked for ends the watch before anything is shown")
    func tooLarge() async throws {
        try await ScriptedStore.with(script: Self.script(stream: Self.streamed)) { etcd, storage in
            var options = Self.options
            options.resourceVersion = ResourceVersion(8)
            let reader = EventReader(try await storage.watch("/pods", options: options))
            #expect(try await reader.lines(2) == ["ERROR resource version too large", "END"])
            #expect(!etcd.requests.contains { $0.method == "KV/RangeStream" })
        }
    }
}
