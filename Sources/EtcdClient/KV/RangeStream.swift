//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

extension EtcdClient {
    /// Reads a range piece by piece, however long it is, without holding more than a piece of it.
    ///
    /// All pieces are of one revision: the one in the options, or else the store's when the first is read, which is linearizable unless
    /// ``RangeOptions/serializable``. The keys come in order, each once. Servers of etcd 3.7 and later send them as a stream; from others they are
    /// fetched in pages that are sized by what the keys weigh, and in a cluster of both each is asked what it can do. Whatever breaks, the reading goes
    /// on after the last key. Nothing is fetched beyond what is read, apart from one piece and one HTTP/2 window. It begins when the first piece is asked for.
    ///
    /// Revision filters are only had in pages, for which the server reads the whole rest of the range each time. In another order than that of ascending
    /// keys all comes in one answer, as of ``range(_:options:deadline:)``.
    /// - Parameter deadline: when all must have been read; nil for no limit, other than ``EtcdClientConfiguration/readTimeout`` without an answer.
    public func rangeStream(
        _ range: KeyRange, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) -> RangeStream {
        RangeStream(client: self, range: range, options: options, deadline: deadline)
    }
}

/// A range that is read piece by piece: see ``EtcdClient/rangeStream(_:options:deadline:)``.
///
/// It's complete when the sequence ends without an error; the last chunk then has a ``RangeChunk/summary``. It ends with `compacted` when the revision
/// is forgotten before all was read; `futureRevision`, `permissionDenied`, `unavailable`, `deadlineExceeded`, `canceled`… Each iterator reads anew.
public struct RangeStream: AsyncSequence, Sendable {
    /// What comes at once.
    public typealias Element = RangeChunk
    /// What it ends with.
    public typealias Failure = EtcdError

    let client: EtcdClient
    let range: KeyRange
    let options: RangeOptions
    let deadline: ContinuousClock.Instant?
    /// What the keys begin with, and lose.
    var prefix = KeyPrefix([])
    /// Why it can't be read at all.
    var refusal: EtcdError?

    init(client: EtcdClient, range: KeyRange, options: RangeOptions, deadline: ContinuousClock.Instant?) {
        self.client = client
        self.range = range
        self.options = options
        self.deadline = deadline
    }

    /// Reads all into memory: for ranges that are known to be of a moderate size.
    /// - Returns: the keys; the header's revision is the one that they were all read at, after which a watch follows on.
    /// - Throws: what the sequence ends with.
    public func collect() async throws(EtcdError) -> RangeResponse {
        var response = RangeResponse()
        var iterator = makeAsyncIterator()
        while let chunk = try await iterator.next() {
            response.kvs += chunk.kvs
            guard let summary = chunk.summary else { continue }
            response.header = summary.header
            // The store may have gone on since.
            response.header.revision = chunk.revision
            response.more = summary.more
            response.count = summary.count
        }
        return response
    }

    /// Reads the range from its beginning.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(sequence: self) }

    /// Reads a range piece by piece.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        private let sequence: RangeStream
        private var machine: RangeStreamStateMachine
        private var stream: GRPCStream?
        /// Whose token the stream was opened with.
        private var login: UInt64?
        private var ear = StreamEar()
        private var inbox: ArraySlice<ReceivedMessage> = []

        fileprivate init(sequence: RangeStream) {
            self.sequence = sequence
            machine = RangeStreamStateMachine(
                range: sequence.range, options: sequence.options, endpoints: sequence.client.transport.endpoints.count,
                canLogIn: sequence.client.authenticator.canLogIn)
        }

        /// Waits for the next piece; nil after the last, and after an error.
        public mutating func next() async throws(EtcdError) -> RangeChunk? { try await next(isolation: nil) }

