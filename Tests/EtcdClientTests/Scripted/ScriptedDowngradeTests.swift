//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import Testing

@Suite("Downgrades, on a server that takes them")
struct ScriptedDowngradeTests {
    /// etcd's DowngradeRequest; its zeros aren't sent.
    private static func request(action: UInt64, version: String) -> [UInt8] {
        var writer = WireWriter()
        if action != 0 { writer.number(1, action) }
        if !version.isEmpty { writer.data(2, version) }
        return writer.bytes
    }

    private static let answer: [UInt8] = {
        var writer = WireWriter()
        writer.data(2, "3.6.0")
        return writer.bytes
    }()

    @Test(
        "What is to be done is asked for as etcd has it, and the cluster's version is told",
        arguments: [
            (.validate(version: "3.5"), request(action: 0, version: "3.5")), (.enable(version: "3.5"), request(action: 1, version: "3.5")),
            (.cancel, request(action: 2, version: "")),
        ] as [(DowngradeAction, [UInt8])])
    func requests(action: DowngradeAction, message: [UInt8]) async throws {
        try await ScriptedEtcd.with { _ in
            ([Self.answer], .ok)
        } _: { etcd, client, _ async throws in
            #expect(try await client.downgrade(action) == "3.6.0")
            #expect(etcd.requests.map(\.method) == ["Maintenance/Downgrade"])
            #expect(etcd.requests.map(\.message) == [message])
        }
    }

    @Test("A question is asked again when a server fails; a change isn't made twice")
    func outcomes() async throws {
        try await ScriptedEtcd.with { request in
            request.number.isMultiple(of: 2) ? ([], .status(14, "etcdserver: leader changed")) : ([Self.answer], .ok)
        } _: { etcd, client, _ async throws in
            try await client.downgrade(.validate(version: "3.5"))
            #expect(etcd.requests.count == 2)
            let error = await failure { try await client.downgrade(.enable(version: "3.5")) }
            #expect(error?.outcome == .unknown, "\(String(describing: error))")
            #expect(error?.message.contains("enable a downgrade to \"3.5\"") == true)
            #expect(etcd.requests.count == 3)
        }
    }
}
