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
        let stream = SharedWatchStream(group: "shared", patience: .seconds(10))
        let channel = stream.join(limit: 1000, interval: nil, pulse: WatchPulse(isWatch: true))
        channel.close()
        channel.create([1])
        try await runs(stream)
    }
}
