//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import GRPCTestSupport
import GRPCTransport
import Testing

@Suite("A member that lives and answers nothing")
struct SilentMemberTests {
    @Test("Reads that wait there are made elsewhere; a write, which may have been executed, waits on")
    func reads() async throws {
        let cluster = try await EtcdCluster.shared()
        let prefix = cluster.uniquePrefix()
        try await ScriptedPeer.with(script: { _, _, _ in }) { mute in
            var configuration = EtcdClientConfiguration(endpoints: [mute.endpoint], tls: cluster.tls)
            configuration.readTimeout = .seconds(60)
            configuration.writeTimeout = .seconds(60)
            configuration.transport.silenceTimeout = .milliseconds(300)
            try await withClient(configuration) { client in
                let write = Task { await failure { try await client.put("\(prefix)/a", "1") } }
                try await mute.waitForRequest()
                async let read = client.range(.key("\(prefix)/a"))
                try await mute.wait { scripted_server_request_count($0) == 2 }
                client.updateEndpoints(try [mute.endpoint] + cluster.endpoints.map { try GRPCEndpoint(parsing: $0) })
                let isEmpty = try await read.kvs.isEmpty
                #expect(isEmpty)
                write.cancel()
                let error = await write.value
                #expect(error?.outcome == .unknown)
                let requests = try await mute.act { scripted_server_request_count($0) }
                #expect(requests == 2)
            }
        }
    }
}
