//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import Synchronization
import TestWaiting

/// Gives a user the right to read ranges, and takes it back.
final class RightsKeeper: Sendable {
    static let role = "reader"
    static let user = "reader"
    static let password = "secret"

    private let root: EtcdClient
    private let cluster: EtcdCluster
    private let granted = Mutex<Set<KeyRange>>([])

    init(root: EtcdClient, cluster: EtcdCluster) {
        self.root = root
        self.cluster = cluster
    }

    /// Whether nothing but a defect can be the reason that the range isn't the user's to read.
    func isGranted(_ range: KeyRange) -> Bool { granted.withLock { $0.contains(range) } }

    /// Has the cluster ask for names, and adds the user.
    static func prepare(_ cluster: EtcdCluster) async throws {
        for command in [
            ["user", "add", "root:root"], ["user", "grant-role", "root", "root"], ["user", "add", "\(user):\(password)"], ["role", "add", role],
            ["user", "grant-role", user, role], ["auth", "enable"],
        ] { try await cluster.etcdctl(command) }
    }

    func grant(_ ranges: [KeyRange]) async throws {
        for range in ranges { try await root.roleGrantPermission(Self.role, .init(.read, range), deadline: .now + .seconds(30)) }
        try await settle()
        granted.withLock { $0.formUnion(ranges) }
    }

    func revoke(_ ranges: [KeyRange]) async throws {
        granted.withLock { $0.subtract(ranges) }
        for range in ranges { try await root.roleRevokePermission(Self.role, range, deadline: .now + .seconds(30)) }
        try await settle()
    }

    /// Waits until each member has heard of what was changed.
    private func settle() async throws {
        let endpoints = try cluster.directEndpoints.map { try GRPCEndpoint(parsing: $0) }
        var newest: UInt64 = 0
        for endpoint in endpoints { newest = max(newest, try await root.status(of: endpoint).raftIndex) }
        for endpoint in endpoints {
            try await eventually("entry \(newest) at \(endpoint)") { try await self.root.status(of: endpoint).raftAppliedIndex >= newest }
        }
    }
}

/// Reads a range from a revision on, by one watch after another, for as long as it may.
final class RangeFollower: Sendable {
    struct Seen: Sendable, Hashable {
        var revision: Int64
        var key: String
        var value: String
    }

    private struct State {
        var seen: [Seen] = []
        var next: Int64
        var watch: EtcdWatch?
        var end: EtcdError?
        var unexpected: [String] = []
    }

    let range: KeyRange
    private let stream: WatchOptions.Stream
    private let rights: RightsKeeper
    private let state: Mutex<State>

    init(_ range: KeyRange, _ stream: WatchOptions.Stream, from revision: Int64, _ rights: RightsKeeper) {
        self.range = range
        self.stream = stream
        self.rights = rights
        state = Mutex(State(next: revision))
    }

    var seen: [Seen] { state.withLock { $0.seen } }
    /// What ended its last watch; nil while that goes on.
    var end: EtcdError? { state.withLock { $0.end } }
    /// Ends of watches that nobody had made end.
    var unexpected: [String] { state.withLock { $0.unexpected } }

    /// Whether it was ended, and is to be followed again from here on.
    func revive() -> Bool { state.withLock { $0.end.take() } != nil }

    func stop() { state.withLock { $0.watch }?.cancel() }

    /// Reads until the watch ends.
    func follow(_ client: EtcdClient) async throws {
        let next = state.withLock { $0.next }
        let watch = try await client.watch(range, options: .init(startRevision: next, stream: stream))
        state.withLock { $0.watch = watch }
        do throws(EtcdError) {
            while let batch = try await watch.nextBatch() {
                let seen = batch.events.map { Seen(revision: $0.revision, key: $0.kv.keyText, value: $0.kv.valueText) }
                state.withLock { $0.seen += seen }
            }
        } catch {
            let isExpected = error.code == .permissionDenied && !rights.isGranted(range)
            state.withLock { state in
                state.end = error
                state.next = watch.nextRevision
                if !isExpected && error.code != .canceled { state.unexpected.append("\(error)") }
            }
        }
    }
}
