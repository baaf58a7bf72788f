//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import EtcdClient
public import GRPCTransport
import Logging

/// Runs a client for as long as `body` runs.
public func withClient<Result: Sendable>(
    endpoints: [String], tls: GRPCTLSConfiguration?, _ body: @Sendable (EtcdClient) async throws -> Result
) async throws -> Result {
    var configuration = try EtcdClientConfiguration(endpoints: endpoints, tls: tls)
    configuration.readTimeout = .seconds(60)
    configuration.writeTimeout = .seconds(60)
    var logger = Logger(label: "benchmark")
    logger.logLevel = .error
    let client = EtcdClient(configuration: configuration, logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}

/// A JSON object of 1.2 KiB, like those that the floor writes.
public func object(_ index: Int) -> [UInt8] {
    let digits = String(index)
    let name = "object-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    return Array(
        """
        {"kind":"Widget","apiVersion":"example.com/v1","metadata":{"name":"\(name)","namespace":"default",\
        "uid":"00000000-0000-4000-8000-0000\(name.suffix(8))","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z",\
        "labels":{"app":"bench","shard":"\(index % 16)"}},"spec":{"text":"\(String(repeating: "0", count: 960))"}}

        """.utf8)
}
