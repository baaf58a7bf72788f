//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import TestWaiting
import Testing

@testable import GRPCTransport

@Suite("An attempt to connect to a name with several addresses")
struct ConnectionAttemptTests {
    private static func channel() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
    }

    // NIO closes all but one, be it the first or the last.
    @Test("Giving it up closes every channel that it got, whichever NIO has closed, and no other is taken", arguments: [nil, 0, 1])
    func abandoned(closedByNIO: Int?) async throws {
        let channels = [try await Self.channel(), try await Self.channel()]
        let attempt = ConnectionAttempt(channels[0].eventLoop)
        for channel in channels { #expect(attempt.accept(channel)) }
        if let closedByNIO { try await channels[closedByNIO].close() }
        attempt.abandon()
        for channel in channels {
            try await within("the end of the channel", .seconds(30)) { try await channel.closeFuture.get() }
        }
        await #expect(throws: CancellationError.self) { try await attempt.opened.futureResult.get() }
        await #expect(throws: CancellationError.self) { try await attempt.ready.futureResult.get() }
        let late = try await Self.channel()
        #expect(!attempt.accept(late))
        try await late.close()
    }
}
