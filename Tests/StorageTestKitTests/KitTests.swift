//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import StorageTestKit
import Synchronization
import Testing

/// The kit finds what is wrong with storages that are wrong.
@Suite(.timeLimit(.minutes(5))) struct KitTests {
    enum Mistake: String, Sendable, CaseIterable {
        case deletesAtTheOldVersion
        case ignoresPreconditions
        case ignoresLimits
        case losesAnEvent
        case forgetsVersionsOfGets
        case writesWhatDidNotChange
        case believesSuggestions

        /// Behaviours that must fail with it.
        var found: [String] {
            switch self {
            case .deletesAtTheOldVersion: ["A05", "A06", "B12", "I02", "I08"]
            case .ignoresPreconditions: ["A06", "A14", "A28d"]
            case .ignoresLimits: ["A23", "A35", "I05"]
            case .losesAnEvent: ["B07", "B11", "I01", "I04"]
            case .forgetsVersionsOfGets: ["A04"]
            case .writesWhatDidNotChange: ["A28b", "I06"]
            case .believesSuggestions: ["A12"]
            }
        }
    }

    @Test("A mistake fails the behaviours that it breaks, which say what is wrong", arguments: Mistake.allCases)
    func finds(mistake: Mistake) async throws {
        let all = StorageConformance.cases + StorageConformance.invariants(seed: 7)
        for id in mistake.found {
            let behaviour = try #require(all.first { $0.id == id })
            let failure = await #expect(throws: ConformanceFailure.self) { try await behaviour.run(on: MistakenFactory(mistake: mistake)) }
            #expect(failure?.description.hasPrefix("\(id): ") == true)
        }
    }

    @Test("Behaviours that need what a factory doesn't offer are skipped, and say what that is")
    func skips() async throws {
        struct Nothing: ConformanceFactory {
            var capabilities: Set<ConformanceCapability> { [] }
            func withSubject(_ setup: ConformanceSetup, _ body: @Sendable (any ConformanceSubject) async throws -> Void) async throws {
                Issue.record("asked for a subject")
            }
        }
        let needy = StorageConformance.cases.filter { !$0.requirements.isEmpty }
        #expect(!needy.isEmpty)
        for behaviour in needy {
            #expect(try await behaviour.run(on: Nothing()) == .skipped(behaviour.requirements))
        }
    }

    @Test("Behaviours have different descriptions")
    func areTold() {
        let names = (StorageConformance.cases + StorageConformance.invariants(seed: 1)).map(\.description)
        #expect(Set(names).count == names.count)
    }
}

struct MistakenFactory: ConformanceFactory {
    var mistake: KitTests.Mistake
    var capabilities: Set<ConformanceCapability> { EtcdFactory(release: .installed).capabilities }
    /// What is lost is waited for.
    var patience: Duration { .seconds(3) }

    func withSubject(_ setup: ConformanceSetup, _ body: @Sendable (any ConformanceSubject) async throws -> Void) async throws {
        let mistake = mistake
        try await EtcdFactory(release: .installed, name: "mistakes").withEtcdSubject(setup) { etcd in
            try await body(MistakenSubject(etcd: etcd, mistake: mistake))
        }
    }
}

struct MistakenSubject: ConformanceSubject {
    let etcd: EtcdSubject
    let mistake: KitTests.Mistake

    var storage: any Storage { MistakenStorage(inner: etcd.storage, mistake: mistake) }
    func increaseRevision() async throws -> ResourceVersion { try await etcd.increaseRevision() }
    func compact(at revision: ResourceVersion) async throws { try await etcd.compact(at: revision) }
    func storedValue(at key: String) async throws -> [UInt8]? { try await etcd.storedValue(at: key) }
    func store(_ value: [UInt8], at key: String) async throws -> ResourceVersion { try await etcd.store(value, at: key) }
    func takeListRequests() -> [Int] { etcd.takeListRequests() }
}

/// A storage with one mistake.
struct MistakenStorage: Storage {
    let inner: any Storage
    let mistake: KitTests.Mistake

    func create(_ key: String, bytes: [UInt8], ttl: Int) async throws(StorageError) -> StoredObject {
        try await inner.create(key, bytes: bytes, ttl: ttl)
    }

    func get(_ key: String, options: GetOptions) async throws(StorageError) -> StoredObject? {
        var options = options
        if mistake == .forgetsVersionsOfGets { options.resourceVersion = nil }
        return try await inner.get(key, options: options)
    }

    func list(_ key: String, options: ListOptions) async throws(StorageError) -> StorageList {
        var options = options
        if mistake == .ignoresLimits { options.predicate.limit = 0 }
        return try await inner.list(key, options: options)
    }

    func guaranteedUpdate(
        _ key: String, ignoreNotFound: Bool, preconditions: Preconditions?, suggestion: StoredObject?,
        update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject {
        let addsSpace = mistake == .writesWhatDidNotChange
        return try await inner.guaranteedUpdate(
            key, ignoreNotFound: ignoreNotFound, preconditions: mistake == .ignoresPreconditions ? nil : preconditions, suggestion: suggestion
        ) { object in
            var proposal = try await update(object)
            if addsSpace, proposal.bytes == object?.bytes { proposal.bytes.append(UInt8(ascii: "\n")) }
            return proposal
        }
    }

    func delete(
        _ key: String, preconditions: Preconditions?, suggestion: StoredObject?, validate: @Sendable (StoredObject) async throws -> Void
    ) async throws(StorageError) -> StoredObject {
        if mistake == .believesSuggestions, let suggestion {
            do { try await validate(suggestion) } catch { throw StorageError(.rejected, key: key, cause: error) }
            return try await inner.delete(key, preconditions: preconditions, suggestion: nil) { _ in }
        }
        let before = try await mistake == .deletesAtTheOldVersion ? inner.get(key, options: GetOptions(ignoreNotFound: true)) : nil
        let deleted = try await inner.delete(
            key, preconditions: mistake == .ignoresPreconditions ? nil : preconditions, suggestion: suggestion, validate: validate)
        return before.map { deleted.at($0.resourceVersion) } ?? deleted
    }

    func watch(_ key: String, options: ListOptions) async throws(StorageError) -> WatchStream {
        let stream = try await inner.watch(key, options: options)
        return mistake == .losesAnEvent ? WatchStream(source: LossySource(stream)) : stream
    }

    func currentResourceVersion() async throws(StorageError) -> ResourceVersion { try await inner.currentResourceVersion() }
    func requestWatchProgress() async throws(StorageError) { try await inner.requestWatchProgress() }
    var supportsWatchProgress: Bool { get async { await inner.supportsWatchProgress } }
    var compactRevision: ResourceVersion { inner.compactRevision }
    func statistics() async throws(StorageError) -> StorageStatistics { try await inner.statistics() }
    func checkReadiness() async throws(StorageError) { try await inner.checkReadiness() }
}

/// Loses the fifth event of a watch.
final class LossySource: WatchSource {
    private let stream: WatchStream
    private let count = Mutex(0)

    init(_ stream: WatchStream) {
        self.stream = stream
    }

    func nextBatch() async -> [WatchEvent] {
        while true {
            let batch = await stream.nextBatch()
            if batch.isEmpty { return [] }
            let kept = batch.filter { _ in
                count.withLock { count in
                    count += 1
                    return count != 5
                }
            }
            if !kept.isEmpty { return kept }
        }
    }

    func cancel() { stream.cancel() }
}
