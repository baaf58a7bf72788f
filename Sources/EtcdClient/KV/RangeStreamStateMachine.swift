//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Decides how a range is read piece by piece. Knows no stream, clock or task.
///
/// Everything is read at one revision. When the caller names none, the first page tells it: that page is delivered like any other, a range that fits into
/// it needs nothing else, and whatever breaks later can be taken up after the last key. A stream without a revision would tell its own only at its end.
///
/// Source of the rules: etcd's server/etcdserver/api/v3rpc/key.go and its RangeStream.
struct RangeStreamStateMachine: Sendable {
    enum Event {
        /// The consumer wants more.
        case wanted(canStream: Bool)
        /// The page that was asked for.
        case page(RangeResponse)
        /// There was none. `jitter` is a random number from 0 to 1.
        case pageFailed(EtcdError, remaining: Duration, jitter: Double)
        /// The stream goes to a server that is known not to have such streams.
        case unsupported
        /// What a server says on the stream.
        case chunk(RangeResponse)
        /// It can't be read.
        case malformed(MalformedMessage)
        /// The server ended the stream successfully.
        case ended
        /// The stream broke.
        case broken(GRPCError, remaining: Duration, jitter: Double)
    }

    enum Action {
        /// Read a page after a wait.
        case readPage(KeyRange, RangeOptions, after: Duration)
        /// Open a stream after a wait, in place of the one there was, unless it goes to a server that is known not to have them.
        case openStream(KeyRange, RangeOptions, after: Duration)
        /// Read the stream's next message.
        case receive
        /// Give this to the consumer.
        case deliver(RangeChunk)
        /// It's over.
        case finish
        case fail(EtcdError)
    }

    private enum State: Hashable {
        case idle
        case waiting
        case streaming
        case over
    }

    private let range: KeyRange
    private let options: RangeOptions
    private let freshPolicy: CallPolicy
    private var state = State.idle
    private var usesPages: Bool
    private var pageSize = RangePageSize()
    private var revision: Int64
    private var pinnedHere = false
    private var lastKey: [UInt8]?
    private var delivered: Int64 = 0
    /// Of those, how many came before the latest request.
    private var deliveredBefore: Int64 = 0
    /// Of the whole range, once a page from its beginning told.
    private var count: Int64?
    /// The stream's last chunk, which counts when the stream ends well.
    private var last: RangeResponse?
    private var policy: CallPolicy

    /// - Parameters:
    ///   - options: those of the whole. What a stream can't do is done by pages, or by one plain range where it can't be cut into pages either.
    ///   - endpoints: how many the client has.
    ///   - canLogIn: whether a refused token can be replaced.
    init(range: KeyRange, options: RangeOptions, endpoints: Int, canLogIn: Bool = false) {
        self.range = range
        var options = options
        // What etcd does anyway is no reason to do without a stream.
        if options.sort == RangeOptions.Sort(by: .key, .ascending) { options.sort = nil }
        options.limit = max(options.limit, 0)
        self.options = options
        revision = max(options.revision, 0)
        usesPages = !Self.streams(options)
        freshPolicy = CallPolicy(kind: .repeatable, endpoints: endpoints, canLogIn: canLogIn, operation: .other { "stream range \(range)" })
        policy = freshPolicy
    }

    /// Whether a stream takes these options; a server that has streams refuses the others with the same code as one that hasn't.
    private static func streams(_ options: RangeOptions) -> Bool {
        options.sort == nil && !options.countOnly && options.minModRevision == 0 && options.maxModRevision == 0
            && options.minCreateRevision == 0 && options.maxCreateRevision == 0
    }

    /// Keys in another order can't be continued after the last one; a count or a single key is no more than one answer.
    private var isOneAnswer: Bool { options.sort != nil || options.countOnly || range.isSingleKey }

    mutating func handle(_ event: Event) -> Action {
        if state == .over { return .finish }
        switch event {
        case .wanted(let canStream): return wanted(canStream: canStream)
        case .page(let answer): return page(answer)
        case .pageFailed(let error, let remaining, let jitter): return pageFailed(error, remaining: remaining, jitter: jitter)
        case .unsupported:
            usesPages = true
            return readPage()
        case .chunk(let answer): return chunk(answer)
        case .malformed(let error): return fail(.malformedResponse, "the server's message can't be read: \(error.reason)")
        case .ended: return ended()
        case .broken(let error, let remaining, let jitter): return broken(error, remaining: remaining, jitter: jitter)
        }
    }

    private mutating func wanted(canStream: Bool) -> Action {
        if state == .streaming { return .receive }
        if usesPages || isOneAnswer || revision == 0 || !canStream { return readPage() }
        return openStream(after: .zero)
    }

    // MARK: Pages

    private mutating func readPage(after wait: Duration = .zero) -> Action {
        state = .waiting
        deliveredBefore = delivered
        var options = rest
        if !isOneAnswer { options.limit = options.limit == 0 ? pageSize.current : min(options.limit, pageSize.current) }
        return .readPage(restOfRange, options, after: wait)
    }

    /// What is left to read, by range and by options.
    private var restOfRange: KeyRange { lastKey.map(range.after) ?? range }

