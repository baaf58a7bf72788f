//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

@_exported public import BenchmarkMeasurement
public import EtcdClient
public import EtcdTestKit
import GRPCTransport

/// Runs a client of a cluster for as long as `body` runs.
public func withClient<Result: Sendable>(of cluster: EtcdCluster, _ body: @Sendable (EtcdClient) async throws -> Result) async throws -> Result {
    let tls = cluster.certificates.map {
        GRPCTLSConfiguration(
            trustRoots: .file($0.authority), certificateChainFile: $0.clientCertificate, privateKeyFile: $0.clientKey)
    }
    return try await withClient(endpoints: cluster.endpoints, tls: tls, body)
}

extension EtcdCluster {
    /// The port of its first member, for the floor.
    public var port: String { endpoints[0].split(separator: ":").last.map(String.init) ?? "" }

    /// Where peers connect to: its first member, and the certificates for it. See `EtcdFloor.h`.
    public var server: String {
        guard let certificates else { return port }
        return [port, certificates.authority, certificates.clientCertificate, certificates.clientKey].joined(separator: ",")
    }

    /// Writes objects `PREFIX00000000`… by the floor, which leaves no trace in this process.
    public func fill(_ prefix: String, count: Int) async throws {
        try await FloorProcess.run(["put", server, prefix, "64", "\(count)", "\(count)", "0"])
    }
}
