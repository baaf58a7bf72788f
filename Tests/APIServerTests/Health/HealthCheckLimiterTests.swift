//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import APIServer

@Suite("Health checks that are made at most so often")
struct HealthCheckLimiterTests {
    private struct Broken: Error {}

    private let start = ContinuousClock.now
    private let limiter = HealthCheckLimiter(interval: .seconds(1))

    /// Asks at a time; the answer is whether the check was made, and whether it was well.
    private func ask(at seconds: Double, isWell: Bool) async -> (made: Bool, isWell: Bool) {
        var made = false
        do {
            try await limiter.check(now: { start + .seconds(seconds) }) {
                made = true
                if !isWell { throw Broken() }
            }
            return (made, true)
        } catch {
            return (made, false)
        }
    }

    @Test("Within the interval the last outcome is told, good or bad; after it the check is made again")
    func limits() async {
        #expect(await ask(at: 0, isWell: true) == (true, true))
        #expect(await ask(at: 0.9, isWell: false) == (false, true))
        #expect(await ask(at: 1, isWell: false) == (true, false))
        #expect(await ask(at: 1.9, isWell: true) == (false, false))
        #expect(await ask(at: 2, isWell: true) == (true, true))
    }

    @Test("An answer that comes late doesn't hide the answer to a later question")
    func late() async throws {
        // The second is asked, and answered, while the first waits.
        var wasSecondMade = false
        do {
            try await limiter.check(now: { start }) {
                wasSecondMade = await ask(at: 1, isWell: true).made
                throw Broken()
            }
            Issue.record("the first check was well")
        } catch is Broken {}
        #expect(wasSecondMade)
        #expect(await ask(at: 1.5, isWell: false) == (false, true))
    }

    @Test("Whoever gives up while asking says nothing of what was asked about")
    func cancelled() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await limiter.check(now: { start }) { try Task.checkCancellation() }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await ask(at: 0.1, isWell: true) == (true, true))
    }

    @Test("Checks of several names share what is remembered")
    func shared() async throws {
        final class Calls: Sendable { let count = Atomic(0) }
        let calls = Calls()
        let check = HealthCheck(name: "etcd") { calls.count.add(1, ordering: .relaxed) }.rateLimited(to: .seconds(3600))
        let other = check.renamed("etcd-readiness", endpoints: [.readyz])
        try await check.check()
        try await other.check()
        #expect(calls.count.load(ordering: .relaxed) == 1)
        #expect(other.name == "etcd-readiness" && other.endpoints == [.readyz])
    }
}
