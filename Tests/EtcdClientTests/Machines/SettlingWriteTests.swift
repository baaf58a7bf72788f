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

    private func full() -> EtcdError { EtcdError(.unknownOutcome, message: "full", outcome: .unknown, reason: .noSpace) }

    @Test("A full server isn't asked again: what is there tells, unless an earlier attempt may come yet, or the key was absent")
    func fullServer() throws {
        var settling = SettlingWrite(value: [7])
        guard case .look = settling.handle(full(), isLate: false, isCancelled: false) else {
            Issue.record("not looked at")
            return
        }
        #expect(try settling.found(mine, ifModRevision: 5, after: full()) == .done(revision: 9))
        let refused = #expect(throws: EtcdError.self) { try settling.found(other, ifModRevision: 9, after: full()) }
        #expect(refused?.code == .noSpace && refused?.outcome == .notDone)
        for (kv, revision) in [(other, 5), (nil, 0), (nil, 5)] as [(KeyValue?, Int64)] {
            let unknown = #expect(throws: EtcdError.self) { try settling.found(kv, ifModRevision: revision, after: full()) }
            #expect(unknown?.code == .unknownOutcome && unknown?.outcome == .unknown)
        }
        var earlier = SettlingWrite(value: [7])
        _ = earlier.handle(error(.unknownOutcome, .unknown), isLate: false, isCancelled: false)
        _ = earlier.handle(full(), isLate: false, isCancelled: false)
        let unknown = #expect(throws: EtcdError.self) { try earlier.found(other, ifModRevision: 9, after: full()) }
        #expect(unknown?.outcome == .unknown)
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
