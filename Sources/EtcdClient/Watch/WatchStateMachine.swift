//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Decides what a watch does next. Knows no stream, clock or task.
///
/// Whatever breaks, the consumer sees each revision once, whole, and in order; where that can't be had, it sees a typed end.
///
/// Source of the rules: etcd's watch guarantees (ordered, unique, atomic, reliable, resumable, bookmarkable).
struct WatchStateMachine: Sendable {
    /// What happened.
    enum Event {
        /// A stream is open.
        case opened
        /// The server said something on it.
        case message(WatchMessage)
        /// What it said can't be read.
        case malformed(MalformedMessage)
        /// The stream ended: with an error, or without when the server was done. `jitter` is a random number from 0 to 1.
        case broken(GRPCError?, lived: Duration, jitter: Double)
        /// The answer to ``Action/confirmRevision``: where the cluster, not just this member, is.
        ///
        /// `seen` is the latest revision that the client knew of before: what is behind that is another store.
        case confirmed(ResponseHeader, seen: Int64)
        /// There was none.
        case notConfirmed(EtcdError, jitter: Double)
        /// The answer to ``Action/authenticate``: the next stream will have a new token.
        case authenticated
        /// The consumer was too slow for a stream that it shares: what comes next has to be asked for again.
        case dropped
        /// The consumer wants to know how far the watch is.
        case progressWanted
    }

    /// What to do next.
    enum Action {
        /// Open a stream after a wait, in place of the one there was.
        case open(after: Duration)
        /// Ask for the watcher.
        case create(startRevision: Int64, fragment: Bool)
        /// Ask how far the watcher is.
        case requestProgress
        /// End a watcher that isn't the watch's.
        case dismiss(Int64)
        /// Read the next message.
        case receive
        /// Read the cluster's revision, linearizably.
        case confirmRevision
        /// See to it that the next stream has another token: the server refuses this one's.
        case authenticate
        /// Give this to the consumer, then read on.
        case deliver(WatchBatch)
        /// Tell the consumer that it's over.
        case end(EtcdError)
        /// Nothing; the reader is at work.
        case none
    }

    private enum State: Hashable {
        case opening
        case creating
        case confirming
        case authenticating
        case live
        case ended
    }

    /// What is kept of an answer that comes in pieces. More than this is delivered up to the last revision that is certain to be whole.
    static let pieceLimit = 4 << 20
    /// The pieces of one revision can't be told apart from a server that never ends them.
    static let revisionLimit = 1 << 30
    /// A watcher that is refused so often for want of a valid token is given up.
    static let maximumRefusals = LoginPace.pauses.count + 1

    private let range: KeyRange
    private let canAuthenticate: Bool
    private let endsWithoutLeader: Bool
    private var state = State.opening
    /// Everything below it was delivered, or wasn't asked for.
    private(set) var nextRevision: Int64
    /// Whether the server has made the watcher and nothing else is asked.
    var isLive: Bool { state == .live }
    /// Whether the server has made the watcher on the stream that there is.
    var isMade: Bool { state == .live || state == .confirming }
    /// What a stream of its own is probed with.
    private(set) var probe = WatchMessage.probe
    private var clusterID: UInt64
    private var hasDelivered = false
    private var watchID: Int64 = 0
    private var fragment: Bool
    /// Whether others are on the same stream. No longer once a stream broke for what one of them may have been the cause of.
    private(set) var isShared: Bool
    /// Events of an answer that isn't complete; they count for nothing until it is.
    private var pieces: [WatchEvent] = []
    private var pieceBytes = 0
    /// No later event of this stream may be of an older revision.
    private var floor: Int64 = 0
    private var backoff = WatchBackoff()
    private var refusals = 0
    private var loginPause = Duration.zero
    private var progressIsWanted = false

    /// A watch that has delivered nothing.
    /// - Parameters:
    ///   - startRevision: at least 1: "now" would be another one after each break.
    ///   - clusterID: the cluster that the start revision is of; 0 when that isn't known.
    ///   - isShared: whether others are on the same stream.
    ///   - canAuthenticate: whether the client has a name and a password.
    ///   - endsWithoutLeader: whether a member that has lost its leader is a reason to end.
    init(
        range: KeyRange, startRevision: Int64, clusterID: UInt64, fragment: Bool, isShared: Bool = false, canAuthenticate: Bool = false,
        endsWithoutLeader: Bool = false
    ) {
        self.range = range
        self.endsWithoutLeader = endsWithoutLeader
        self.isShared = isShared
        self.canAuthenticate = canAuthenticate
        nextRevision = startRevision
        self.clusterID = clusterID
        self.fragment = fragment
    }

    mutating func handle(_ event: Event) -> Action {
        if state == .ended { return .none }
        switch event {
        case .opened: return opened()
        case .message(let message): return received(message)
        case .malformed(let error): return end(.malformedResponse, "the server's message can't be read: \(error.reason)")
        case .broken(let error, let lived, let jitter): return broken(error, lived: lived, jitter: jitter)
        case .confirmed(let header, let seen): return confirmed(header, seen: seen)
        case .notConfirmed(let error, let jitter):
            if [.canceled, .stopped, .historyLost, .permissionDenied].contains(error.code) { return end(error) }
            return reopen(jitter: jitter)
        case .authenticated: return state == .authenticating ? reopen(after: loginPause) : .none
        case .dropped: return reopen(after: .zero)
        case .progressWanted:
            if state == .live { return .requestProgress }
            progressIsWanted = true
            return .none
        }
    }

