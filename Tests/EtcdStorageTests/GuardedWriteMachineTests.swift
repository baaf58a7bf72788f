//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Testing

@testable import EtcdStorage

@Suite struct GuardedWriteMachineTests {
    static let lost = EtcdError(.unknownOutcome, message: "connection lost", outcome: .unknown)
    static let failed = EtcdError(.unavailable, message: "no connection")

    enum Verdict: Sendable, Hashable {
        case done(Int64)
        case conflict
        case uncertain
        case resend
        case giveUp
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var write: GuardedWrite
        /// What the re-read shows: value, create revision, mod revision, version.
        var found: (value: String, create: Int64, mod: Int64, version: Int64)?
        var verdict: Verdict
        var testDescription: String { what }
    }

    static func put(at revision: Int64, version: Int64? = nil) -> GuardedWrite {
        GuardedWrite(key: [1], effect: .put(value: Array("ours".utf8), lease: 0), revision: revision, version: version)
    }

    static let delete = GuardedWrite(key: [1], effect: .delete, revision: 10, version: 2)

    static let rows: [Row] = [
        Row(what: "a create that is there", write: put(at: 0), found: ("ours", 12, 12, 1), verdict: .done(12)),
        Row(what: "a create that was written over", write: put(at: 0), found: ("theirs", 12, 13, 2), verdict: .uncertain),
        Row(what: "a create beside another's", write: put(at: 0), found: ("theirs", 12, 12, 1), verdict: .uncertain),
        Row(what: "a create of which nothing is there", write: put(at: 0), found: nil, verdict: .giveUp),
        Row(what: "an update that didn't happen yet", write: put(at: 10, version: 2), found: ("before", 5, 10, 2), verdict: .resend),
        Row(what: "an update that another overtook", write: put(at: 10, version: 2), found: ("theirs", 5, 11, 3), verdict: .conflict),
        Row(what: "an update, or another's that wrote the same", write: put(at: 10, version: 2), found: ("ours", 5, 11, 3), verdict: .uncertain),
        Row(what: "an update among several", write: put(at: 10, version: 2), found: ("theirs", 5, 14, 4), verdict: .uncertain),
        Row(what: "an update from a suggestion, whose version nobody knows", write: put(at: 10), found: ("theirs", 5, 11, 3), verdict: .uncertain),
        Row(what: "an update of something since created anew", write: put(at: 10, version: 2), found: ("theirs", 13, 15, 3), verdict: .uncertain),
        Row(what: "an update of something since deleted", write: put(at: 10, version: 2), found: nil, verdict: .giveUp),
        Row(what: "a delete that didn't happen yet", write: delete, found: ("before", 5, 10, 2), verdict: .resend),
        Row(what: "a delete that an update overtook", write: delete, found: ("theirs", 5, 14, 5), verdict: .conflict),
        Row(what: "a delete of something since created anew", write: delete, found: ("theirs", 13, 13, 1), verdict: .uncertain),
        Row(what: "a delete after which nothing is there", write: delete, found: nil, verdict: .giveUp),
    ]

    @Test("What is stored after a lost answer tells what may be said of a write", arguments: rows)
    func judges(row: Row) {
        var machine = GuardedWriteMachine(row.write)
        #expect(describe(machine.handle(.lost(Self.lost))) == nil)
        #expect(describe(machine.handle(.found(row.keyValue))) == row.verdict)
        // The guard of a repetition may be stopped by the first send, which came through late: the same judgement.
        if row.verdict != .resend {
            var late = GuardedWriteMachine(row.write)
            _ = late.handle(.lost(Self.lost))
            _ = late.handle(.found(KeyValue(value: Array("before".utf8), createRevision: 5, modRevision: max(row.write.revision, 1), version: 2)))
            #expect(describe(late.handle(.refused(row.keyValue))) == row.verdict)
        }
    }

    @Test("An answer is believed")
    func answers() {
        var done = GuardedWriteMachine(Self.delete)
        #expect(describe(done.handle(.done(revision: 20))) == .done(20))
        var refused = GuardedWriteMachine(Self.put(at: 10, version: 2))
        #expect(describe(refused.handle(.refused(nil))) == .conflict)
        var sameValue = GuardedWriteMachine(Self.put(at: 10, version: 2))
        #expect(
            describe(sameValue.handle(.refused(KeyValue(value: Array("ours".utf8), createRevision: 5, modRevision: 11, version: 3)))) == .conflict)
    }

    @Test("A certain failure is one only as long as nothing was lost before")
    func failures() {
        var machine = GuardedWriteMachine(Self.delete)
        guard case .fail = machine.handle(.failed(Self.failed)) else { Issue.record("not a certain failure"); return }
        var uncertain = GuardedWriteMachine(Self.delete)
        _ = uncertain.handle(.lost(Self.lost))
        _ = uncertain.handle(.found(KeyValue(createRevision: 5, modRevision: 10, version: 2)))
        #expect(describe(uncertain.handle(.failed(Self.failed))) == .giveUp)
        var blind = GuardedWriteMachine(Self.delete)
        _ = blind.handle(.lost(Self.lost))
        #expect(describe(blind.handle(.rereadFailed(Self.failed))) == .giveUp)
    }

    @Test("A full store that left the key as it was has refused, unless an earlier send may come yet")
    func full() {
        let full = EtcdError(.unknownOutcome, message: "full", outcome: .unknown, reason: .noSpace)
        let before = KeyValue(value: Array("before".utf8), createRevision: 5, modRevision: 10, version: 2)
        for (write, found) in [(Self.put(at: 0), nil), (Self.put(at: 10, version: 2), before)] as [(GuardedWrite, KeyValue?)] {
            var machine = GuardedWriteMachine(write)
            _ = machine.handle(.lost(full))
            guard case .fail(let error) = machine.handle(.found(found)) else { Issue.record("not a certain failure"); continue }
            #expect(error.code == .noSpace && error.outcome == .notDone)
        }
        var written = GuardedWriteMachine(Self.put(at: 0))
        _ = written.handle(.lost(full))
        #expect(describe(written.handle(.found(KeyValue(value: Array("ours".utf8), createRevision: 12, modRevision: 12, version: 1)))) == .done(12))
        var late = GuardedWriteMachine(Self.put(at: 10, version: 2))
        _ = late.handle(.lost(Self.lost))
        #expect(describe(late.handle(.found(before))) == .resend)
        _ = late.handle(.lost(full))
        #expect(describe(late.handle(.found(before))) == .giveUp)
    }

    @Test("A write isn't sent for ever")
    func givesUp() {
        var machine = GuardedWriteMachine(Self.delete)
        var sends = 1
        while true {
            guard describe(machine.handle(.lost(Self.lost))) == nil else { break }
            guard describe(machine.handle(.found(KeyValue(createRevision: 5, modRevision: 10, version: 2)))) == .resend else { break }
            sends += 1
        }
        #expect(sends == GuardedWriteMachine.maximumSends)
    }

    private func describe(_ action: GuardedWriteMachine.Action) -> Verdict? {
        switch action {
        case .finish(.done(let revision)): .done(revision)
        case .finish(.conflict): .conflict
        case .finish(.uncertain): .uncertain
        case .send: .resend
        case .giveUp: .giveUp
        case .reread, .fail: nil
        }
    }
}

extension GuardedWriteMachineTests.Row {
    var keyValue: KeyValue? {
        found.map {
            KeyValue(key: [1], value: Array($0.value.utf8), createRevision: $0.create, modRevision: $0.mod, version: $0.version)
        }
    }
}
