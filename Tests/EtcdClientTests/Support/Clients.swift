//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Foundation
import GRPCTransport
import TestWaiting
import Testing

extension Trait where Self == TimeLimitTrait {
    /// So many minutes, and what the long form takes where it was asked for.
    static func soakLimit(minutes: Int) -> Self { .timeLimit(.minutes(minutes + 2 * (Soak.seconds ?? 0) / 60)) }
}

/// Runs a client for as long as `body` runs, and fails when that is longer than any test takes: a call or a watch that gets no answer
/// is to fail the test that waits for it, not the whole target.
func withClient<Result: Sendable>(
    _ configuration: EtcdClientConfiguration, _ body: @escaping @Sendable (EtcdClient) async throws -> Result
) async throws -> Result {
    let client = EtcdClient(configuration: configuration)
    return try await within("what is done with a client", .seconds(150 + 2 * (Soak.seconds ?? 0))) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            return try await body(client)
        }
    }
}

/// Runs a client for as long as `body` runs.
func withClient<Result: Sendable>(
    of endpoints: [String], tls: GRPCTLSConfiguration? = nil, _ body: @escaping @Sendable (EtcdClient) async throws -> Result
) async throws -> Result {
    try await withClient(try configuration(of: endpoints, tls), body)
}

/// A configuration for a cluster, changed as wanted.
func configuration(
    of cluster: EtcdCluster, _ change: (inout EtcdClientConfiguration) -> Void = { _ in }
) throws -> EtcdClientConfiguration {
    var configuration = try configuration(of: cluster.endpoints, cluster.tls)
    change(&configuration)
    return configuration
}

/// The machine that tests run on may have a lot to do: calls may take longer than they may by default.
private func configuration(of endpoints: [String], _ tls: GRPCTLSConfiguration?) throws -> EtcdClientConfiguration {
    try EtcdClientConfiguration(endpoints: endpoints, tls: tls, readTimeout: .seconds(20), writeTimeout: .seconds(20))
}

/// Runs a client of the cluster that tests share, with a prefix for their keys.
func withSharedCluster(_ body: @escaping @Sendable (EtcdClient, _ prefix: String) async throws -> Void) async throws {
    let cluster = try await EtcdCluster.shared()
    try await withClient(of: cluster.endpoints, tls: cluster.tls) { client in try await body(client, cluster.uniquePrefix()) }
}

/// Runs a client of a cluster that nobody else uses.
func withOwnCluster(
    _ options: EtcdClusterOptions = .init(), configure: (inout EtcdClientConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (EtcdClient, EtcdCluster) async throws -> Void
) async throws {
    try await EtcdCluster.withCluster(options) { cluster in
        try await withClient(configuration(of: cluster, configure)) { client in try await body(client, cluster) }
    }
}

/// Runs a client of a cluster that nobody else uses, and that has one member.
func withOwnMember(
    configure: (inout EtcdClientConfiguration) -> Void = { _ in }, _ body: @escaping @Sendable (EtcdClient, EtcdMember) async throws -> Void
) async throws {
    try await withOwnCluster(configure: configure) { client, cluster in try await body(client, try #require(cluster.members.first)) }
}

/// Runs a client of a cluster that nobody else uses, and that has one member, which the client reaches through a proxy.
func withProxiedMember(_ body: @escaping @Sendable (EtcdClient, EtcdMember, FaultProxy) async throws -> Void) async throws {
    try await withOwnCluster(.init(proxied: true)) { client, cluster in
        try await body(client, try #require(cluster.members.first), try #require(cluster.proxies.first))
    }
}

extension FaultProxy {
    /// Waits until so many more bytes than these have been handed to the server's system, which takes them for a server that is paused.
    func waitForRequest(of count: Int, after before: Int) async throws {
        try await eventually("a request of \(count) bytes") { self.statistics.bytesToServer >= before + count }
    }
}

extension EtcdWatch {
    /// The batches up to the one that completes so many events.
    func batches(events count: Int) async throws -> [WatchBatch] {
        try await within("a watch for \(count) events") {
            var batches: [WatchBatch] = []
            var seen = 0
            while seen < count {
                guard let batch = try await self.nextBatch() else { throw TookTooLong(description: "the watch ended after \(seen) events") }
                seen += batch.events.count
                batches.append(batch)
            }
            return batches
        }
    }

    /// The first batch that is as wanted; nil when the watch is cancelled before.
    func firstBatch(_ isWanted: (WatchBatch) -> Bool) async throws(EtcdError) -> WatchBatch? {
        while let batch = try await nextBatch() {
            if isWanted(batch) { return batch }
        }
        return nil
    }

    /// All events up to that of a key, counted as they come.
    func events(upTo last: String, _ seen: Counter = Counter()) async throws -> [WatchEvent] {
        var all: [WatchEvent] = []
        for try await event in events {
            all.append(event)
            seen.increment()
            if event.kv.keyText == last { return all }
        }
        throw TookTooLong(description: "the watch ended before \(last)")
    }

    func events(_ count: Int) async throws -> [WatchEvent] { try await batches(events: count).flatMap(\.events) }
}

/// The error that `body` throws.
func failure(_ body: @Sendable () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async -> EtcdError? {
    do {
        try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
        return nil
    } catch let error as EtcdError {
        return error
    } catch {
        Issue.record("not an EtcdError: \(error)", sourceLocation: sourceLocation)
        return nil
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
