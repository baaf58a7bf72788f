//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import GRPCTransport
import LogRecording
import TestWaiting
import Testing

@Suite("Clients that are run too often, or not at all")
struct ScriptedRunTests {
    private static let script: ScriptedEtcd.Script = { request in
        switch request.method {
        case "Auth/Authenticate": ScriptedEtcd.logIn(request)
        case "Watch/Watch": ([message { $0.number(3, 1) }], .open)
        default: ([message { _ in }], .ok)
        }
    }

    private static func message(_ fill: (inout WireWriter) -> Void) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { $0.number(3, 7) }
        fill(&writer)
        return writer.bytes
    }

    @Test("A client and its views are run once: another run fails, and calls, logins and watches go on", arguments: [true, false])
    func secondRun(ofView: Bool) async throws {
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }, script: Self.script) { etcd, client, _ in
            try await client.put("a", "1")
            let other = ofView ? client.with(CallOptions(timeout: .seconds(60))) : client
            let error = await failure { try await other.run() }
            #expect(error?.code == .failedPrecondition && error?.message.contains("run() has been called already") == true)
            try await other.put("a", "2")
            // A stream needs a task of the run that goes on.
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 1))
            try await eventually("the watch's stream") { etcd.requests.contains { $0.method == "Watch/Watch" } }
            watch.cancel()
        }
    }
}
