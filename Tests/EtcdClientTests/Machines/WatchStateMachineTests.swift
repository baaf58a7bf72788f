//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

@Suite("How a watch goes on")
struct WatchStateMachineTests {
    // MARK: Resuming

    /// One session as a server holds it, with pieces, progress and several revisions in an answer.
    static let session: [(message: WatchMessage, delivers: Bool)] = [
        (.events([10]), true), (.events([11, 11, 12]), true), (.progress(20), true), (.events([21, 22], fragment: true), false),
        (.events([22, 22], fragment: true), false), (.events([22, 23]), true), (.progress(23, watchID: 3), true), (.events([24, 30]), true),
    ]

    @Test("After a break at any point the watch resumes at the next revision, and nothing is lost, doubled or torn", arguments: 0...session.count)
    func cut(point: Int) {
        var watch = DrivenWatch(start: 10)
        #expect(watch.open() == 10)
        for step in Self.session[..<point] { watch.receive(step.message) }
        let before = watch.machine.nextRevision
        #expect(watch.lose().wait != nil)

        // The new server answers from the revision that it's asked for.
        let start = watch.open()
        #expect(start == before)
        for event in Self.session.flatMap(\.message.events).map(\.revision).reduce(into: [[Int64]](), Self.groupByRevision)
        where event[0] >= before { watch.receive(.events(event)) }

        #expect(watch.error == nil)
        #expect(watch.delivered.flatMap(\.events).map(\.revision) == [10, 11, 11, 12, 21, 22, 22, 22, 22, 23, 24, 30])
        for batch in watch.delivered where !batch.isProgress { #expect(batch.revision == batch.events.last?.revision) }
        // No revision is spread over two batches.
        let edges = zip(watch.delivered.filter { !$0.isProgress }, watch.delivered.filter { !$0.isProgress }.dropFirst())
        for (earlier, later) in edges { #expect(earlier.revision < later.events[0].revision) }
    }

    private static func groupByRevision(_ groups: inout [[Int64]], _ revision: Int64) {
        if groups.last?.last == revision { groups[groups.count - 1].append(revision) } else { groups.append([revision]) }
    }

    @Test("A break before the watcher is made, or while it's made, changes nothing")
    func earlyBreaks() {
        var watch = DrivenWatch(start: 10)
        watch.lose()
        watch.handle(.opened)
        watch.lose()
        #expect(watch.open() == 10)
        watch.receive(.events([10]))
        #expect(watch.revisions == [[10]])
    }

    @Test("A server that is done, without an error, is a break like others")
    func endedStream() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.events([10]))
        #expect(watch.lose(nil).wait != nil)
        #expect(watch.open() == 11)
    }

