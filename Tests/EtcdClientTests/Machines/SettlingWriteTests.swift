//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("What a guarded write of unknown fate came to")
struct SettlingWriteTests {
    private func error(_ code: EtcdError.Code, _ outcome: EtcdError.Outcome = .notDone) -> EtcdError {
        EtcdError(code, message: "because of \(code)", outcome: outcome)
    }
    private let mine = KeyValue(key: [1], value: [7], createRevision: 1, modRevision: 9, version: 2)
    private let other = KeyValue(key: [1], value: [8], createRevision: 1, modRevision: 9, version: 2)

    @Test("Without an attempt that went unanswered, what is there is another's")
    func certain() {
        var settling = SettlingWrite(value: [7])
        guard case .again = settling.handle(error(.unavailable), isLate: false, isCancelled: false) else {
            Issue.record("given up")
            return
        }
        #expect(settling.found(mine) == .notDone(found: mine))
        #expect(settling.found(nil) == .notDone(found: nil))
    }

    @Test("After one, this value says that it was done, and any other says nothing")
    func uncertain() {
        var settling = SettlingWrite(value: [7])
        guard case .again = settling.handle(error(.unknownOutcome, .unknown), isLate: false, isCancelled: false) else {
            Issue.record("given up")
            return
        }
        #expect(settling.found(mine) == .done(revision: 9))
        #expect(settling.found(other) == nil)
        #expect(settling.found(nil) == nil)
    }

    @Test("The deadline, a cancellation and what can't pass end it; and an attempt that went unanswered isn't forgotten")
    func ends() {
        for (code, isLate, isCancelled) in [(EtcdError.Code.unavailable, true, false), (.unavailable, false, true), (.noSpace, false, false)] {
            var settling = SettlingWrite(value: [7])
            guard case .fail(let plain) = settling.handle(error(code), isLate: isLate, isCancelled: isCancelled) else {
                Issue.record("tried again after \(code)")
                continue
            }
            #expect(plain.code == code && plain.outcome == .notDone)
            _ = settling.handle(error(.unknownOutcome, .unknown), isLate: false, isCancelled: false)
            guard case .fail(let later) = settling.handle(error(code), isLate: isLate, isCancelled: isCancelled) else {
                Issue.record("tried again after \(code)")
                continue
            }
            #expect(later.code == .unknownOutcome && later.outcome == .unknown)
        }
    }
}
