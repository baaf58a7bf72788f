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
    /// The longest pause of a worker between operations.
    var pause: Duration = .milliseconds(12)
    /// Whether each round has a cluster and a client of its own, for what can't be done to them twice.
    var renewsCluster = false
    /// Who all clients are; the cluster asks if there's somebody.
    var credentials: EtcdCredentials?

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
        /// The watch that is there for all of the round.
        let steady: EtcdWatch
        /// Compaction may end it.
        let hasSteadyEnded = Flag()
        private let generator: Mutex<SeededRandom>

        fileprivate init(cluster: EtcdCluster, client: EtcdClient, prefix: String, steady: EtcdWatch, random: SeededRandom) {
            self.cluster = cluster
            self.client = client
            self.prefix = prefix
            self.steady = steady
            generator = Mutex(random)
        }

        func random<Value: Sendable>(_ body: (inout SeededRandom) -> Value) -> Value { generator.withLock { body(&$0) } }
    }

    /// What all rounds came to.
    final class Summary: Sendable {
        fileprivate struct State {
            var rounds: UInt64 = 0
            var unknownWrites = 0
            var residentBytes: [Int] = []
            var liveBytes: [Int] = []
        }
        fileprivate let state = Mutex(State())
        fileprivate let end = ContinuousClock.now + Soak.duration(.zero)

        /// Writes of which nobody knew what had become.
        var unknownWrites: Int { state.withLock { $0.unknownWrites } }

        fileprivate var isOver: Bool { .now >= end }

        fileprivate func add(_ unknownWrites: Int) {
            state.withLock { state in
                state.rounds += 1
                state.unknownWrites += unknownWrites
                if let now = ProcessUse.residentBytes { state.residentBytes.append(now) }
                if !ProcessUse.keepsBacktraces, let now = ProcessUse.liveBytes { state.liveBytes.append(now) }
            }
        }

        fileprivate func expectNoGrowth(_ sourceLocation: SourceLocation) {
            let state = state.withLock { $0 }
            for (what, trend) in [
                ("live", MemoryTrend(ofLiveBytes: state.liveBytes)), ("resident", MemoryTrend(ofResidentBytes: state.residentBytes)),
            ] {
                guard let trend else { continue }
                #expect(trend.growth < trend.bound, "\(what) memory grows by \(Int(trend.growth)) bytes a round", sourceLocation: sourceLocation)
            }
        }
    }

    /// Runs the rounds, and looks for leaks at the end.
    @discardableResult
    func run(
        sourceLocation: SourceLocation = #_sourceLocation, _ faults: @escaping @Sendable (Round) async throws -> Void,
        afterwards: @escaping @Sendable (Round) async throws -> Void = { _ in }
    ) async throws -> Summary {
        try await Self.warmUp.value
        let descriptors = ProcessUse.descriptors
        let summary = Summary()
        repeat {
            try await EtcdCluster.withCluster(options) { cluster in
                if credentials != nil { try await RightsKeeper.prepare(cluster) }
                try await withClient(of: cluster.endpoints, tls: cluster.tls, configure: configureAll) { client in
                    repeat {
                        let number = summary.state.withLock { $0.rounds }
                        let seed = Soak.seed &+ number
                        do {
                            summary.add(try await round(cluster, client, seed: seed, faults, afterwards, sourceLocation))
                        } catch {
                            Issue.record("round \(number), KEELSON_SEED=\(seed): \(error)", sourceLocation: sourceLocation)
                            throw error
                        }
                    } while !renewsCluster && !summary.isOver
                }
                try await noWatcherIsLeft(cluster)
            }
        } while !summary.isOver
        summary.expectNoGrowth(sourceLocation)
        if let descriptors {
            try await eventually("return to \(descriptors) descriptors") { ProcessUse.descriptors.map { $0 <= descriptors } ?? true }
        }
        return summary
    }

    private func configureAll(_ configuration: inout EtcdClientConfiguration) {
        configuration.credentials = credentials
        configure(&configuration)
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
    ) async throws -> Int {
        var random = SeededRandom(seed)
        let prefix = cluster.uniquePrefix()
        let base = try await client.range(.key(prefix), deadline: .now + .seconds(60)).header.revision
        let steady = try await client.watch(.prefix("\(prefix)/"), options: .init(startRevision: base + 1, prevKV: true))
        let round = Round(cluster: cluster, client: client, prefix: prefix, steady: steady, random: random.fork())
        let archive = Archive(cluster: cluster, prefix: prefix, from: base + 1, credentials: credentials)
        let fence = "\(prefix)/fence"
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await round.recorder.record(steady, scope: .prefix("\(prefix)/"), options: .init(prevKV: true)) { batch in
                    batch.events.contains { $0.kv.keyText == fence }
                }
                round.hasSteadyEnded.set()
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
                steady.nextRevision > end || round.hasSteadyEnded.isSet
            }
            try await group.waitForAll()
        }
        try await afterwards(round)
        check(round, archive, seed, sourceLocation)
        return round.recorder.count { $0.kind.isWrite && $0.outcome.isUnknown }
    }

    private func addLoad(to group: inout ThrowingTaskGroup<Void, any Error>, _ round: Round, _ archive: Archive, _ random: inout SeededRandom) {
        for number in 0..<workers {
            var worker = Worker(
                round.client, round.recorder, prefix: round.prefix, name: "\(round.prefix.suffix(4)).\(number)", random: random.fork())
            worker.mix = mix
            worker.timeout = timeout
            worker.pause = pause
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
