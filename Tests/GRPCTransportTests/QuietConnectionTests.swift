//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import GRPCTestSupport
import NIOCore
import Testing

@testable import GRPCTransport

@Suite("A connection on which nothing happens but pings of the server")
struct QuietConnectionTests {
    // As many as make a flood, and one more, at a pace.
    private static func session(pingedEach pace: TimeAmount) throws -> Session {
        let endpoint = GRPCEndpoint(scheme: .http, host: "server.test", port: 1)
        let session = try #require(Session(endpoint: endpoint, configuration: GRPCTransportConfiguration(endpoints: [endpoint])))
        var now = NIODeadline.uptimeNanoseconds(1)
        receive(Frames.settings(), session, at: now)
        for _ in 0...10_000 {
            now = now + pace
            receive(Frames.ping(), session, at: now)
        }
        return session
    }

    private static func receive(_ bytes: [UInt8], _ session: Session, at time: NIODeadline) {
        bytes.withUnsafeBytes { bytes in
            var taken = 0
            while taken < bytes.count {
                taken += session.receive(bytes[taken...], at: time)
                while session.nextEvent() != nil {}
            }
        }
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in while session.takeOutput(into: buffer) > 0 {} }
    }

    @Test("It lasts, however many have come in the course of time")
    func patient() throws {
        let session = try Self.session(pingedEach: .seconds(1))
        #expect(!session.hasFailed)
    }

    @Test("It is given up when they come too fast")
    func flood() throws {
        let session = try Self.session(pingedEach: .milliseconds(5))
        #expect(session.hasFailed)
    }
}
