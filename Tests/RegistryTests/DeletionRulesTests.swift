//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import Registry
import Storage
import Testing

@Suite("Rules of deletion")
struct DeletionRulesTests {
    struct Row: Sendable {
        var stored: Int64
        var asked: Int64
        var storedAfter: Int64
        var askedAfter: Int64
        var graceful = false
        var isPending = false
    }

    /// An object that is being deleted meets a further delete.
    static let rows: [Row] = [
        Row(stored: -1, asked: -1, storedAfter: 1, askedAfter: 1, isPending: true),
        Row(stored: -1, asked: 0, storedAfter: 0, askedAfter: 0, graceful: true),
        Row(stored: -1, asked: 1, storedAfter: 1, askedAfter: 1, isPending: true),
        Row(stored: -1, asked: 2, storedAfter: 1, askedAfter: 2, isPending: true),
        Row(stored: 0, asked: -1, storedAfter: 0, askedAfter: 1),
        Row(stored: 0, asked: 0, storedAfter: 0, askedAfter: 0),
        Row(stored: 0, asked: 1, storedAfter: 0, askedAfter: 1),
        Row(stored: 0, asked: 2, storedAfter: 0, askedAfter: 2),
        Row(stored: 1, asked: -1, storedAfter: 1, askedAfter: 1, isPending: true),
        Row(stored: 1, asked: 0, storedAfter: 0, askedAfter: 0, graceful: true),
        Row(stored: 1, asked: 1, storedAfter: 1, askedAfter: 1, isPending: true),
        Row(stored: 1, asked: 2, storedAfter: 1, askedAfter: 2, isPending: true),
        Row(stored: 2, asked: -1, storedAfter: 1, askedAfter: 1, graceful: true),
        Row(stored: 2, asked: 0, storedAfter: 0, askedAfter: 0, graceful: true),
        Row(stored: 2, asked: 1, storedAfter: 1, askedAfter: 1, graceful: true),
        Row(stored: 2, asked: 2, storedAfter: 2, askedAfter: 2, isPending: true),
    ]

    static let now = Timestamp(secondsSinceEpoch: 1_000_000)

    static func decide(
        _ widget: inout Widget, _ options: inout DeleteOptions, graceful: Bool = true
    ) throws(Status) -> DeletionDecision {
        try DeletionRules.beforeDelete(
            &widget, options: &options, strategy: WidgetStrategy(deletesGracefully: graceful), kind: ResourceDescription.widgets.kind, now: now)
    }