    private var rest: RangeOptions {
        var options = options
        options.revision = revision
        if options.limit > 0 { options.limit -= delivered }
        if isFull { (options.limit, options.keysOnly) = (1, true) }
        return options
    }

    /// Whether all that was asked for is delivered, and only what is said at the end is missing.
    private var isFull: Bool { options.limit > 0 && delivered >= options.limit }

    private mutating func page(_ page: RangeResponse) -> Action {
        var answer = page
        if isFull {
            answer.more = !answer.kvs.isEmpty
            answer.kvs = []
            return deliver(answer, isLast: true)
        }
        if revision == 0 {
            revision = answer.header.revision
            pinnedHere = true
        }
        if !isOneAnswer, let disorder = disorder(answer.kvs) { return fail(.malformedResponse, disorder) }
        if answer.more, answer.kvs.isEmpty, !options.countOnly { return fail(.malformedResponse, "a page without keys, and more to come") }
        if lastKey == nil, count == nil { count = answer.count }
        policy = freshPolicy
        pageSize.received(keys: answer.kvs.count, bytes: answer.kvs.weight)
        let isLast = isOneAnswer || !answer.more || (options.limit > 0 && delivered + Int64(answer.kvs.count) >= options.limit)
        return deliver(answer, isLast: isLast)
    }

    private mutating func pageFailed(_ error: EtcdError, remaining: Duration, jitter: Double) -> Action {
        if error.code == .responseTooLarge, !isOneAnswer, pageSize.wasTooLarge() { return readPage() }
        if let underlying = error.underlying, let lagging = behind(underlying),
            case .retry(let wait) = policy.handle(lagging, remaining: remaining, jitter: jitter)
        {
            return readPage(after: wait)
        }
        return fail(error)
    }

    /// The revision was there when it was read; a member that answers stale reads may not have come so far, which passes.
    private func behind(_ error: GRPCError) -> GRPCError? {
        guard pinnedHere, ServerError(error).code == .futureRevision else { return nil }
        // In other words than the server's, which would be known for what they are.
        return GRPCError(
            code: .unavailable, message: "the member hasn't come to revision \(revision), which another has", disposition: .mayHaveExecuted,
            origin: .server, endpoint: error.endpoint)
    }

    // MARK: Streams

    private mutating func openStream(after wait: Duration) -> Action {
        // No limit at all is what a stream would take the rest of it for.
        if isFull { return readPage(after: wait) }
        state = .streaming
        deliveredBefore = delivered
        last = nil
        return .openStream(restOfRange, rest, after: wait)
    }

    private mutating func chunk(_ answer: RangeResponse) -> Action {
        if last != nil { return fail(.malformedResponse, "the server went on after the last part") }
        if let disorder = disorder(answer.kvs) { return fail(.malformedResponse, disorder) }
        policy = freshPolicy
        // Only the last part has a header. It counts when the stream has ended well, and not before.
        if answer.header != ResponseHeader() {
            last = answer
            return .receive
        }
        if answer.kvs.isEmpty { return .receive }
        return deliver(answer, isLast: false)
    }

    private mutating func ended() -> Action {
        guard let last else { return fail(.malformedResponse, "the server ended the stream without its last part") }
        return deliver(last, isLast: true)
    }

    private mutating func broken(_ error: GRPCError, remaining: Duration, jitter: Double) -> Action {
        last = nil
        if error.origin == .server, error.code == .unimplemented {
            usesPages = true
            return readPage()
        }
        if error.origin == .protocolViolation, error.code == .resourceExhausted {
            // A part that is too long for this client; pages can be made as short as need be.
            usesPages = true
            return readPage()
        }
        switch policy.handle(behind(error) ?? error, remaining: remaining, jitter: jitter) {
        case .retry(let wait): return openStream(after: wait)
        case .authenticate(let pause): return openStream(after: pause)
        case .fail(let error): return fail(error)
        }
    }

    // MARK: Both

    private func disorder(_ kvs: [KeyValue]) -> String? {
        var previous = lastKey
        for kv in kvs {
            if let previous, !previous.lexicographicallyPrecedes(kv.key) {
                return "the server sent key \(KeyRange.text(kv.key)) after \(KeyRange.text(previous))"
            }
            previous = kv.key
        }
        return nil
    }

    private mutating func deliver(_ answer: RangeResponse, isLast: Bool) -> Action {
        let (rangeCount, isTooMany) = deliveredBefore.addingReportingOverflow(answer.count)
        if isTooMany { return fail(.malformedResponse, "the server counts \(answer.count) keys") }
        delivered += Int64(answer.kvs.count)
        lastKey = answer.kvs.last?.key ?? lastKey
        if state != .streaming { state = .idle }
        var chunk = RangeChunk(kvs: answer.kvs, revision: revision)
        if isLast {
            state = .over
            chunk.summary = RangeChunk.Summary(header: answer.header, more: answer.more, count: count ?? rangeCount)
        }
        return .deliver(chunk)
    }

    private mutating func fail(_ code: EtcdError.Code, _ reason: String) -> Action {
        fail(EtcdError(code, message: "stream range \(range): \(reason)"))
    }

    private mutating func fail(_ error: EtcdError) -> Action {
        state = .over
        return .fail(error)
    }
}
