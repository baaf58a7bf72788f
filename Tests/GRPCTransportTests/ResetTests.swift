//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import GRPCTestSupport
import GRPCTransport
import Testing

@Suite("A reset is told from a status")
struct ResetTests {
    static let method: GRPCMethod = "/test.Service/Method"

    // All that HTTP/2 has a name for, and one that it hasn't; REFUSED_STREAM is another matter before the answer has begun.
    @Test("The error says by which code the stream was reset, and that the call may have been executed", arguments: Array(0...13) + [99] as [UInt32])
    func codes(code: UInt32) async throws {
        try await ScriptedPeer.with(script: { server, _, requests in
            if requests == 1 { scripted_server_headers(server, 1, okHeaders, false) }
        }) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                async let failed = grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                }
                try await peer.waitForRequest()
                try await peer.act { scripted_server_reset($0, 1, code) }
                let error = await failed
                #expect(error?.resetCode == code)
                #expect(error?.disposition == .mayHaveExecuted)
                #expect(error?.origin == .server)
            }
        }
    }

    @Test("A status is not a reset, whatever its code", arguments: [1, 7, 8, 13, 14])
    func status(code: Int) async throws {
        try await ScriptedPeer.with(script: { server, _, requests in
            if requests == 1 { scripted_server_headers(server, 1, okHeaders + "grpc-status: \(code)\n", true) }
        }) { peer in
            try await withTransport([peer.endpoint.description]) { transport in
                let error = await grpcError { () async throws(GRPCError) in
                    _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                }
                #expect(error?.code.rawValue == code)
                #expect(error != nil && error?.resetCode == nil)
            }
        }
    }
}