        /// Waits for the next piece; nil after the last, and after an error.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> RangeChunk? {
            if let refusal = sequence.refusal { throw refusal }
            let client = sequence.client
            var patience = RangeStreamPatience(deadline: sequence.deadline, timeout: client.timeout(of: .repeatable), now: .now)
            var action = machine.handle(
                .wanted(canStream: !client.rangeStreamSupport.isMissing(atAllOf: client.transport.endpoints)))
            while true {
                switch action {
                case .deliver(let chunk):
                    if chunk.summary != nil { stream = nil }
                    return sequence.prefix.removing(from: chunk)
                case .finish: return nil
                case .fail(let error):
                    stream = nil
                    throw error
                case .readPage(let range, let options, let wait):
                    stream = nil
                    do throws(EtcdError) {
                        try await sequence.pause(wait)
                        action = machine.handle(.page(try await client.range(range, options: options, deadline: patience.end)))
                    } catch {
                        action = machine.handle(.pageFailed(error, remaining: patience.end - .now, jitter: .random(in: 0..<1)))
                    }
                case .openStream(let range, let options, let wait):
                    leave()
                    if wait > .zero { await client.authenticator.prepare(until: patience.end) }
                    try await sequence.pause(wait)
                    do throws(GRPCError) {
                        action = try await open(range, options, until: patience.end) ? .receive : machine.handle(.unsupported)
                    } catch {
                        action = broken(error, patience.end)
                    }
                case .receive:
                    do throws(GRPCError) {
                        action = machine.handle(try await received(&patience))
                    } catch {
                        action = broken(error, patience.end)
                    }
                }
            }
        }

        /// False when the stream would go to a server that is known not to have it.
        private mutating func open(
            _ range: KeyRange, _ options: RangeOptions, until deadline: ContinuousClock.Instant, isolation actor: isolated (any Actor)? = #isolation
        ) async throws(GRPCError) -> Bool {
            let client = sequence.client
            let request = try RangeStream.request(range, options)
            let ear = StreamEar()
            let opened = try await within(deadline) { () async throws(GRPCError) in
                // A message has megabytes: on a thin line it comes for longer than a server may be silent.
                try await client.openStream("/etcdserverpb.KV/RangeStream", lane: .bulk, requiresLeader: !options.serializable) {
                    MessageParts<RangeStreamMessage>(onPart: ear.hear)
                }
            }
            // Which server it is was settled just now.
            if client.rangeStreamSupport.isMissing(at: opened.stream.endpoint) {
                opened.stream.cancel()
                return false
            }
            (stream, login, self.ear) = (opened.stream, opened.login, ear)
            try await within(deadline) { () async throws(GRPCError) in
                try await opened.stream.send(request)
                opened.stream.finishSending()
            }
            return true
        }

        private mutating func leave() {
            stream = nil
            login = nil
            inbox = []
        }

        private mutating func broken(_ error: GRPCError, _ deadline: ContinuousClock.Instant) -> RangeStreamStateMachine.Action {
            if let login { sequence.client.note(error, login: login) }
            leave()
            return machine.handle(.broken(error, remaining: deadline - .now, jitter: .random(in: 0..<1)))
        }

        private mutating func received(
            _ patience: inout RangeStreamPatience, isolation actor: isolated (any Actor)? = #isolation
        ) async throws(GRPCError) -> RangeStreamStateMachine.Event {
            if inbox.isEmpty, let stream { inbox = try await messages(of: stream, &patience)[...] }
            guard let message = inbox.popFirst() else { return .ended }
            do throws(MalformedMessage) {
                return .chunk(
                    try message.withUnsafeBytes { bytes throws(MalformedMessage) in
                        try MessageParts<RangeStreamMessage>.message(bytes, after: message.parts)
                    }.response)
            } catch {
                return .malformed(error)
            }
        }

        private func messages(
            of stream: GRPCStream, _ patience: inout RangeStreamPatience, isolation actor: isolated (any Actor)? = #isolation
        ) async throws(GRPCError) -> [ReceivedMessage] {
            let begin = ContinuousClock.now
            let limit: @Sendable () -> ContinuousClock.Instant = { [patience, ear] in patience.limit(since: begin, heard: ear.lastHeard) }
            do throws(GRPCError) {
                let messages = try await within(limit(), extended: limit) { () async throws(GRPCError) in try await stream.nextReceived() }
                if ear.heard(since: begin) { patience.extend(isWhole: true, now: .now) }
                return messages
            } catch {
                let now = ContinuousClock.now
                let isSilence = error.origin == .deadline && patience.isSilence(since: begin, heard: ear.lastHeard, now: now)
                if ear.heard(since: begin) { patience.extend(isWhole: false, now: now) }
                guard isSilence else {
                    stream.cancel()
                    throw error
                }
                if now - Swift.max(begin, ear.lastHeard ?? begin) >= RangeStreamPatience.tellingSilence {
                    stream.leaveServer()
                } else {
                    stream.cancel()
                }
                throw .silent(stream.endpoint)
            }
        }
    }

    fileprivate static func request(_ range: KeyRange, _ options: RangeOptions) throws(GRPCError) -> [UInt8] {
        do throws(MessageTooLong) {
            return try ProtobufWriter.message { $0.range(range, options) }
        } catch {
            throw GRPCError(
                code: .invalidArgument, message: "the request doesn't fit into 64 MiB", disposition: .notSent, origin: .protocolViolation)
        }
    }

    fileprivate func pause(_ wait: Duration) async throws(EtcdError) {
        if wait > .zero { try await EtcdClient.pause(wait) { "stream range \(range)" } }
    }
}

extension EtcdClient {
    /// Remembers what a refused stream says of the server and of the token that it was opened with.
    fileprivate func note(_ error: GRPCError, login: UInt64) {
        guard error.origin == .server else { return }
        judge(error, lane: .bulk)
        if error.code == .unimplemented, let endpoint = error.endpoint { rangeStreamSupport.note(missingAt: endpoint) }
        if error.refusesToken { authenticator.streamRefused(login: login) }
    }
}

/// A RangeStreamResponse, which is an answer in an answer.
private struct RangeStreamMessage: WireDecodable {
    var response = RangeResponse()

    static var unset: RangeStreamMessage { RangeStreamMessage() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: try response.merge(try reader.message(tag), depth: depth)
            default: try reader.skip(tag)
            }
        }
    }
}
