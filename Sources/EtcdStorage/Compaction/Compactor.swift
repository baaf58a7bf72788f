//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import EtcdClient
public import Logging
public import ServiceLifecycle
import Synchronization

/// Compacts an etcd cluster's history in step with all other API servers of the cluster, and knows how far it is compacted. One for a cluster.
///
/// It is compatible with kube-apiserver's: they may share a cluster.
public final class Compactor: Service {
    /// What all servers write to; below no prefix, so that one compaction serves all that share the cluster.
    static let key = Array("compact_rev_key".utf8)

    private let client: EtcdClient
    private let interval: Duration
    private let retryInterval: Duration
    private let logger: Logger
    private let known = Atomic<UInt64>(0)

    /// A compactor, which does nothing until it is run.
    /// - Parameter interval: how much history is kept, at least; zero compacts nothing, and follows what others compact.
    public convenience init(client: EtcdClient, interval: Duration = .seconds(300), logger: Logger) {
        self.init(client: client, interval: interval, retryInterval: .seconds(1), logger: logger)
    }

    init(client: EtcdClient, interval: Duration, retryInterval: Duration, logger: Logger) {
        self.client = client
        self.interval = interval
        self.retryInterval = retryInterval
        self.logger = logger
    }

    /// The newest revision known to be compacted; zero when unknown. Never decreases.
    public var compactRevision: ResourceVersion { ResourceVersion(known.load(ordering: .acquiring)) }

    /// Compacts and follows until it is cancelled or shut down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                if self.interval > .zero { group.addTask { await self.compactRegularly() } }
                group.addTask { await self.follow() }
            }
        }
    }

    private func compactRegularly() async {
        var state = CompactorState()
        while await pause(interval) {
            await takeTurn(&state)
        }
    }

    /// One turn. Failures are logged: the next turn is another chance.
    func takeTurn(_ state: inout CompactorState) async {
        do throws(EtcdError) {
            guard case .compact(let revision) = state.handle(try await write(state)) else { return }
            try await client.compact(revision: revision)
            learn(revision)
            logger.debug("compacted etcd", metadata: ["revision": "\(revision)"])
        } catch {
            logger.warning("etcd was not compacted in this turn", metadata: ["error": "\(error)"])
        }
    }

    private func write(_ state: CompactorState) async throws(EtcdError) -> CompactorState.Event {
        do throws(EtcdError) {
            return try await writeTurn(state)
        } catch  where error.reason == .noSpace {
            logger.error(
                "etcd is out of space: it is compacted, and needs to be defragmented and its alarm disarmed", metadata: ["error": "\(error)"])
            return .full(revision: try await client.range(.key(Compactor.key)).header.revision)
        }
    }

    private func writeTurn(_ state: CompactorState) async throws(EtcdError) -> CompactorState.Event {
        let response = try await client.transaction(
            Transaction(
                compare: [.version(Compactor.key, .equal, state.expectedVersion)],
                success: [.put(Compactor.key, Array(String(state.revision).utf8))], failure: [.range(.key(Compactor.key))]))
        if response.succeeded { return .won(revision: response.header.revision) }
        guard case .range(let range)? = response.responses.first, let kv = range.kvs.first else { return .failed }
        learn(from: kv.value)
        return .lost(version: kv.version, revision: response.header.revision)
    }

    /// Follows what is written to the key, by whomever.
    private func follow() async {
        while await pause(retryInterval) {
            do throws(EtcdError) {
                let response = try await client.range(.key(Compactor.key))
                if let kv = response.kvs.first { learn(from: kv.value) }
                let watch = try await client.watch(.key(Compactor.key), options: WatchOptions(startRevision: response.header.revision + 1))
                while let batch = try await watch.nextBatch() {
                    for event in batch.events where event.type == .put { learn(from: event.kv.value) }
                }
            } catch {
                if !Task.isCancelled { logger.info("the watch of compactions ended and is taken up again", metadata: ["error": "\(error)"]) }
            }
        }
    }

    private func learn(from value: [UInt8]) {
        let text = String(decoding: value, as: UTF8.self)
        guard let revision = Int64(text) else {
            logger.warning("compact_rev_key doesn't hold a revision", metadata: ["value": "\(text)"])
            return
        }
        learn(revision)
    }

    private func learn(_ revision: Int64) {
        known.max(UInt64(clamping: revision), ordering: .acquiringAndReleasing)
    }

    /// False when cancelled.
    private func pause(_ duration: Duration) async -> Bool {
        do {
            try await Task.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }
}
