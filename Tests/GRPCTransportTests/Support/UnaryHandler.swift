//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import GRPCTransport

extension GRPCTransport {
    /// Looks at the handler of the connection that small calls go to, on its event loop.
    func withUnaryHandler<Result: Sendable>(_ body: @escaping @Sendable (ConnectionHandler) -> Result) async throws -> Result {
        let channel = try #require(pool.currentConnection(for: Route(lane: .unary))).channel
        return try await channel.eventLoop.submit {
            body(try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self))
        }.get()
    }
}
