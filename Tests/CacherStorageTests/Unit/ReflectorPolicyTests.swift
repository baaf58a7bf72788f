//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Testing

@testable import CacherStorage

@Suite("Reflector policy")
struct ReflectorPolicyTests {
    private typealias Action = ReflectorPolicy.Action
    private let began = ContinuousClock.now
    private let relist = Action(next: .list, delay: .seconds(1))

    private func policy() -> ReflectorPolicy {
        ReflectorPolicy(relistBackoff: .seconds(1), watchRetryLimit: .seconds(30))
    }

    @Test("A list is followed by a watch at once, and a failed one by another list after a pause")
    func lists() {
        var policy = policy()
        #expect(policy.handle(.listed, now: began) == Action(next: .watch, delay: .zero))
        #expect(policy.handle(.listFailed(StorageError(.unreachable)), now: began) == relist)
    }

    @Test(
        "A watch that can't be trusted any more is followed by a list",
        arguments: [StorageError.Code.expired, .internalError, .corruptObject, .stopped])
    func lostWatch(code: StorageError.Code) {
        var policy = policy()
        #expect(policy.handle(.watchFailed(StorageError(code), brought: true), now: began) == relist)
    }

    @Test("A watch that ended silently goes on where it was, unless it ended at once with nothing")
    func silentEnd() {
        var policy = policy()
        let goOn = Action(next: .watch, delay: .zero)
        #expect(policy.handle(.watchEnded(lasted: .seconds(5), brought: false), now: began) == goOn)
        #expect(policy.handle(.watchEnded(lasted: .milliseconds(5), brought: true), now: began) == goOn)
        #expect(policy.handle(.watchEnded(lasted: .milliseconds(5), brought: false), now: began) == relist)
    }

    @Test("While the store is away the watch is tried again, but not for ever")
    func storeAway() {
        var policy = policy()
        let retry = Action(next: .watch, delay: .seconds(1))
        let away = ReflectorPolicy.Outcome.watchFailed(StorageError(.unreachable), brought: false)
        #expect(policy.handle(away, now: began) == retry)
        #expect(policy.handle(away, now: began + .seconds(29)) == retry)
        #expect(policy.handle(away, now: began + .seconds(30)) == relist)
        // The next outage has its own time.
        #expect(policy.handle(away, now: began + .seconds(40)) == retry)
        #expect(policy.handle(.watchFailed(StorageError(.unreachable), brought: true), now: began + .seconds(80)) == retry)
        #expect(policy.handle(away, now: began + .seconds(100)) == retry)
    }
}
