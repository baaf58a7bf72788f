//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting
import TestWaiting

/// What a client has to do with members. Each has a connection of its own, perhaps to another member.
enum Business: CaseIterable {
    case calls, watches
}

extension Scenario.Round {
    /// The index of the member that has some business of the client.
    func member(of business: Business) async throws -> Int {
        switch business {
        case .calls: try await memberOfCalls()
        case .watches: try await memberOfWatches()
        }
    }

    /// The member to which most is said.
    private func memberOfCalls() async throws -> Int {
        let before = cluster.proxies.map(\.statistics.bytesToServer)
        func said() -> [Int] { zip(cluster.proxies, before).map { $0.statistics.bytesToServer - $1 } }
        try await eventually("calls") { said().reduce(0, +) > 4096 }
        let said = said()
        return said.indices.max { said[$0] < said[$1] } ?? 0
    }

    private func memberOfWatches() async throws -> Int {
        var holders: [Int] = []
        // One that the client has left may not know it yet.
        try await eventually("watchers at one member only") {
            holders = []
            for (index, member) in cluster.members.enumerated() where await (member.metric("etcd_debugging_mvcc_watcher_total") ?? 0) > 0 {
                holders.append(index)
            }
            return holders.count == 1
        }
        return holders[0]
    }

    /// Waits until writes, linearizable reads and the watch that is there all the time go on as they did before; gives how long it took.
    @discardableResult
    func recovers(_ time: Duration = .seconds(60), since: ContinuousClock.Instant = .now) async throws -> Duration {
        var written: Int64 = 0
        try await eventually("write after the fault", time) {
            guard let answer = recorder.answer(after: since, \.isWrite), answer.changed else { return false }
            written = answer.revision
            return true
        }
        try await eventually("read after the fault", time) {
            recorder.answer(after: since, \.isLinearizableRead) != nil
        }
        try await eventually("event of revision \(written) for the watch that is there all the time", time) {
            steady.nextRevision > written || hasSteadyEnded.isSet
        }
        return .now - since
    }

    /// How long a read takes that is asked for now. One that is stale needs no leader.
    func timeOfRead(isLinearizable: Bool) async throws -> Duration {
        let start = ContinuousClock.now
        let outcome = await recorder.record(.read(.key("\(prefix)/probe"), isLinearizable: isLinearizable, at: 0)) { () async throws(EtcdError) in
            let answer = try await client.range(.key("\(prefix)/probe"), options: .init(serializable: !isLinearizable), deadline: .now + .seconds(30))
            return .init(revision: answer.header.revision, state: answer.state)
        }
        guard case .done = outcome else { throw TookTooLong(description: "a read found no member: \(outcome)") }
        return .now - start
    }

    /// How long it is until a write succeeds. Those that were sent to a leader that is gone are lost, so it's tried again and again.
    func timeUntilWrite() async throws -> Duration {
        try await eventually("write that succeeds") {
            if case .done = await put("\(prefix)/probe", timeout: .milliseconds(500)) { true } else { false }
        }
    }

    /// Writes a value that nobody else writes.
    func put(_ key: String, padding: Int = 0, timeout: Duration, by client: EtcdClient? = nil) async -> RecordedOperation.Outcome {
        let value = "put.\(random { $0.next() }).\(String(repeating: "x", count: padding))"
        return await recorder.record(.put([key: value])) { () async throws(EtcdError) in
            .init(revision: try await (client ?? self.client).put(key, value, deadline: .now + timeout).header.revision)
        }
    }

    /// Logins that the members were asked for so far.
    func logins() async -> Int {
        let name = #"grpc_server_started_total{grpc_method="Authenticate",grpc_service="etcdserverpb.Auth",grpc_type="unary"}"#
        return Int(await cluster.sum(of: name))
    }

    /// Connections that proxies have accepted so far.
    var acceptedConnections: Int { cluster.proxies.map(\.statistics.accepted).reduce(0, +) }

    /// Connections that proxies have cut so far.
    var cutConnections: Int { cluster.proxies.map(\.statistics.cut).reduce(0, +) }
}

extension EtcdCluster {
    /// A metric summed over all members.
    func sum(of metric: String) async -> Double {
        var sum = 0.0
        for member in members { sum += await member.metric(metric) ?? 0 }
        return sum
    }
}