    @Test("A further delete may only shorten the grace period", arguments: rows)
    func furtherDelete(_ row: Row) throws {
        var widget = Widget("one")
        widget.metadata.deletionTimestamp = Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + max(row.stored, 1))
        widget.metadata.deletionGracePeriodSeconds = row.stored
        var options = DeleteOptions(gracePeriodSeconds: row.asked)
        let decision = try Self.decide(&widget, &options)
        #expect(decision == DeletionDecision(graceful: row.graceful, isPending: row.isPending))
        #expect(widget.metadata.deletionGracePeriodSeconds == row.storedAfter)
        #expect(options.gracePeriodSeconds == row.askedAfter)
    }

    @Test("A shortened period never ends in the past", arguments: [(asked: 50, stored: 1), (asked: 0, stored: 0)])
    func past(asked: Int64, stored: Int64) throws {
        var widget = Widget("one")
        widget.metadata.deletionTimestamp = Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + 10)
        widget.metadata.deletionGracePeriodSeconds = 100
        var options = DeleteOptions(gracePeriodSeconds: asked)
        let decision = try Self.decide(&widget, &options)
        #expect(decision == DeletionDecision(graceful: true))
        #expect(widget.metadata.deletionTimestamp == Self.now)
        #expect(widget.metadata.deletionGracePeriodSeconds == stored)
        #expect(options.gracePeriodSeconds == asked)
    }

    @Test("The first graceful delete sets time and period and raises the generation")
    func first() throws {
        var widget = Widget("one")
        widget.metadata.generation = 4
        var options = DeleteOptions()
        #expect(try Self.decide(&widget, &options) == DeletionDecision(graceful: true))
        #expect(options.gracePeriodSeconds == 30)
        #expect(widget.metadata.deletionTimestamp == Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + 30))
        #expect(widget.metadata.deletionGracePeriodSeconds == 30)
        #expect(widget.metadata.generation == 5)
    }

    @Test("Without grace the object isn't touched")
    func ungraceful() throws {
        var widget = Widget("one")
        widget.metadata.generation = 4
        let before = widget
        var options = DeleteOptions(gracePeriodSeconds: 5)
        #expect(try Self.decide(&widget, &options, graceful: false) == DeletionDecision())
        #expect(widget == before)
    }

    @Test("A pending deletion without a new period keeps the old one")
    func pending() throws {
        var widget = Widget("one")
        widget.metadata.deletionTimestamp = Self.now
        widget.metadata.deletionGracePeriodSeconds = 7
        var options = DeleteOptions()
        #expect(try Self.decide(&widget, &options) == DeletionDecision(isPending: true))
        #expect(options.gracePeriodSeconds == 7)
    }

    @Test("orphanDependents and propagationPolicy exclude each other")
    func contradiction() {
        var widget = Widget("one")
        var options = DeleteOptions(orphanDependents: true, propagationPolicy: .background)
        #expect {
            try Self.decide(&widget, &options)
        } throws: {
            ($0 as? Status)?.code == 422
        }
    }

    @Test("Preconditions that don't hold give 409", arguments: [Preconditions(uid: "x"), Preconditions(resourceVersion: "9")])
    func preconditions(_ preconditions: Preconditions) {
        var widget = Widget("one")
        widget.metadata.uid = "y"
        widget.metadata.resourceVersion = "8"
        var options = DeleteOptions(preconditions: preconditions)
        #expect {
            try Self.decide(&widget, &options)
        } throws: {
            ($0 as? Status)?.code == 409
        }
    }

    @Test(
        "Marking as deleted only moves the time back, and raises the generation once",
        arguments: [
            (before: Int64?.none, generation: Int64(0), after: Int64(0), generationAfter: Int64(0)),
            (before: nil, generation: 3, after: 0, generationAfter: 4),
            (before: 60, generation: 3, after: 0, generationAfter: 3),
            (before: -60, generation: 3, after: -60, generationAfter: 3),
        ])
    func mark(before: Int64?, generation: Int64, after: Int64, generationAfter: Int64) {
        var widget = Widget("one")
        widget.metadata.generation = generation
        widget.metadata.deletionTimestamp = before.map { Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + $0) }
        DeletionRules.markAsDeleting(&widget, now: Self.now)
        #expect(widget.metadata.deletionTimestamp == Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + after))
        #expect(widget.metadata.generation == generationAfter)
        #expect(widget.metadata.deletionGracePeriodSeconds == 0)
    }

    struct CollectorRow: Sendable {
        var existing: [String]
        var options: DeleteOptions
        var policy = GarbageCollectionPolicy.deleteDependents
        var expected: [String]?
    }

    static let collectorRows: [CollectorRow] = [
        CollectorRow(existing: ["x", "orphan", "y"], options: DeleteOptions(orphanDependents: true), expected: nil),
        CollectorRow(existing: ["x", "y"], options: DeleteOptions(orphanDependents: true), expected: ["x", "y", "orphan"]),
        CollectorRow(existing: [], options: DeleteOptions(orphanDependents: true), expected: ["orphan"]),
        CollectorRow(existing: ["x", "orphan", "y"], options: DeleteOptions(orphanDependents: false), expected: ["x", "y"]),
        CollectorRow(existing: ["orphan"], options: DeleteOptions(orphanDependents: false), expected: []),
        CollectorRow(existing: ["orphan"], options: DeleteOptions(), expected: nil),
        CollectorRow(existing: [], options: DeleteOptions(), expected: nil),
        CollectorRow(existing: [], options: DeleteOptions(), policy: .orphanDependents, expected: ["orphan"]),
        CollectorRow(existing: ["foregroundDeletion"], options: DeleteOptions(), policy: .orphanDependents, expected: nil),
        CollectorRow(existing: [], options: DeleteOptions(propagationPolicy: .foreground), expected: ["foregroundDeletion"]),
        CollectorRow(existing: ["orphan"], options: DeleteOptions(propagationPolicy: .foreground), expected: ["foregroundDeletion"]),
        CollectorRow(existing: ["orphan"], options: DeleteOptions(propagationPolicy: .background), expected: []),
        CollectorRow(existing: [], options: DeleteOptions(propagationPolicy: .orphan), expected: ["orphan"]),
        CollectorRow(existing: [], options: DeleteOptions(propagationPolicy: .background), policy: .orphanDependents, expected: nil),
        CollectorRow(existing: ["orphan"], options: DeleteOptions(propagationPolicy: .orphan), policy: .unsupported, expected: []),
    ]

    @Test("The garbage collector's finalizers follow the request, then the object, then the kind", arguments: collectorRows)
    func collector(_ row: CollectorRow) {
        #expect(GarbageCollectionFinalizers.updated(row.existing, options: row.options, defaultPolicy: row.policy) == row.expected)
    }
}
