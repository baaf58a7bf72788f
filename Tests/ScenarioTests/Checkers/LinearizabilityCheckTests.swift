//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import HistoryTesting
import Testing

private let start = ContinuousClock.now

/// An operation from one millisecond to another.
private func operation(_ kind: RecordedOperation.Kind, _ from: Int, _ to: Int, _ outcome: RecordedOperation.Outcome) -> RecordedOperation {
    .init(kind, called: start + .milliseconds(from), returned: start + .milliseconds(to), outcome: outcome)
}

private func put(_ key: String, _ value: String, _ from: Int, _ to: Int, _ revision: Int64) -> RecordedOperation {
    operation(.put([key: value]), from, to, .done(.init(revision: revision)))
}

private func read(
    _ key: String, _ version: Version?, _ from: Int, _ to: Int, _ revision: Int64, at: Int64 = 0, linearizable: Bool = true
) -> RecordedOperation {
    operation(
        .read(.key(key), isLinearizable: linearizable, at: at), from, to, .done(.init(revision: revision, state: version.map { [key: $0] } ?? [:])))
}

/// a = 1 at revision 2, a = 2 at 3, a deleted at 4, a = 3 and b = 4 at 5.
private let fullHistory = StoreHistory([
    Change(revision: 2, key: "a", value: "1"), Change(revision: 3, key: "a", value: "2"), Change(revision: 4, key: "a", value: nil),
    Change(revision: 5, key: "a", value: "3"), Change(revision: 5, key: "b", value: "4"),
])

private let honest = [
    put("a", "1", 0, 10, 2),
    operation(.guardedPut("a", expected: 2, value: "2"), 20, 30, .done(.init(revision: 3))),
    operation(.delete("a"), 40, 50, .done(.init(revision: 4))),
    operation(.put(["a": "3", "b": "4"]), 60, 70, .done(.init(revision: 5))),
]

private struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What it must be found to break; nil: nothing.
    var breaks: Violation.Promise?
    var operations: [RecordedOperation]
    var history = fullHistory
}

private func replacing(_ index: Int, by operation: RecordedOperation) -> [RecordedOperation] {
    var operations = honest
    operations[index] = operation
    return operations
}

