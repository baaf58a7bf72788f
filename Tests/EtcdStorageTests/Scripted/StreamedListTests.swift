//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestSupport
import MetricsTestKit
import Storage
import Synchronization
import Testing

@testable import EtcdStorage

@Suite("Lists as streams, on an etcd that has them", .timeLimit(.minutes(3)))
struct StreamedListTests {
    /// An etcd 3.7 that has four pods.
    private static func four(_ request: ScriptedEtcd.Request) -> (messages: [[UInt8]], end: ScriptedEtcd.End) {
        switch request.method {
        case "Maintenance/Status": ScriptedStore.status("3.7.0")
        case "KV/Range": ([ScriptedStore.answer(["a", "b"], more: true)], .ok)
        default: ([ScriptedStore.part(["c"]), ScriptedStore.part(["d"]), ScriptedStore.part([], isLast: true)], .ok)
        }
    }

    private static let exact = ListOptions(resourceVersion: ResourceVersion(7), match: .exact)

    @Test("A list without a limit is a stream at the revision of a first page, once etcd's version is known")
    func streams() async throws {
        let metrics = TestMetrics()
        try await ScriptedStore.with(metrics: metrics, script: Self.four) { etcd, storage in
            for _ in 0..<2 {
                let list = try await storage.list("/pods", options: ListOptions())
                #expect(list.items.names == ["ns/a", "ns/b", "ns/c", "ns/d"])
                #expect(list.items.allSatisfy { $0.resourceVersion == ResourceVersion(5) })
                #expect(list.resourceVersion == ResourceVersion(7))
                #expect(list.continueToken == nil && list.remainingItemCount == nil)
            }
            #expect(etcd.requests.map(\.method) == ["Maintenance/Status", "KV/Range", "KV/RangeStream", "KV/Range", "KV/RangeStream"])
            #expect(etcd.requests[2].message == ScriptedStore.request(after: "b", revision: 7))
            let labels = [("group", ""), ("resource", "pods")]
            #expect(try metrics.expectCounter("etcd_requests_total", [("operation", "listStream")] + labels).totalValue == 2)
            #expect(try metrics.expectTimer("apiserver_storage_list_duration_seconds", [("streamed", "true")] + labels).values.count == 2)
        }
    }

    @Test("At a version that is asked for exactly there's nothing but the stream")
    func pinned() async throws {
        try await ScriptedStore.with { request in
            request.method == "Maintenance/Status"
                ? ScriptedStore.status("3.7.0-rc.1") : ([ScriptedStore.part(["a", "b"]), ScriptedStore.part(["c"], isLast: true)], .ok)
        } _: { etcd, storage in
            let list = try await storage.list("/pods", options: Self.exact)
            #expect(list.items.names == ["ns/a", "ns/b", "ns/c"])
            #expect(list.resourceVersion == ResourceVersion(7))
            #expect(etcd.requests.map(\.method) == ["Maintenance/Status", "KV/RangeStream"])
            #expect(etcd.requests.last?.message == ScriptedStore.request(revision: 7))
        }
    }

    @Test("An etcd that hasn't streams, or doesn't tell, is read in pages as large as ever", arguments: ["3.6.4", "3.5.16", "?", nil])
    func pages(version: String?) async throws {
        try await ScriptedStore.with { request in
            if request.method == "KV/Range" { return ([ScriptedStore.answer(["a"])], .ok) }
            return version.map { ScriptedStore.status($0) } ?? ([], ScriptedStore.denied)
        } _: { etcd, storage in
            for _ in 0..<2 {
                let list = try await storage.list("/pods", options: ListOptions())
                #expect(list.items.names == ["ns/a"])
            }
            #expect(etcd.requests.map(\.method) == ["Maintenance/Status", "KV/Range", "KV/Range"])
            #expect(etcd.requests.last?.message == ScriptedStore.request(limit: 10_000))
        }
    }

