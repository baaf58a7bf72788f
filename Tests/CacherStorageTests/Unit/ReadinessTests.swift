//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Testing

@testable import CacherStorage

@Suite("Readiness")
struct ReadinessTests {
    private let began = ContinuousClock.now

    @Test("It is pending, then ready, and counts how often it became so")
    func generations() throws {
        var readiness = Readiness(now: began)
        #expect(readiness.state == .pending)
        #expect(throws: StorageError.self) { try readiness.check(now: began) }
        readiness.becomeReady(now: began)
        try readiness.check(now: began)
        readiness.becomeReady(now: began)
        #expect(readiness.generation == 1)
        readiness.becomePending(nil, now: began)
        readiness.becomePending(nil, now: began)
        readiness.becomeReady(now: began)
        #expect(readiness.generation == 2)
    }

    @Test("Once stopped it stays so")
    func stopped() {
        var readiness = Readiness(now: began)
        readiness.stop(now: began)
        readiness.becomeReady(now: began)
        readiness.becomePending(nil, now: began)
        #expect(readiness.state == .stopped)
        let error = #expect(throws: StorageError.self) { try readiness.check(now: began) }
        #expect(error?.code == .stopped)
    }

    @Test("The error tells why and for how long to wait, counted from when it first went down")
    func pendingError() {
        var readiness = Readiness(now: began)
        readiness.becomeReady(now: began)
        readiness.becomePending(StorageError(.unreachable, message: "no route"), now: began + .seconds(100))
        readiness.becomePending(StorageError(.unreachable, message: "still no route"), now: began + .seconds(113))
        let error = #expect(throws: StorageError.self) { try readiness.check(now: began + .seconds(114)) }
        #expect(error?.code == .notReady)
        #expect(error?.retryAfterSeconds == 2)
        #expect(error?.message == "storage is (re)initializing: still no route")
    }

    @Test(
        "The longer it is down, the more patience it asks for, up to 30 seconds",
        arguments: [(0, 1), (5, 1), (11, 1), (12, 2), (14, 2), (30, 6), (56, 28), (57, 30), (3600, 30), (1_000_000, 30)])
    func retryAfter(seconds: Int, expected: Int) {
        #expect(Readiness.retryAfterSeconds(downTime: .seconds(seconds)) == expected)
    }
}
