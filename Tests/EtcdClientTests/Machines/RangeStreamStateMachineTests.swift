//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

@Suite("What reading a range piece by piece does next")
struct RangeStreamStateMachineTests {
    private typealias Machine = RangeStreamStateMachine

    private static let header = ResponseHeader(clusterID: 1, memberID: 2, revision: 9, raftTerm: 3)

    private func kvs(_ names: String...) -> [KeyValue] { names.map { KeyValue(key: bytes($0)) } }

    private func page(_ kvs: [KeyValue], more: Bool, count: Int64) -> Machine.Event {
        .page(RangeResponse(header: Self.header, kvs: kvs, more: more, count: count))
    }

    private func last(_ kvs: [KeyValue], count: Int64) -> Machine.Event {
        .chunk(RangeResponse(header: Self.header, kvs: kvs, count: count))
    }

    private func part(_ kvs: [KeyValue]) -> Machine.Event { .chunk(RangeResponse(kvs: kvs)) }

    private static let lost = GRPCError(code: .unavailable, message: "lost", disposition: .mayHaveExecuted, origin: .connection)
    private static let unknownMethod = GRPCError(
        code: .unimplemented, message: "unknown method RangeStream", disposition: .mayHaveExecuted, origin: .server)

    private func request(_ action: Machine.Action) -> (isStream: Bool, start: [UInt8], options: RangeOptions)? {
        switch action {
        case .openStream(let range, let options, _): (true, range.start, options)
        case .readPage(let range, let options, _): (false, range.start, options)
        default: nil
        }
    }

    private func delivered(_ action: Machine.Action) -> RangeChunk? { if case .deliver(let chunk) = action { chunk } else { nil } }

    private func failed(_ action: Machine.Action) -> EtcdError.Code? { if case .fail(let error) = action { error.code } else { nil } }

    @Test("Without a revision a page tells it, and the stream goes on after that at the same revision")
    func pins() {
        var machine = Machine(range: .prefix("k"), options: .init(), endpoints: 1)
        let first = request(machine.handle(.wanted(canStream: true)))
        #expect(first?.isStream == false && first?.options.revision == 0 && first?.options.limit == 100)
        #expect(delivered(machine.handle(page(kvs("k1", "k2"), more: true, count: 5))) == RangeChunk(kvs: kvs("k1", "k2"), revision: 9))
        let second = request(machine.handle(.wanted(canStream: true)))
        #expect(second?.isStream == true && second?.options.revision == 9 && second?.options.limit == 0)
        #expect(second?.start == bytes("k2") + [0])
        #expect(delivered(machine.handle(part(kvs("k3"))))?.kvs == kvs("k3"))
        guard case .receive = machine.handle(.wanted(canStream: true)), case .receive = machine.handle(last(kvs("k4", "k5"), count: 3)) else {
            Issue.record("the last part counts only when the stream has ended")
            return
        }
        let end = delivered(machine.handle(.ended))
        #expect(end?.kvs == kvs("k4", "k5"))
        #expect(end?.summary == .init(header: Self.header, more: false, count: 5))
        guard case .finish = machine.handle(.wanted(canStream: true)) else {
            Issue.record("not over")
            return
        }
    }

    @Test("A range that fits into the first page needs nothing else")
    func fits() {
        var machine = Machine(range: .prefix("k"), options: .init(), endpoints: 1)
        _ = machine.handle(.wanted(canStream: true))
        #expect(delivered(machine.handle(page(kvs("k1"), more: false, count: 1)))?.summary?.count == 1)
    }

    @Test("More keys than there are numbers for are refused")
    func endless() {
        var machine = Machine(range: .prefix("k"), options: .init(revision: 7), endpoints: 1)
        _ = machine.handle(.wanted(canStream: true))
        _ = machine.handle(part(kvs("k1")))
        _ = machine.handle(.broken(Self.lost, remaining: .seconds(5), jitter: 0))
        _ = machine.handle(last(kvs("k2"), count: .max))
        #expect(failed(machine.handle(.ended)) == .malformedResponse)
    }

