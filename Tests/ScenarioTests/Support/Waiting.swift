//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import Synchronization
import Testing

/// Says to other tasks that it's enough.
final class Flag: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}

struct TookTooLong: Error, CustomStringConvertible {
    var description: String
}

/// Fails what doesn't end by itself, rather than hang.
func within<Result: Sendable>(
    _ what: String, _ time: Duration = .seconds(60), _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: time)
            throw TookTooLong(description: "\(what) took longer than \(time)")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}

/// Waits until something is so that nobody tells; gives how long it took.
@discardableResult
func eventually(_ what: String, _ time: Duration = .seconds(60), _ isSo: () async throws -> Bool) async throws -> Duration {
    let start = ContinuousClock.now
    while try await !isSo() {
        guard ContinuousClock.now - start < time else { throw TookTooLong(description: "no \(what) within \(time)") }
        try await Task.sleep(for: .milliseconds(10))
    }
    return ContinuousClock.now - start
}

/// Runs a client for as long as `body` runs.
func withClient<Result: Sendable>(
    of endpoints: [String], tls: GRPCTLSConfiguration? = nil, configure: (inout EtcdClientConfiguration) -> Void = { _ in },
    _ body: @Sendable (EtcdClient) async throws -> Result
) async throws -> Result {
    var configuration = try EtcdClientConfiguration(endpoints: endpoints, tls: tls)
    configure(&configuration)
    let client = EtcdClient(configuration: configuration)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
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
