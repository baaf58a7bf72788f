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
