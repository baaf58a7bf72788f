//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting
import Synchronization
import TestWaiting
import Testing

/// All scenarios, one after the other: they kill, count descriptors and measure.
@Suite(.serialized) struct Scenarios {}

extension Trait where Self == TimeLimitTrait {
    /// Long enough for the form that was asked for.
    static var soakLimit: Self { .timeLimit(.minutes(4 + 2 * (Soak.seconds ?? 0) / 60)) }
}

/// One cluster and one client through a number of rounds, each with a load, faults, and a look at what came of it.
struct Scenario: Sendable {
    let options: EtcdClusterOptions
    let timeout: Duration
    let workers: Int
    let watchers: Int
    let mix: Worker.Mix
    let compacts: Bool
    let configure: @Sendable (inout EtcdClientConfiguration) -> Void

    /// - Parameters:
    ///   - timeout: how long an operation may take.
    ///   - compacts: whether the history is compacted meanwhile.
    init(
        _ options: EtcdClusterOptions = .proxiedTrio, timeout: Duration = .seconds(3), workers: Int = 5, watchers: Int = 2, mix: Worker.Mix = .init(),
        compacts: Bool = false, configure: @escaping @Sendable (inout EtcdClientConfiguration) -> Void = { _ in }
    ) {
        self.options = options
        self.timeout = timeout
        self.workers = workers
        self.watchers = watchers
        self.mix = mix
        self.compacts = compacts
        self.configure = configure
    }

    /// One round: where faults are made and looked at.
    final class Round: Sendable {
        let cluster: EtcdCluster
        let client: EtcdClient
        let prefix: String
        let recorder = Recorder()
        let isOver = Flag()
        private let generator: Mutex<SeededRandom>
        /// The revision before the round.
        let base: Int64

        fileprivate init(cluster: EtcdCluster, client: EtcdClient, prefix: String, random: SeededRandom, base: Int64) {
            self.cluster = cluster
            self.client = client
            self.prefix = prefix
            generator = Mutex(random)
            self.base = base
        }

        /// Waits until operations and watches go on as they did before.
        @discardableResult
        func recovers(_ time: Duration = .seconds(60), since: ContinuousClock.Instant = .now) async throws -> Duration {
            try await eventually("write after the fault", time) { self.recorder.hasDone(after: since) { $0.isWrite } }
            try await eventually("read after the fault", time) { self.recorder.hasDone(after: since) { !$0.isWrite } }
            try await eventually("event after the fault", time) { self.recorder.hasEvent(after: since) }
            return .now - since
        }

        func random<Value: Sendable>(_ body: (inout SeededRandom) -> Value) -> Value { generator.withLock { body(&$0) } }
    }

    /// Runs the rounds, and looks for leaks at the end.
    func run(
        sourceLocation: SourceLocation = #_sourceLocation, _ faults: @escaping @Sendable (Round) async throws -> Void,
        afterwards: @escaping @Sendable (Round) async throws -> Void = { _ in }
    ) async throws {
        try await Self.warmUp.value
        let descriptors = ProcessUse.descriptors
        try await EtcdCluster.withCluster(options) { cluster in
            try await withClient(of: cluster.endpoints, tls: cluster.tls, configure: configure) { client in
                var resident: [Int] = []
                let end = ContinuousClock.now + Soak.duration(.zero)
                var number: UInt64 = 0
                repeat {
                    let seed = Soak.seed &+ number
                    do {
                        try await round(cluster, client, seed: seed, faults, afterwards, sourceLocation)
                    } catch {
                        Issue.record("round \(number), KEELSON_SEED=\(seed): \(error)", sourceLocation: sourceLocation)
                        throw error
                    }
                    if let now = ProcessUse.residentBytes { resident.append(now) }
                    number += 1
                } while ContinuousClock.now < end
                // The first rounds fill caches and pools.
                if resident.count > 6 {
                    let (early, late) = (resident[2..<4].reduce(0, +) / 2, resident.suffix(2).reduce(0, +) / 2)
                    #expect(late < early + early / 2 + (32 << 20), "memory grows: \(resident)", sourceLocation: sourceLocation)
                }
            }
            try await noWatcherIsLeft(cluster)
        }
        if let descriptors {
            try await eventually("return to \(descriptors) descriptors") { ProcessUse.descriptors.map { $0 <= descriptors } ?? true }
        }
    }