    private mutating func opened() -> Action {
        state = .creating
        dropPieces()
        floor = 0
        return .create(startRevision: nextRevision, fragment: fragment)
    }

    // MARK: Messages

    private mutating func received(_ message: WatchMessage) -> Action {
        // Neither etcd's nor what can be counted on from.
        guard message.header.revision < .max else { return end(.malformedResponse, "the server speaks of revision \(message.header.revision)") }
        switch state {
        case .opening, .authenticating, .ended: return .none
        case .creating where message.created: return created(message)
        case .creating, .confirming: return end(.malformedResponse, "the server spoke of a watcher before it had made it")
        case .live: break
        }
        if message.created { return probed(message) }
        // −1 speaks of all watchers of the stream, and ours is the only one.
        guard message.watchID == watchID || message.watchID == -1 else { return .receive }
        if message.canceled { return canceled(message) }
        if let lost = lostCluster(message.header) { return lost }
        if message.fragment || !message.events.isEmpty { return events(message) }
        return progress(message.header)
    }

    /// A probe was answered. Servers that only speak like etcd may have made a watcher of it.
    private mutating func probed(_ message: WatchMessage) -> Action {
        if let lost = lostCluster(message.header) { return lost }
        return message.canceled || message.watchID == watchID ? .receive : .dismiss(message.watchID)
    }

    private mutating func created(_ message: WatchMessage) -> Action {
        if message.canceled { return refused(message) }
        if let lost = lostCluster(message.header) { return lost }
        watchID = message.watchID
        probe = message.header.clusterID == 0 ? WatchMessage.probe : WatchMessage.probeWithID
        refusals = 0
        // A member that lags is behind the revision as well as a store that was put back to an earlier state. A revision of 0 says nothing:
        // servers that only speak like etcd leave it out.
        if message.header.revision != 0 && message.header.revision < nextRevision - 1 {
            state = .confirming
            return .confirmRevision
        }
        return live()
    }

    private mutating func live() -> Action {
        state = .live
        if progressIsWanted {
            progressIsWanted = false
            return .requestProgress
        }
        return .receive
    }

    private mutating func confirmed(_ header: ResponseHeader, seen: Int64) -> Action {
        guard state == .confirming else { return .none }
        if let lost = lostCluster(header) { return lost }
        guard header.revision < nextRevision - 1 else { return live() }
        if hasDelivered || seen >= nextRevision - 1 {
            return end(
                .historyLost, "the store is at revision \(header.revision), before \(nextRevision - 1) that was seen; read everything anew")
        }
        return end(
            .futureRevision,
            "the store is only at revision \(header.revision); if this start comes from the same cluster its history is lost: read everything anew")
    }

    private mutating func lostCluster(_ header: ResponseHeader) -> Action? {
        if header.clusterID == 0 || header.clusterID == clusterID { return nil }
        if clusterID == 0 {
            clusterID = header.clusterID
            return nil
        }
        return end(.historyLost, "the cluster is \(header.clusterID), no longer \(clusterID); read everything anew")
    }

    private mutating func events(_ message: WatchMessage) -> Action {
        for event in message.events {
            if event.revision == .max { return end(.malformedResponse, "the server speaks of revision \(event.revision)") }
            if event.revision < floor {
                return end(.orderViolation, "revision \(event.revision) came after \(floor - 1) was complete; read everything anew")
            }
            floor = event.revision
        }
        if message.fragment { return keep(message) }
        var events = message.events
        if !pieces.isEmpty {
            events = pieces + events
            dropPieces()
        }
        return deliver(events, message.header)
    }

    private mutating func deliver(_ batch: WatchBatch) -> Action {
        backoff.reset()
        hasDelivered = true
        nextRevision = batch.revision + 1
        return .deliver(batch)
    }

    private mutating func deliver(_ whole: [WatchEvent], _ header: ResponseHeader) -> Action {
        var events = whole
        // What was delivered before a break may come again from a server that has older events than those it was asked for.
        if let first = events.first, first.revision < nextRevision { events.removeAll { $0.revision < nextRevision } }
        guard let last = events.last else { return .receive }
        return deliver(WatchBatch(header: header, revision: last.revision, events: events))
    }

    /// A history of any length may come in pieces of one answer. What can't be held is delivered as far as its revisions are whole.
    private mutating func keep(_ message: WatchMessage) -> Action {
        pieces.append(contentsOf: message.events)
        pieceBytes += message.events.reduce(0) { $0 + $1.size }
        guard pieceBytes > Self.pieceLimit, let last = pieces.last else { return .receive }
        let boundary = pieces.partitioningIndex { $0.revision >= last.revision }
        if boundary == 0 {
            guard pieceBytes > Self.revisionLimit else { return .receive }
            return end(.responseTooLarge, "the events of revision \(last.revision) alone are longer than \(Self.revisionLimit) bytes")
        }
        let whole = Array(pieces[..<boundary])
        pieces.removeSubrange(..<boundary)
        pieceBytes = pieces.reduce(0) { $0 + $1.size }
        return deliver(whole, message.header)
    }

