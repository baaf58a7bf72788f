//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import LogRecording
import Logging
import Storage
import Testing

@testable import EtcdStorage

@Suite("Slow operations", .timeLimit(.minutes(3)))
struct SlowOperationTests {
    private let start = ContinuousClock.now

    @Test("Time is put down to the step it was spent in, and told from the threshold on")
    func measures() {
        var trace = OperationTrace(threshold: .milliseconds(500), now: start)
        trace.enter(.read, at: start + .milliseconds(1))
        trace.enter(.decode, at: start + .milliseconds(201))
        trace.enter(.write, at: start + .milliseconds(202))
        trace.enter(.read, at: start + .milliseconds(302))
        #expect(trace.report(at: start + .milliseconds(499)) == nil)
        let report = trace.report(at: start + .milliseconds(500))
        #expect(report == .init(total: .milliseconds(500), steps: ["read 2x 398 ms", "decode 1x 1 ms", "write 1x 100 ms"]))
    }

    @Test("Where nothing is to be told nothing is measured")
    func off() {
        var trace = OperationTrace(threshold: nil, now: start)
        trace.enter(.read, at: start + .seconds(10))
        #expect(trace.report(at: start + .seconds(100)) == nil)
    }

    @Test("Every operation tells what it did, on what, and for how long, by the steps that it took")
    func tells() async throws {
        try await StorageHarness.run { harness in
            let log = LogRecorder()
            var configuration = harness.storage.configuration
            configuration.slowOperationThreshold = .zero
            let storage = EtcdStorage(client: harness.client, configuration: configuration, logger: log.logger)
            let key = StorageHarness.key("a")

            func expect(_ operation: String, _ key: String, _ steps: [String], sourceLocation: SourceLocation = #_sourceLocation) {
                let lines = log.take().filter { $0.message == "a slow operation" }
                #expect(lines.map { $0["operation"] } == [operation], sourceLocation: sourceLocation)
                guard let line = lines.first else { return }
                #expect(line.level == .notice && line["key"] == key && line["resource"] == "pods", sourceLocation: sourceLocation)
                #expect(line["duration"].hasSuffix(" ms"), sourceLocation: sourceLocation)
                let taken = line["steps"].split(separator: ", ").map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
                #expect(taken == steps, sourceLocation: sourceLocation)
            }

            _ = try await storage.create(key, bytes: StorageHarness.pod("a"), ttl: 0)
            expect("create", key, ["encode 1x", "write 1x"])
            _ = try await storage.create(StorageHarness.key("b"), bytes: StorageHarness.pod("b"), ttl: 100)
            expect("create", StorageHarness.key("b"), ["lease 1x", "encode 1x", "write 1x"])
            let read = try await storage.get(key, options: GetOptions())
            expect("get", key, ["read 1x", "decode 1x"])
            _ = try await storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: nil) { _ in
                UpdateProposal(bytes: StorageHarness.pod("a", n: 1))
            }
            expect("update", key, ["read 1x", "decode 1x", "caller 1x", "encode 1x", "write 1x"])
            // From an old copy: the write is refused, and tried again with what it was told is there.
            _ = try await storage.guaranteedUpdate(key, ignoreNotFound: false, preconditions: nil, suggestion: read) { _ in
                UpdateProposal(bytes: StorageHarness.pod("a", n: 2))
            }
            expect("update", key, ["decode 1x", "caller 2x", "encode 2x", "write 2x"])
            _ = try await storage.list("/pods", options: ListOptions(predicate: SelectionPredicate(limit: 1)))
            expect("list", "/pods", ["read 1x", "decode 1x"])
            _ = try await storage.list(key, options: ListOptions(recursive: false))
            expect("list", key, ["read 1x", "decode 1x"])
            _ = try await storage.delete(key, preconditions: nil, suggestion: nil) { _ in }
            expect("delete", key, ["read 1x", "decode 1x", "caller 1x", "write 1x"])
            // A failure took its time too.
            _ = try await storageError { try await storage.get(key, options: GetOptions()) }
            expect("get", key, ["read 1x"])
        }
    }

    @Test("By default nobody hears of what is fast, nor ever where no threshold is set", arguments: [Duration.seconds(3600), nil])
    func silent(threshold: Duration?) async throws {
        try await StorageHarness.run { harness in
            let log = LogRecorder(level: .trace)
            var configuration = harness.storage.configuration
            #expect(configuration.slowOperationThreshold == .milliseconds(500))
            configuration.slowOperationThreshold = threshold
            let storage = EtcdStorage(client: harness.client, configuration: configuration, logger: log.logger)
            _ = try await storage.create(StorageHarness.key("a"), bytes: StorageHarness.pod("a"), ttl: 0)
            _ = try await storage.list("/pods", options: ListOptions())
            #expect(!log.lines.contains { $0.message == "a slow operation" })
        }
    }
}
