//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import HistoryTesting
import Testing

/// a = 1 at revision 2, b = 2 at 3, a = 3 and b deleted at 4, c = 5 at 5, a deleted at 6.
private let history = StoreHistory([
    Change(revision: 2, key: "a", value: "1"), Change(revision: 3, key: "b", value: "2"), Change(revision: 4, key: "a", value: "3"),
    Change(revision: 4, key: "b", value: nil), Change(revision: 5, key: "c", value: "5"), Change(revision: 6, key: "a", value: nil),
])

private func event(_ revision: Int64, _ key: String, _ value: String?, create: Bool = false, previous: Version? = nil) -> RecordedWatch.Event {
    .init(Change(revision: revision, key: key, value: value), isCreate: create, previous: previous)
}

private let a2 = event(2, "a", "1", create: true)
private let b3 = event(3, "b", "2", create: true)
private let a4 = event(4, "a", "3")
private let b4 = event(4, "b", nil)
private let c5 = event(5, "c", "5", create: true)
private let a6 = event(6, "a", nil)

private func batch(_ revision: Int64, _ events: RecordedWatch.Event...) -> RecordedWatch.Batch { .init(revision: revision, events: events) }

private struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var breaks: Violation.Promise?
    var watch: RecordedWatch
}

private func all(from start: Int64 = 1, _ batches: RecordedWatch.Batch...) -> RecordedWatch {
    RecordedWatch(.prefix(""), startRevision: start, batches: batches)
}

private let cases: [Case] = [
    Case(testDescription: "one by one", watch: all(batch(2, a2), batch(3, b3), batch(4, a4, b4), batch(5, c5), batch(6, a6))),
    Case(testDescription: "several revisions at once", watch: all(batch(4, a2, b3, b4, a4), batch(6, c5, a6))),
    Case(
        testDescription: "progress between events and after them",
        watch: all(batch(1), batch(3, a2, b3), batch(3), batch(6, a4, b4, c5, a6), batch(9))),
    Case(testDescription: "from the middle", watch: all(from: 4, batch(4, a4, b4), batch(6, c5, a6))),
    Case(testDescription: "ended in the middle", watch: all(batch(2, a2), batch(3, b3))),
    Case(
        testDescription: "one key",
        watch: RecordedWatch(.key("b"), startRevision: 1, batches: [batch(3, b3), batch(4, b4), batch(6)])),
    Case(
        testDescription: "no puts",
        watch: RecordedWatch(.prefix(""), startRevision: 1, leavesOutPuts: true, batches: [batch(4, b4), batch(6, a6)])),
    Case(
        testDescription: "what was before",
        watch: RecordedWatch(
            .key("a"), startRevision: 3, hasPrevious: true,
            batches: [
                batch(4, event(4, "a", "3", previous: Version(value: "1", modRevision: 2, createRevision: 2))),
                batch(6, event(6, "a", nil, previous: Version(value: "3", modRevision: 4, createRevision: 2))),
            ])),

    Case(testDescription: "two revisions in the wrong order", breaks: .ordered, watch: all(batch(3, b3, a2))),
    Case(testDescription: "two batches in the wrong order", breaks: .ordered, watch: all(batch(3, b3), batch(3, a2))),
    Case(testDescription: "an event twice in a batch", breaks: .unique, watch: all(batch(3, a2, b3, b3))),
    Case(testDescription: "an event again after a break", breaks: .unique, watch: all(batch(2, a2), batch(3, b3), batch(3, b3))),
    Case(testDescription: "a revision in two batches", breaks: .atomic, watch: all(batch(3, a2, b3), batch(4, a4), batch(4, b4))),
    Case(testDescription: "a gap", breaks: .reliable, watch: all(batch(2, a2), batch(4, a4, b4))),
    Case(testDescription: "half a revision", breaks: .reliable, watch: all(batch(3, a2, b3), batch(4, a4), batch(5, c5))),
    Case(testDescription: "a gap before progress", breaks: .reliable, watch: all(batch(2, a2), batch(4))),
    Case(testDescription: "a value of nobody", breaks: .reliable, watch: all(batch(2, event(2, "a", "9", create: true)))),
    Case(testDescription: "an event beyond what is claimed", breaks: .reliable, watch: all(batch(2, a2, b3))),
    Case(testDescription: "a late first event", breaks: .resumable, watch: all(from: 3, batch(4, a4, b4))),
    Case(testDescription: "an event from before the start", breaks: .correct, watch: all(from: 3, batch(3, a2, b3))),
    Case(testDescription: "an event after the progress that covers it", breaks: .bookmarkable, watch: all(batch(3), batch(3, a2, b3))),
    Case(testDescription: "progress that goes back", breaks: .bookmarkable, watch: all(batch(3, a2, b3), batch(2))),
    Case(
        testDescription: "a write called a creation", breaks: .correct, watch: all(batch(3, a2, b3), batch(4, event(4, "a", "3", create: true), b4))),
    Case(testDescription: "a creation called a write", breaks: .correct, watch: all(batch(2, event(2, "a", "1")))),
    Case(
        testDescription: "an event of another key", breaks: .correct,
        watch: RecordedWatch(.key("b"), startRevision: 1, batches: [batch(3, a2, b3)])),
    Case(
        testDescription: "an event that was filtered out", breaks: .correct,
        watch: RecordedWatch(.prefix(""), startRevision: 1, leavesOutDeletes: true, batches: [batch(3, a2, b3), batch(4, a4, b4)])),
    Case(
        testDescription: "a wrong past", breaks: .correct,
        watch: RecordedWatch(
            .key("a"), startRevision: 3, hasPrevious: true,
            batches: [batch(4, event(4, "a", "3", previous: Version(value: "2", modRevision: 3, createRevision: 3)))])),
    Case(
        testDescription: "no past", breaks: .correct,
        watch: RecordedWatch(.key("a"), startRevision: 3, hasPrevious: true, batches: [batch(4, a4)])),
]

@Suite("Recorded watches") struct WatchCheckTests {
    @Test("Planted violations are found, and no others", arguments: cases) private func finds(_ planted: Case) {
        let found = WatchCheck.violations(of: planted.watch, against: history)
        if let promise = planted.breaks {
            #expect(found.contains { $0.promise == promise }, "\(found)")
        } else {
            #expect(found.isEmpty)
        }
    }

    @Test("A past that compaction took isn't missed") func compacted() {
        let watch = RecordedWatch(.key("a"), startRevision: 3, hasPrevious: true, batches: [batch(4, a4)])
        #expect(WatchCheck.violations(of: watch, against: history, compacted: 3).isEmpty)
        #expect(!WatchCheck.violations(of: watch, against: history, compacted: 2).isEmpty)
    }
}
