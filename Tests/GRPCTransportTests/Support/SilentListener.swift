//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import NIOCore
import NIOPosix

/// Accepts connections and never says a word.
struct SilentListener: Sendable {
    let endpoint: GRPCEndpoint

    static func with<Result: Sendable>(scheme: GRPCEndpoint.Scheme = .http, _ body: (SilentListener) async throws -> Result) async throws -> Result {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let listener = SilentListener(endpoint: GRPCEndpoint(scheme: scheme, host: "127.0.0.1", port: channel.localAddress?.port ?? 0))
        do {
            let result = try await body(listener)
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }
}
