//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import EtcdClient
public import EtcdTestKit
import Foundation
import GRPCTransport
import Logging

/// Runs a client of a cluster for as long as `body` runs.
public func withClient<Result: Sendable>(of cluster: EtcdCluster, _ body: @Sendable (EtcdClient) async throws -> Result) async throws -> Result {
    let tls = cluster.certificates.map {
        GRPCTLSConfiguration(
            trustRoots: .file($0.authority), certificateChainFile: $0.clientCertificate, privateKeyFile: $0.clientKey)
    }
    var configuration = try EtcdClientConfiguration(endpoints: cluster.endpoints, tls: tls)
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

extension EtcdCluster {
    /// The port of its first member, for the floor.
    public var port: String { endpoints[0].split(separator: ":").last.map(String.init) ?? "" }

    /// Writes objects `PREFIX00000000`… by the floor, which leaves no trace in this process.
    public func fill(_ prefix: String, count: Int) async throws {
        try await FloorProcess.run(["put", port, prefix, "64", "\(count)", "\(count)", "0"])
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
