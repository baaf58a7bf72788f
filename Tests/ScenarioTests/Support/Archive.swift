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

/// What really happened, read back from the store by clients of its own that take no proxy.
final class Archive: Sendable {
    private let cluster: EtcdCluster
    private let prefix: String
    private let credentials: EtcdCredentials?
    private struct State {
        var changes: [Change] = []
        var next: Int64
        var compacted: Int64 = 0
        var marks = 0
    }
    private let state: Mutex<State>
    private let recorder = Recorder()

    init(cluster: EtcdCluster, prefix: String, from revision: Int64, credentials: EtcdCredentials?) {
        self.cluster = cluster
        self.prefix = prefix
        self.credentials = credentials
        state = Mutex(State(next: revision))
    }

    /// The archive's own writes.
    var operations: [RecordedOperation] { recorder.operations }
    var changes: [Change] { state.withLock { $0.changes } }
    /// The revision up to which everything has been read back.
    var archived: Int64 { state.withLock { $0.next - 1 } }
    /// The revision up to which the store was compacted.
    var compacted: Int64 { state.withLock { $0.compacted } }

    /// Compacts again and again, but nothing that wasn't read back before.
    func compact(until isOver: Flag, every interval: Duration = .milliseconds(50)) async throws {
        while !isOver.isSet {
            do {
                let revision = try await withArchivist { client in
                    let revision = try await self.finishReading(client, key: "\(self.prefix)/archive")
                    _ = try await client.compact(revision: revision)
                    return revision
                }
                state.withLock { $0.compacted = revision }
                try await Task.sleep(for: interval)
            } catch let error as EtcdError where error.code != .compacted && error.code != .canceled {
                // The cluster isn't there just now.
                continue
            }
        }
    }

    /// Writes a last key and reads back everything up to it; gives its revision.
    func finish(_ fence: String) async throws -> Int64 {
        try await within("the archive") {
            while true {
                do {
                    return try await self.withArchivist { client in try await self.finishReading(client, key: fence) }
                } catch let error as EtcdError where error.code != .canceled {
                    continue
                }
            }
        }
    }

    private func withArchivist<Result: Sendable>(_ body: @Sendable (EtcdClient) async throws -> Result) async throws -> Result {
        try await withClient(of: cluster.directEndpoints, tls: cluster.tls, configure: { $0.credentials = credentials }, body)
    }

    private func finishReading(_ client: EtcdClient, key: String) async throws -> Int64 {
        let end = try await mark(client, key)
        let watch = try await client.watch(.prefix("\(prefix)/"), options: .init(startRevision: state.withLock { $0.next }))
        while archived < end, let batch = try await watch.nextBatch() {
            let changes = batch.events.map { RecordedWatch.Event($0).change }
            state.withLock { state in
                state.changes += changes
                state.next = batch.revision + 1
            }
        }
        return end
    }

    private func mark(_ client: EtcdClient, _ key: String) async throws -> Int64 {
        let value = state.withLock { state in
            state.marks += 1
            return "archive.\(prefix.suffix(4)).\(state.marks)"
        }
        let outcome = await recorder.record(.put([key: value])) { () async throws(EtcdError) in
            .init(revision: try await client.put(key, value, deadline: .now + .seconds(10)).header.revision)
        }
        if case .done(let answer) = outcome { return answer.revision }
        throw recorder.errors.last ?? EtcdError(.unavailable, message: "no mark")
    }
}