    @Test("With a revision the stream comes at once, and after a break it's taken up after the last key that was delivered")
    func resumes() {
        var machine = Machine(range: .prefix("k"), options: .init(limit: 10, revision: 7), endpoints: 2)
        let first = request(machine.handle(.wanted(canStream: true)))
        #expect(first?.isStream == true && first?.options.revision == 7 && first?.start == bytes("k"))
        _ = machine.handle(part(kvs("k1", "k2")))
        // Its last part was there, but not its end.
        _ = machine.handle(last(kvs("k3"), count: 3))
        let again = request(machine.handle(.broken(Self.lost, remaining: .seconds(5), jitter: 0)))
        #expect(again?.isStream == true && again?.start == bytes("k2") + [0] && again?.options.limit == 8 && again?.options.revision == 7)
        _ = machine.handle(last(kvs("k3"), count: 1))
        let end = delivered(machine.handle(.ended))
        #expect(end?.kvs == kvs("k3") && end?.summary?.count == 3)
    }

    @Test("A server without streams is read by pages from where it was, and so is one that is known not to have them")
    func fallsBack() {
        for event in [Machine.Event.broken(Self.unknownMethod, remaining: .seconds(5), jitter: 0), .unsupported] {
            var machine = Machine(range: .prefix("k"), options: .init(revision: 7), endpoints: 1)
            _ = machine.handle(.wanted(canStream: true))
            let page1 = request(machine.handle(event))
            #expect(page1?.isStream == false && page1?.options.limit == 100 && page1?.options.revision == 7)
            _ = machine.handle(page(kvs("k1"), more: true, count: 2))
            #expect(request(machine.handle(.wanted(canStream: true)))?.isStream == false)
        }
    }

    @Test(
        "What a stream can't do is never asked of one",
        arguments: [
            RangeOptions(revision: 7, sort: .init(by: .key, .descending)), RangeOptions(revision: 7, sort: .init(by: .value)),
            RangeOptions(revision: 7, countOnly: true), RangeOptions(revision: 7, minModRevision: 1), RangeOptions(revision: 7, maxModRevision: 1),
            RangeOptions(revision: 7, minCreateRevision: 1), RangeOptions(revision: 7, maxCreateRevision: 1),
        ])
    func unstreamable(options: RangeOptions) {
        var machine = Machine(range: .prefix("k"), options: options, endpoints: 1)
        #expect(request(machine.handle(.wanted(canStream: true)))?.isStream == false)
    }

    @Test("When all is delivered and the stream breaks before it says so, no more is read than that", arguments: [true, false])
    func brokenAtTheLimit(isMore: Bool) {
        var machine = Machine(range: .prefix("k"), options: .init(limit: 2, revision: 7), endpoints: 1)
        _ = machine.handle(.wanted(canStream: true))
        #expect(delivered(machine.handle(part(kvs("k1", "k2"))))?.kvs.count == 2)
        _ = machine.handle(.wanted(canStream: true))
        let again = request(machine.handle(.broken(Self.lost, remaining: .seconds(9), jitter: 0.5)))
        #expect(again?.isStream == false && again?.options.limit == 1 && again?.options.revision == 7 && again?.start == bytes("k2") + [0])
        let end = delivered(machine.handle(page(isMore ? kvs("k3") : [], more: false, count: isMore ? 1 : 0)))
        #expect(end?.kvs == [] && end?.summary == .init(header: Self.header, more: isMore, count: isMore ? 3 : 2))
    }

    @Test("The limit is one of the whole")
    func limit() {
        var machine = Machine(range: .prefix("k"), options: .init(limit: 3), endpoints: 1)
        #expect(request(machine.handle(.wanted(canStream: false)))?.options.limit == 3)
        _ = machine.handle(page(kvs("k1", "k2"), more: true, count: 9))
        #expect(request(machine.handle(.wanted(canStream: false)))?.options.limit == 1)
        let end = delivered(machine.handle(page(kvs("k3"), more: true, count: 7)))
        #expect(end?.summary?.more == true && end?.summary?.count == 9)
    }