    @Test("Events below the revision that was asked for are dropped")
    func duplicates() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        #expect(watch.receive(.events([7, 8])).isReceipt)
        watch.receive(.events([9, 10, 10, 11]))
        #expect(watch.revisions == [[10, 10, 11]])
        #expect(watch.receive(.events([11])).isReceipt)
        #expect(watch.error == nil)
    }

    @Test("Events of other watchers are none of ours")
    func foreignWatcher() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        #expect(watch.receive(.events([10], watchID: 4)).isReceipt)
        #expect(watch.receive(.progress(50, watchID: 4)).isReceipt)
        #expect(watch.machine.nextRevision == 10)
    }

    // MARK: Fragments

    @Test("Pieces are joined before anything is delivered, and count for nothing until then")
    func fragments() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        #expect(watch.receive(.events([10, 10], fragment: true)).isReceipt)
        #expect(watch.receive(.progress(15)).isReceipt, "it would promise what hasn't been delivered")
        #expect(watch.machine.nextRevision == 10)
        watch.receive(.events([10, 11]))
        #expect(watch.revisions == [[10, 10, 10, 11]])
    }

    @Test("A stream that breaks between pieces leaves none of them behind")
    func brokenFragments() {
        var watch = DrivenWatch(start: 10, fragment: true)
        watch.open()
        watch.receive(.events([10, 10], fragment: true))
        watch.lose()
        #expect(watch.open() == 10)
        watch.receive(.events([10, 10, 10]))
        #expect(watch.revisions == [[10, 10, 10]])
    }

    // MARK: Long answers in pieces

    @Test("Of pieces that are too many to hold what is whole is delivered, and no revision is torn")
    func manyPieces() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        for revision in 10..<30 as Range<Int64> { watch.receive(.large([revision, revision + 1], fragment: true)) }
        watch.receive(.large([30, 30]))
        #expect(watch.error == nil)
        #expect(watch.delivered.count > 3, "two megabytes a piece")
        var expected: [Int64] = []
        for revision in 10..<30 as Range<Int64> { expected += [revision, revision + 1] }
        #expect(watch.revisions.flatMap { $0 } == expected + [30, 30])
        for (earlier, later) in zip(watch.delivered, watch.delivered.dropFirst()) { #expect(earlier.revision < later.events[0].revision) }
    }

    @Test("A break between pieces resumes after what was whole")
    func brokenManyPieces() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        for revision in 10..<20 as Range<Int64> { watch.receive(.large([revision, revision], fragment: true)) }
        let next = watch.machine.nextRevision
        #expect(next > 10 && next < 20)
        watch.lose()
        #expect(watch.open() == next)
    }

    @Test("A revision that no number can follow isn't believed", arguments: [true, false])
    func lastRevision(inHeader: Bool) {
        var watch = DrivenWatch(start: 10)
        watch.open()
        if inHeader { watch.receive(.progress(.max)) } else { watch.receive(.events([.max])) }
        #expect(watch.error?.code == .malformedResponse)
        #expect(watch.delivered.isEmpty)
    }

    // MARK: Order

    @Test("Events that go back are a typed end", arguments: [[[12], [11]], [[12, 11]], [[12, 13, 12]]] as [[[Int64]]])
    func decreasing(messages: [[Int64]]) {
        var watch = DrivenWatch(start: 10)
        watch.open()
        for message in messages { watch.receive(.events(message)) }
        #expect(watch.error?.code == .orderViolation)
        #expect(watch.error?.message.contains("/a/") == true)
    }

    @Test("An event at or below reported progress is a typed end, never a silent loss")
    func belowProgress() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.progress(20))
        watch.receive(.events([20]))
        #expect(watch.error?.code == .orderViolation)
    }

    @Test("On a new stream older events are repetitions, not disorder")
    func orderIsPerStream() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.events([20]))
        watch.lose()
        watch.open()
        watch.receive(.events([19]))
        watch.receive(.events([21]))
        #expect(watch.error == nil)
        #expect(watch.revisions == [[20], [21]])
    }

    // MARK: Progress

    @Test("Progress is delivered with its revision, and moves the place to resume at")
    func progress() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.progress(9))
        watch.receive(.progress(14, watchID: 3))
        #expect(watch.delivered.map(\.revision) == [9, 14])
        #expect(watch.delivered.allSatisfy { $0.isProgress })
        watch.lose()
        #expect(watch.open() == 15)
    }

    @Test("Progress never goes back: a lagging member's is no news")
    func oldProgress() {
        var watch = DrivenWatch(start: 10)
        watch.open()
        watch.receive(.progress(20))
        #expect(watch.receive(.progress(15)).isReceipt)
        #expect(watch.machine.nextRevision == 21)
    }

    @Test("A request for progress goes out at once on a live stream, and with the next one otherwise")
    func requestProgress() {
        var watch = DrivenWatch(start: 10)
        if case .none = watch.handle(.progressWanted) {} else { Issue.record("\(watch.action)") }
        watch.handle(.opened)
        #expect(watch.receive(.created()).isRequest)
        #expect(watch.handle(.progressWanted).isRequest)
        watch.lose()
        watch.handle(.opened)
        #expect(watch.receive(.created()).isReceipt, "what was sent once isn't sent again")
    }

    // MARK: Shared streams

    @Test("A consumer that was too slow goes on where it is, with what it has taken of a revision forgotten")
    func dropped() {
        var watch = DrivenWatch(start: 10, isShared: true)
        watch.open()
        watch.receive(.events([10]))
        watch.receive(.events([11], fragment: true))
        #expect(watch.handle(.dropped).wait == .zero)
        #expect(watch.open() == 11)
        watch.receive(.events([11, 11]))
        #expect(watch.revisions == [[10], [11, 11]])
    }

    @Test(
        "What one watch may have caused moves each to a stream of its own, where the one that did ends",
        arguments: [
            GRPCError(.resourceExhausted, "", .protocolViolation), GRPCError(.internal, "can't be read", .protocolViolation),
            GRPCError(.resourceExhausted, "trying to send message larger than max (9 vs. 8)"),
        ])
    func isolation(error: GRPCError) {
        var watch = DrivenWatch(start: 10, fragment: true, isShared: true)
        watch.open()
        #expect(watch.lose(error).wait != nil)
        #expect(!watch.machine.isShared)
        watch.open()
        watch.lose(error)
        if error.code == .resourceExhausted { #expect(watch.error?.code == .responseTooLarge) } else { #expect(watch.error == nil) }
    }
}
