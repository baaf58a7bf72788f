//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import EtcdClient
import EtcdTestSupport
import GRPCTestSupport
import TestWaiting
import Testing

@Suite("Back-pressure, on a server that has much to say")
struct ScriptedBackPressureTests {
    private static func event(revision: UInt64, _ value: [UInt8]) -> [UInt8] {
        ScriptedEtcd.answer(revision: revision) { message in
            message.message(11) { event in
                event.message(2) { kv in
                    ScriptedEtcd.keyValue("a", revision: revision, &kv)
                    kv.data(5, value)
                }
            }
        }
    }

    @Test("Messages longer than the window that nobody reads close it, and come when they are read")
    func unread() async throws {
        let value = [UInt8](repeating: 7, count: 2 << 20)
        let events = (8..<28 as Range<UInt64>).map { Self.event(revision: $0, value) }
        try await ScriptedEtcd.with { _ in
            ([ScriptedEtcd.answer { $0.number(3, 1) }] + events, .open)
        } _: { _, client, peer in
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 8, stream: .dedicated))
            #expect(try await watch.events(1).map(\.revision) == [8])
            // A window that stays closed can only be looked at for a while; all would have come in less.
            try await within("the end of what may be sent", .seconds(20)) {
                var closed = 0
                while closed < 20 {
                    closed = try await peer.act { scripted_server_window($0, 1) } == 0 ? closed + 1 : 0
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await watch.events(19).map(\.revision) == Array(9..<28))
        }
    }
}
