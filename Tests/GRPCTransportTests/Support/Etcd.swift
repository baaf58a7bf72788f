//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import GRPCTransport
import Logging
import NIOCore
import TestWaiting

/// Etcd's methods and the few messages these tests need, encoded by hand so that no messages module is involved.
enum Etcd {
    static let range: GRPCMethod = "/etcdserverpb.KV/Range"
    static let put: GRPCMethod = "/etcdserverpb.KV/Put"
    static let leaseRevoke: GRPCMethod = "/etcdserverpb.Lease/LeaseRevoke"
    static let watch: GRPCMethod = "/etcdserverpb.Watch/Watch"

    static func bytes(_ field: UInt8, _ value: [UInt8]) -> [UInt8] {
        var length = value.count
        var varint: [UInt8] = []
        while length >= 128 {
            varint.append(UInt8(length & 127) | 128)
            length >>= 7
        }
        return [field << 3 | 2] + varint + [UInt8(length)] + value
    }

    static func rangeRequest(_ key: String) -> [UInt8] { bytes(1, Array(key.utf8)) }

    static func putRequest(_ key: String, _ value: String) -> [UInt8] { bytes(1, Array(key.utf8)) + bytes(2, Array(value.utf8)) }

    static func watchRequest(_ key: String) -> [UInt8] { bytes(1, bytes(1, Array(key.utf8))) }
}

/// Runs `body` with a transport, and the transport as long as it.
func withTransport<Result: Sendable>(
    _ endpoints: [String], tls: GRPCTLSConfiguration? = nil, logger: Logger = quiet,
    configure: (inout GRPCTransportConfiguration) -> Void = { _ in }, _ body: @escaping @Sendable (GRPCTransport) async throws -> Result
) async throws -> Result {
    var configuration = GRPCTransportConfiguration(endpoints: try endpoints.map { try GRPCEndpoint(parsing: $0) }, tls: tls)
    configure(&configuration)
    let transport = GRPCTransport(configuration: configuration, logger: logger)
    // What gets no answer is to fail the test that waits for it, not the whole target.
    return try await within("what is done with a transport", .seconds(120 + 2 * (Soak.seconds ?? 0))) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            let result = try await body(transport)
            group.cancelAll()
            try await group.waitForAll()
            return result
        }
    }
}

/// A log that only tells what is wrong with the tests.
let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// Thirty seconds from now: far longer than anything here takes.
var soon: ContinuousClock.Instant { .now + .seconds(30) }

extension ByteBuffer {
    /// Whether a text is among the bytes.
    func contains(_ text: String) -> Bool { String(buffer: self).contains(text) }
}

/// The error that `body` throws, or nil.
func grpcError(_ body: () async throws(GRPCError) -> Void) async -> GRPCError? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}