    @Test("Nonsense is told from an answer")
    func nonsense() {
        let events: [[Machine.Event]] = [
            [.ended], [part(kvs("k2", "k1"))], [part(kvs("k1", "k1"))], [part(kvs("k2")), part(kvs("k1"))],
            [last(kvs("k1"), count: 1), part(kvs("k2"))], [.malformed(MalformedMessage(reason: "torn"))],
        ]
        for (index, list) in events.enumerated() {
            var machine = Machine(range: .prefix("k"), options: .init(revision: 7), endpoints: 1)
            var action = machine.handle(.wanted(canStream: true))
            for event in list { action = machine.handle(event) }
            #expect(failed(action) == .malformedResponse, "case \(index)")
            guard case .finish = machine.handle(.wanted(canStream: true)) else {
                Issue.record("case \(index) isn't over")
                continue
            }
        }
        var machine = Machine(range: .prefix("k"), options: .init(), endpoints: 1)
        _ = machine.handle(.wanted(canStream: false))
        #expect(failed(machine.handle(page([], more: true, count: 1))) == .malformedResponse)
    }

    @Test("A page that is too large is asked for again with fewer keys, until it's one")
    func tooLarge() {
        var machine = Machine(range: .prefix("k"), options: .init(), endpoints: 1)
        var limits: [Int64] = []
        var action = machine.handle(.wanted(canStream: false))
        while let request = request(action) {
            limits.append(request.options.limit)
            action = machine.handle(.pageFailed(EtcdError(.responseTooLarge, message: ""), remaining: .seconds(1), jitter: 0))
        }
        #expect(limits == [100, 25, 6, 1])
        #expect(failed(action) == .responseTooLarge)
    }

    @Test("A member that hasn't come to the revision that was read is given time; one that the caller named isn't waited for")
    func lagging() {
        let future = GRPCError(
            code: .outOfRange, message: "etcdserver: mvcc: required revision is a future revision", disposition: .mayHaveExecuted, origin: .server)
        let error = EtcdError(.futureRevision, message: "", underlying: future)
        var pinned = Machine(range: .prefix("k"), options: .init(serializable: true), endpoints: 1)
        _ = pinned.handle(.wanted(canStream: false))
        _ = pinned.handle(page(kvs("k1"), more: true, count: 2))
        _ = pinned.handle(.wanted(canStream: false))
        #expect(request(pinned.handle(.pageFailed(error, remaining: .seconds(5), jitter: 0)))?.start == bytes("k1") + [0])
        #expect(failed(pinned.handle(.pageFailed(error, remaining: .zero, jitter: 0))) == .futureRevision)
        var named = Machine(range: .prefix("k"), options: .init(revision: 7), endpoints: 1)
        _ = named.handle(.wanted(canStream: true))
        #expect(failed(named.handle(.broken(future, remaining: .seconds(5), jitter: 0))) == .futureRevision)
    }

    @Test("A stream's refusal is its end")
    func refused() {
        let compacted = GRPCError(
            code: .outOfRange, message: "etcdserver: mvcc: required revision has been compacted", disposition: .mayHaveExecuted, origin: .server)
        var machine = Machine(range: .prefix("k"), options: .init(revision: 7), endpoints: 1)
        _ = machine.handle(.wanted(canStream: true))
        _ = machine.handle(part(kvs("k1")))
        #expect(failed(machine.handle(.broken(compacted, remaining: .seconds(5), jitter: 0))) == .compacted)
    }

    @Test("Pages are sized by the weight of the last one, by steps, and within bounds")
    func sizes() {
        var size = RangePageSize()
        size.received(keys: 100, bytes: 100 * 40)
        #expect(size.current == 400)
        for _ in 0..<10 { size.received(keys: Int(size.current), bytes: Int(size.current) * 40) }
        #expect(size.current == 10_000)
        size.received(keys: 10_000, bytes: 10_000 * 1000)
        #expect(size.current == 1572)
        size.received(keys: 100, bytes: 100 << 20)
        #expect(size.current == 1)
        size.received(keys: 0, bytes: 0)
        #expect(size.current == 1)
    }

    @Test("A server that has no streams is remembered for a while, and only that one")
    func memory() {
        let support = RangeStreamSupport()
        let (old, new) = (GRPCEndpoint(scheme: .http, host: "a", port: 1), GRPCEndpoint(scheme: .http, host: "b", port: 1))
        let now = ContinuousClock.now
        support.note(missingAt: old, now: now)
        #expect(support.isMissing(at: old, now: now) && !support.isMissing(at: new, now: now))
        #expect(!support.isMissing(atAllOf: [old, new], now: now) && support.isMissing(atAllOf: [old], now: now))
        #expect(!support.isMissing(at: old, now: now + .seconds(301)))
        #expect(!support.isMissing(at: old, now: now), "it's asked anew")
    }
}
