//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import NIOCore

let method: GRPCMethod = "/interop.Test/Method"

/// Thirty seconds from now: far longer than anything here takes.
var soon: ContinuousClock.Instant { .now + .seconds(30) }

/// The error that `body` throws, or nil.
func grpcError(_ body: () async throws(GRPCError) -> Void) async -> GRPCError? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}

/// The error of a unary call.
func unaryError(_ transport: GRPCTransport, _ message: [UInt8] = [1], deadline: ContinuousClock.Instant = soon) async -> GRPCError? {
    await grpcError { () async throws(GRPCError) in _ = try await transport.unary(method, message: message, deadline: deadline) }
}

/// Answers every message with the same one, then ends.
@Sendable func echo(_ call: ServerCall) async throws {
    while let message = await call.receive() { await call.send(message) }
    await call.finish()
}

/// So many bytes in which no part looks like another.
func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed | 1
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            buffer[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
        initialized = count
    }
}

extension GRPCStream {
    /// All messages until the stream ends well.
    func allMessages() async throws(GRPCError) -> [[UInt8]] {
        var all: [[UInt8]] = []
        while case let batch = try await nextMessages(), !batch.isEmpty { all += batch.map { Array(buffer: $0) } }
        return all
    }
}