private let cases: [Case] = [
    Case(testDescription: "everything as it should be", operations: honest),
    Case(
        testDescription: "reads of what was there",
        operations: honest + [
            read("a", Version(value: "1", modRevision: 2, createRevision: 2), 12, 14, 2),
            read("a", Version(value: "2", modRevision: 3, createRevision: 2), 35, 38, 3),
            read("a", nil, 52, 55, 4),
            read("a", Version(value: "2", modRevision: 3, createRevision: 2), 80, 90, 5, at: 3),
            operation(
                .read(.prefix(""), isLinearizable: true, at: 0), 80, 90,
                .done(
                    .init(
                        revision: 5,
                        state: [
                            "a": Version(value: "3", modRevision: 5, createRevision: 5), "b": Version(value: "4", modRevision: 5, createRevision: 5),
                        ]))),
        ]),
    Case(
        testDescription: "a read during a write may see either",
        operations: honest + [
            read("a", nil, 1, 9, 1), read("a", Version(value: "1", modRevision: 2, createRevision: 2), 1, 9, 2),
        ]),
    Case(
        testDescription: "a serializable read may be stale",
        operations: honest + [read("a", Version(value: "1", modRevision: 2, createRevision: 2), 80, 90, 2, linearizable: false)]),
    Case(
        testDescription: "a guard that fails, told truly",
        operations: honest + [
            operation(
                .guardedPut("a", expected: 2, value: "x"), 32, 35,
                .done(.init(revision: 3, changed: false, state: ["a": Version(value: "2", modRevision: 3, createRevision: 2)])))
        ]),
    Case(testDescription: "an unknown write that has happened", operations: replacing(0, by: operation(.put(["a": "1"]), 0, 10, .unknown("lost")))),
    Case(
        testDescription: "an unknown write that happens long after it returned",
        operations: replacing(3, by: operation(.put(["a": "3", "b": "4"]), 0, 1, .unknown("lost")))),
    Case(testDescription: "an unknown write that never happens", operations: honest + [operation(.put(["a": "9"]), 0, 10, .unknown("lost"))]),
    Case(testDescription: "an unknown delete that has happened", operations: replacing(2, by: operation(.delete("a"), 40, 50, .unknown("lost")))),
    Case(
        testDescription: "a failed write that hasn't happened", operations: honest + [operation(.put(["a": "9"]), 0, 10, .notDone("unreachable"))]),

    Case(testDescription: "an acknowledged write that is lost", breaks: .durable, operations: honest + [put("c", "9", 80, 90, 6)]),
    Case(testDescription: "an acknowledged write at another revision", breaks: .durable, operations: replacing(0, by: put("a", "1", 0, 10, 3))),
    Case(
        testDescription: "half of an acknowledged transaction is lost", breaks: .durable,
        operations: replacing(3, by: operation(.put(["a": "3", "c": "4"]), 60, 70, .done(.init(revision: 5))))),
    Case(
        testDescription: "a write that failed for certain and is there", breaks: .honest,
        operations: replacing(0, by: operation(.put(["a": "1"]), 0, 10, .notDone("unreachable")))),
    Case(testDescription: "a write of nobody", breaks: .honest, operations: Array(honest.dropFirst())),
    Case(testDescription: "a delete of nobody", breaks: .honest, operations: honest.filter { $0.kind != .delete("a") }),
    Case(
        testDescription: "a write that took effect twice", breaks: .atMostOnce, operations: replacing(1, by: put("a", "1", 20, 30, 3)),
        history: StoreHistory([
            Change(revision: 2, key: "a", value: "1"), Change(revision: 3, key: "a", value: "1"), Change(revision: 4, key: "a", value: nil),
            Change(revision: 5, key: "a", value: "3"), Change(revision: 5, key: "b", value: "4"),
        ])),
    Case(
        testDescription: "an unknown delete that took effect twice", breaks: .honest,
        operations: [
            put("a", "1", 0, 1, 2), operation(.delete("a"), 2, 3, .unknown("lost")), put("a", "2", 4, 5, 4),
        ],
        history: StoreHistory([
            Change(revision: 2, key: "a", value: "1"), Change(revision: 3, key: "a", value: nil), Change(revision: 4, key: "a", value: "2"),
            Change(revision: 5, key: "a", value: nil),
        ])),
    Case(
        testDescription: "half of an unknown transaction", breaks: .atomic,
        operations: replacing(0, by: operation(.put(["a": "1", "c": "9"]), 0, 10, .unknown("lost")))),
    Case(
        testDescription: "a guarded write over another's", breaks: .guarded,
        operations: replacing(1, by: operation(.guardedPut("a", expected: 1, value: "2"), 20, 30, .done(.init(revision: 3))))),
    Case(
        testDescription: "an unknown guarded write over another's", breaks: .guarded,
        operations: replacing(1, by: operation(.guardedPut("a", expected: 0, value: "2"), 20, 30, .unknown("lost")))),
    Case(
        testDescription: "a guard that held and was refused", breaks: .guarded,
        operations: honest + [
            operation(
                .guardedPut("a", expected: 3, value: "x"), 32, 35,
                .done(.init(revision: 3, changed: false, state: ["a": Version(value: "2", modRevision: 3, createRevision: 2)])))
        ]),
    Case(
        testDescription: "a read of a value that was never there", breaks: .consistent,
        operations: honest + [read("a", Version(value: "9", modRevision: 2, createRevision: 2), 12, 14, 2)]),
    Case(testDescription: "a read that finds nothing where something was", breaks: .consistent, operations: honest + [read("a", nil, 12, 14, 2)]),
    Case(
        testDescription: "a list of two revisions", breaks: .consistent,
        operations: honest + [
            operation(
                .read(.prefix(""), isLinearizable: true, at: 3), 80, 90,
                .done(
                    .init(
                        revision: 5,
                        state: [
                            "a": Version(value: "2", modRevision: 3, createRevision: 2), "b": Version(value: "4", modRevision: 5, createRevision: 5),
                        ])))
        ]),
    Case(
        testDescription: "a delete that missed what was there", breaks: .consistent,
        operations: honest + [operation(.delete("a"), 12, 14, .done(.init(revision: 2, changed: false)))]),
    Case(
        testDescription: "a linearizable read that is stale", breaks: .realTime,
        operations: honest + [read("a", Version(value: "1", modRevision: 2, createRevision: 2), 80, 90, 2)]),
    Case(
        testDescription: "a read that is older than one before it", breaks: .realTime,
        operations: honest + [
            read("a", Version(value: "2", modRevision: 3, createRevision: 2), 21, 22, 3),
            read("a", Version(value: "1", modRevision: 2, createRevision: 2), 23, 24, 2),
        ]),
    Case(
        testDescription: "a write before one that it followed", breaks: .realTime,
        operations: [put("a", "1", 50, 60, 2)] + honest.dropFirst()),
    Case(
        testDescription: "an unknown write before it was called", breaks: .realTime,
        operations: replacing(0, by: operation(.put(["a": "1"]), 60, 70, .unknown("lost")))),
]

@Suite("Recorded operations") struct LinearizabilityCheckTests {
    @Test("Planted violations are found, and no others", arguments: cases) private func finds(_ planted: Case) {
        let found = LinearizabilityCheck.violations(of: planted.operations, against: planted.history)
        if let promise = planted.breaks {
            #expect(found.contains { $0.promise == promise }, "\(found)")
        } else {
            #expect(found.isEmpty)
        }
    }
}
