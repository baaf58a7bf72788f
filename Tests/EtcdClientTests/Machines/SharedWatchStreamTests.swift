//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import TestWaiting
import Testing

@testable import EtcdClient

@Suite("A stream that watches share, without a server")
struct SharedWatchStreamTests {
    /// Runs the stream until nobody wants it. A client without a server never gets it open.
    private func runs(_ stream: SharedWatchStream) async throws {
        let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: ["http://127.0.0.1:1"]))
        try await within("the end of a stream that nobody wants", .seconds(20)) { await stream.run(client) { true } }
    }

    @Test("A watch that another task has ended just before its reader asks for the watcher asks for none")
    func createAfterLeave() async throws {
        let stream = SharedWatchStream(group: "shared", probe: nil)
        let channel = stream.join(limit: 1000, liveness: nil, pulse: WatchPulse(isWatch: true))
        channel.close()
        channel.create([1])
        try await runs(stream)
    }

    @Test("Messages without events count for what they hold, too")
    func messagesWithoutEvents() {
        let stream = SharedWatchStream(group: "shared", probe: nil)
        let channel = stream.join(limit: 1 << 20, liveness: nil, pulse: WatchPulse(isWatch: true))
        var taken = 0
        while taken < 100_000, channel.append(WatchMessage(header: ResponseHeader(revision: 7), watchID: -1), size: 25).isTaken { taken += 1 }
        #expect(taken * MemoryLayout<WatchMessage>.size <= 2 << 20)
        #expect(taken > 1000)
        channel.close()
    }
}
