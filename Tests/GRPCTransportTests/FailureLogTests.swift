//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import GRPCTransport

@Suite("Which failed attempts are worth a warning")
struct FailureLogTests {
    static let endpoint = GRPCEndpoint(scheme: .http, host: "a", port: 1)
    static let other = GRPCEndpoint(scheme: .http, host: "b", port: 1)
    static let start = NIODeadline.uptimeNanoseconds(1)

    /// What is said of each step: whether there is a warning, or one that is taken back.
    private func run(_ steps: [(inout FailureLog) -> Bool]) -> [Bool] {
        var log = FailureLog()
        return steps.map { $0(&log) }
    }

    /// A failure at a second, for a reason that lasts or, without one, for one that may pass.
    private func failed(_ endpoint: GRPCEndpoint = endpoint, at second: Int64, lasting reason: String? = nil) -> (inout FailureLog) -> Bool {
        { $0.failed(endpoint, reason: reason ?? "refused \(second)", isLasting: reason != nil, at: Self.start + .seconds(second)) }
    }

    private func connected(_ endpoint: GRPCEndpoint = endpoint) -> (inout FailureLog) -> Bool { { $0.connected(endpoint) } }

    @Test("What a retry may heal is worth a warning when it has lasted a minute, and no second")
    func passing() {
        let said = run([0, 1, 59, 60, 61, 3600].map { failed(at: $0) })
        #expect(said == [false, false, false, true, false, false])
    }

    @Test("What somebody must mend is worth one at once, and another when the reason is another")
    func lasting() {
        let reasons = run(["expired", "expired", "wrong name", "expired"].map { failed(at: 0, lasting: $0) })
        #expect(reasons == [true, false, true, false])
        let mixed = run([failed(at: 0, lasting: "expired"), failed(at: 59), failed(at: 60), failed(at: 61)])
        #expect(mixed == [true, false, true, false])
    }

    @Test("A server that finds ever new reasons is told of sixteen times, and again once it was connected to")
    func manyReasons() {
        var log = FailureLog()
        let said = (0..<100).map { number in failed(at: 0, lasting: "reason \(number)")(&log) }
        #expect(said == (0..<100).map { $0 < 16 })
        #expect(connected()(&log))
        #expect(failed(at: 0, lasting: "reason 99")(&log))
    }

    @Test("Each endpoint is judged by itself")
    func endpoints() {
        let said = run([
            failed(at: 0, lasting: "expired"), failed(Self.other, at: 0, lasting: "expired"), failed(Self.other, at: 59), connected(),
            connected(Self.other),
        ])
        #expect(said == [true, true, false, true, true])
    }

    @Test("A connection takes back the warning, if there was one, and the minute begins anew")
    func connections() {
        let unsaid = run([connected(), failed(at: 0), connected()])
        #expect(unsaid == [false, false, false], "nobody was warned")
        let said = run([failed(at: 0), connected(), failed(at: 70), failed(at: 130), connected(), connected(), failed(at: 140, lasting: "expired")])
        #expect(said == [false, false, false, true, true, false, true])
    }
}