    @Test("An etcd that was updated while it ran is found to have streams, when it's time to ask again")
    func updated() async throws {
        try await ScriptedStore.with { request in
            switch request.method {
            case "Maintenance/Status": ScriptedStore.status(request.number == 0 ? "3.6.4" : "3.7.0")
            case "KV/Range": ([ScriptedStore.answer(["a"])], .ok)
            default: ([ScriptedStore.part(["a"], isLast: true)], .ok)
            }
        } _: { etcd, storage in
            for _ in 0..<2 { _ = try await storage.list("/pods", options: Self.exact) }
            storage.rangeStreams.withLock { $0.learn(false, now: .now - RangeStreamKnowledge.lifetime) }
            for _ in 0..<2 { _ = try await storage.list("/pods", options: Self.exact) }
            #expect(
                etcd.requests.map(\.method)
                    == ["Maintenance/Status", "KV/Range", "KV/Range", "Maintenance/Status", "KV/RangeStream", "KV/RangeStream"])
        }
    }

    @Test(
        "What is known of streams is good for ten minutes; then one asks, and the others go by it until there's an answer", arguments: [false, true])
    func knowledge(isThere: Bool) {
        var knowledge = RangeStreamKnowledge()
        let start = ContinuousClock.now
        #expect(knowledge.decide(now: start) == .ask(otherwise: false))
        #expect(knowledge.decide(now: start) == .ask(otherwise: false))
        knowledge.learn(isThere, now: start)
        #expect(knowledge.decide(now: start + .seconds(599)) == .known(isThere))
        #expect(knowledge.decide(now: start + .seconds(600)) == .ask(otherwise: isThere))
        #expect(knowledge.decide(now: start + .seconds(600)) == .known(isThere))
        knowledge.learn(!isThere, now: start + .seconds(601))
        #expect(knowledge.decide(now: start + .seconds(602)) == .known(!isThere))
    }

    @Test("Where a limit or a size of pages is set nobody asks for streams", arguments: [(2, nil), (0, 3)])
    func limited(limit: Int, pageSize: Int?) async throws {
        try await ScriptedStore.with(listPageSize: pageSize) { _ in
            ([ScriptedStore.answer(["a"])], .ok)
        } _: { etcd, storage in
            let list = try await storage.list("/pods", options: ListOptions(predicate: SelectionPredicate(limit: limit)))
            #expect(list.items.names == ["ns/a"])
            #expect(etcd.requests.map(\.method) == ["KV/Range"])
        }
    }

    @Test("A server that hasn't the streams that another has is read by pages")
    func mixed() async throws {
        try await ScriptedStore.with { request in
            switch (request.method, request.number) {
            case ("KV/RangeStream", _): ([], .status(12, "unknown method RangeStream for service etcdserverpb.KV"))
            case ("KV/Range", 0): ([ScriptedStore.answer(["a", "b"], more: true)], .ok)
            case ("KV/Range", _): ([ScriptedStore.answer(["c"], revision: 8)], .ok)
            default: ScriptedStore.status("3.7.0")
            }
        } _: { _, storage in
            let list = try await storage.list("/pods", options: ListOptions())
            #expect(list.items.names == ["ns/a", "ns/b", "ns/c"])
            #expect(list.resourceVersion == ResourceVersion(7))
        }
    }

    @Test("A selector chooses from a stream")
    func selects() async throws {
        try await ScriptedStore.with(script: Self.four) { _, storage in
            let predicate = try StorageHarness.predicate(fields: "metadata.name!=c")
            #expect(try await storage.list("/pods", options: ListOptions(predicate: predicate)).items.names == ["ns/a", "ns/b", "ns/d"])
        }
    }

    @Test("A list whose version was compacted under way begins again, of one version")
    func restarts() async throws {
        try await ScriptedStore.with { request in
            switch (request.method, request.number) {
            case ("KV/Range", let number):
                ([ScriptedStore.answer(number == 0 ? ["a", "b"] : ["b"], revision: 7 + UInt64(number), more: true)], .ok)
            case ("KV/RangeStream", 0): ([ScriptedStore.part(["c"])], ScriptedStore.compacted)
            case ("KV/RangeStream", _): ([ScriptedStore.part(["d"], isLast: true)], .ok)
            default: ScriptedStore.status("3.7.0")
            }
        } _: { _, storage in
            let list = try await storage.list("/pods", options: ListOptions())
            #expect(list.items.names == ["ns/b", "ns/d"])
            #expect(list.resourceVersion == ResourceVersion(8))
        }
    }

    @Test("A list that is always overtaken by compactions is given up as expired")
    func givesUp() async throws {
        try await ScriptedStore.with { request in
            request.method == "KV/RangeStream" ? ([], ScriptedStore.compacted) : Self.four(request)
        } _: { etcd, storage in
            let error = try await storageError { try await storage.list("/pods", options: ListOptions()) }
            #expect(error.code == .expired)
            #expect(etcd.requests.count { $0.method == "KV/RangeStream" } == 4)
            let exact = try await storageError { try await storage.list("/pods", options: Self.exact) }
            #expect(exact.code == .expired && exact.continueToken == nil)
            #expect(etcd.requests.count { $0.method == "KV/RangeStream" } == 5)
        }
    }

    @Test("What is left of a list, and compacted, comes with a token that goes on after the last object")
    func inconsistentContinuation() async throws {
        let prefix = "/registry/pods/"
        try await ScriptedStore.with { request in
            request.method == "Maintenance/Status" ? ScriptedStore.status("3.7.1") : ([ScriptedStore.part(["b", "c"])], ScriptedStore.compacted)
        } _: { etcd, storage in
            let token = try ContinueToken(revision: 7, startKey: ScriptedStore.key("a") + "\0").encoded(keyPrefix: prefix)
            let options = ListOptions(predicate: SelectionPredicate(continueToken: token))
            let error = try await storageError { try await storage.list("/pods", options: options) }
            #expect(error.code == .expired)
            #expect(error.message.contains("continue parameter is too old"))
            let next = try ContinueToken(revision: ContinueToken.latest, startKey: ScriptedStore.key("c") + "\0").encoded(keyPrefix: prefix)
            #expect(error.continueToken == next)
            #expect(etcd.requests.last?.message == ScriptedStore.request(after: "a", revision: 7))
        }
    }

    @Test("Objects that can't be read are all named, and no list passes for whole")
    func unreadable() async throws {
        try await ScriptedStore.with { request in
            switch request.method {
            case "Maintenance/Status": ScriptedStore.status("3.7.0")
            default: ([ScriptedStore.part(["a", "!b"]), ScriptedStore.part(["!c", "d"], isLast: true)], .ok)
            }
        } _: { _, storage in
            let error = try await storageError { try await storage.list("/pods", options: Self.exact) }
            #expect(error.code == .corruptObject)
            #expect(error.description.contains("ns/b") && error.description.contains("ns/c"), "\(error)")
        }
    }

    @Test("A list without a revision is none", arguments: [false, true])
    func noRevision(recursive: Bool) async throws {
        try await ScriptedStore.with(listPageSize: 10) { _ in
            ([ScriptedStore.answer(["a"], revision: nil)], .ok)
        } _: { _, storage in
            let options = ListOptions(recursive: recursive)
            let error = try await storageError { try await storage.list(recursive ? "/pods" : StorageHarness.key("a"), options: options) }
            #expect(error.code == .internalError && error.message.contains("without a revision"))
        }
    }

    @Test("A version that etcd hasn't come to is too large")
    func tooLarge() async throws {
        try await ScriptedStore.with(script: Self.four) { _, storage in
            let options = ListOptions(resourceVersion: ResourceVersion(8), match: .notOlderThan)
            let error = try await storageError { try await storage.list("/pods", options: options) }
            #expect(error.code == .resourceVersionTooLarge && error.currentResourceVersion == ResourceVersion(7))
        }
    }
}