    private mutating func dropPieces() {
        pieces = []
        pieceBytes = 0
    }

    private mutating func progress(_ header: ResponseHeader) -> Action {
        // Between pieces it would promise what hasn't been delivered.
        guard pieces.isEmpty else { return .receive }
        floor = max(floor, header.revision + 1)
        // A member that lags tells what isn't news.
        guard header.revision >= nextRevision - 1 else { return .receive }
        return deliver(WatchBatch(header: header, revision: header.revision, events: []))
    }

    private mutating func canceled(_ message: WatchMessage) -> Action {
        if message.compactRevision > 0 {
            return end(
                EtcdError(
                    .compacted, message: "watch \(range) from revision \(nextRevision): it is no longer kept; read everything anew",
                    compactRevision: message.compactRevision))
        }
        let reason = message.cancelReason.isEmpty ? "the server ended the watch and gave no reason" : message.cancelReason
        return end(ServerError(cancelReason: message.cancelReason).code, reason)
    }

    // MARK: Rights

    private mutating func refused(_ message: WatchMessage) -> Action {
        guard canAuthenticate, message.compactRevision == 0 else { return canceled(message) }
        switch ServerError(cancelReason: message.cancelReason).code {
        case .unauthenticated: return authenticate() ?? canceled(message)
        // Some releases of etcd say so of a token that has expired. When the right is what's missing, others mustn't lose their stream for it.
        case .permissionDenied where refusals == 0:
            isShared = false
            refusals = Self.maximumRefusals - 1
            return authenticate(pause: .zero)
        default: return canceled(message)
        }
    }

    private mutating func authenticate() -> Action? {
        refusals += 1
        guard refusals < Self.maximumRefusals else { return nil }
        return authenticate(pause: LoginPace.pauses[refusals - 1])
    }

    private mutating func authenticate(pause: Duration) -> Action {
        loginPause = pause
        state = .authenticating
        dropPieces()
        return .authenticate
    }

    // MARK: Breaks

    private mutating func broken(_ error: GRPCError?, lived: Duration, jitter: Double) -> Action {
        backoff.streamEnded(lived: lived)
        guard let error else { return reopen(jitter: jitter) }
        switch error.origin {
        case .caller where error.code == .cancelled: return end(.canceled, "the task was cancelled", error)
        case .caller: return end(.invalidArgument, error.message, error)
        case .shutdown: return end(.stopped, error.message, error)
        case .protocolViolation where isShared: return isolate(jitter: jitter)
        case .protocolViolation where error.code == .resourceExhausted: return tooLarge(error)
        case .serverGoingAway where backoff.mayReturnAtOnce(): return reopen(after: .zero)
        case .server, .serverGoingAway, .connection, .protocolViolation, .deadline: break
        }
        if error.disposition != .mayHaveExecuted { return reopen(jitter: jitter) }
        let server = ServerError(error)
        if server.code == .responseTooLarge { return isShared ? isolate(jitter: jitter) : tooLarge(error) }
        if server.code == .noLeader, endsWithoutLeader { return end(.noLeader, error.message, error) }
        if server.code == .unauthenticated, canAuthenticate, let action = authenticate() { return action }
        if server.execution == .refused { return end(server.code, error.message, error) }
        return reopen(jitter: jitter)
    }

    /// Whose answer it was can't be told. On streams of their own the others go on, and the one has its error.
    private mutating func isolate(jitter: Double) -> Action {
        isShared = false
        return reopen(jitter: jitter)
    }

    /// The same answer would come again; in pieces it may fit.
    private mutating func tooLarge(_ error: GRPCError) -> Action {
        if fragment { return end(.responseTooLarge, error.message, error) }
        fragment = true
        return reopen(after: .zero)
    }

    private mutating func reopen(jitter: Double) -> Action { reopen(after: backoff.next(jitter: jitter)) }

    private mutating func reopen(after wait: Duration) -> Action {
        state = .opening
        dropPieces()
        return .open(after: wait)
    }

    private mutating func end(_ code: EtcdError.Code, _ reason: String, _ underlying: GRPCError? = nil) -> Action {
        end(EtcdError(code, message: "watch \(range) from revision \(nextRevision): \(reason)", underlying: underlying))
    }

    private mutating func end(_ error: EtcdError) -> Action {
        state = .ended
        dropPieces()
        return .end(error)
    }
}

extension WatchEvent {
    /// The bytes of what it holds.
    var size: Int {
        kv.key.count + kv.value.count + (prevKV.map { $0.key.count + $0.value.count } ?? 0)
    }
}

extension Array {
    /// The first index whose element, and all after it, are as wanted.
    fileprivate func partitioningIndex(where isWanted: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isWanted(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