    /// Threads and descriptors that come once and stay.
    private static let warmUp = Task {
        try await EtcdCluster.withCluster(EtcdClusterOptions(proxied: true)) { cluster in
            try await withClient(of: cluster.endpoints) { client in _ = try await client.put("a", "1") }
        }
    }

    private func noWatcherIsLeft(_ cluster: EtcdCluster) async throws {
        for member in cluster.members where member.isRunning {
            for metric in ["etcd_debugging_mvcc_watcher_total", "etcd_debugging_mvcc_watch_stream_total"] {
                try await eventually("end of all watchers of \(member.name)") { await (member.metric(metric) ?? 0) == 0 }
            }
        }
    }

    private func round(
        _ cluster: EtcdCluster, _ client: EtcdClient, seed: UInt64, _ faults: @escaping @Sendable (Round) async throws -> Void,
        _ afterwards: @escaping @Sendable (Round) async throws -> Void, _ sourceLocation: SourceLocation
    ) async throws {
        var random = SeededRandom(seed)
        let prefix = cluster.uniquePrefix()
        let base = try await client.range(.key(prefix), deadline: .now + .seconds(60)).header.revision
        let round = Round(cluster: cluster, client: client, prefix: prefix, random: random.fork(), base: base)
        let archive = Archive(cluster: cluster, prefix: prefix, from: base + 1)
        let fence = "\(prefix)/fence"
        try await withThrowingTaskGroup(of: Void.self) { group in
            let steady = try await client.watch(.prefix("\(prefix)/"), options: .init(startRevision: base + 1, prevKV: true))
            group.addTask {
                await round.recorder.record(steady, scope: .prefix("\(prefix)/"), options: .init(prevKV: true)) { batch in
                    batch.events.contains { $0.kv.keyText == fence }
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                addLoad(to: &group, round, archive, &random)
                try await eventually("first event") { round.recorder.eventCount > 0 }
                try await faults(round)
                try await round.recovers(since: .now)
                round.isOver.set()
                try await group.waitForAll()
            }
            let end = try await archive.finish(fence)
            try await eventually("news of revision \(end) for the steady watch") {
                steady.nextRevision > end || !round.recorder.watchEnds.isEmpty
            }
            try await group.waitForAll()
        }
        try await afterwards(round)
        check(round, archive, seed, sourceLocation)
    }

    private func addLoad(to group: inout ThrowingTaskGroup<Void, any Error>, _ round: Round, _ archive: Archive, _ random: inout SeededRandom) {
        for number in 0..<workers {
            var worker = Worker(
                round.client, round.recorder, prefix: round.prefix, name: "\(round.prefix.suffix(4)).\(number)", random: random.fork())
            worker.mix = mix
            worker.timeout = timeout
            group.addTask { [worker] in
                var worker = worker
                await worker.work(until: round.isOver)
            }
        }
        for _ in 0..<watchers {
            let watcher = Watcher(
                client: round.client, recorder: round.recorder, prefix: round.prefix, oldest: { archive.archived + 1 }, random: random.fork())
            group.addTask {
                var watcher = watcher
                await watcher.work(until: round.isOver)
            }
        }
        if compacts { group.addTask { try await archive.compact(until: round.isOver) } }
    }

    private func check(_ round: Round, _ archive: Archive, _ seed: UInt64, _ sourceLocation: SourceLocation) {
        let history = StoreHistory(archive.changes)
        let operations = round.recorder.operations
        var violations = LinearizabilityCheck.violations(of: operations + archive.operations, against: history)
        for watch in round.recorder.watches {
            violations += WatchCheck.violations(of: watch, against: history, compacted: archive.compacted)
        }
        #expect(
            violations.isEmpty,
            """
            \(violations.count) violations in \(operations.count) operations and \(round.recorder.watches.count) watches, KEELSON_SEED=\(seed):             \(violations.prefix(5).map(\.description).joined(separator: "\n"))
            """, sourceLocation: sourceLocation)
        #expect(
            round.recorder.doneCount > 10, "hardly anything was done: \(round.recorder.errors.last?.description ?? "")",
            sourceLocation: sourceLocation)
        // Nothing but compaction ends a watch.
        let ends = round.recorder.watchEnds.filter { !compacts || $0.error.code != .compacted }
        #expect(ends.isEmpty, "KEELSON_SEED=\(seed): \(ends)", sourceLocation: sourceLocation)
    }
}
