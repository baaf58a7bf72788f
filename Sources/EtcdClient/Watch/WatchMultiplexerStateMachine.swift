//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Decides what happens on a stream that many watchers share: whose turn it is to be made, and whose a message is. Knows no stream, clock or task.
///
/// How a watcher goes on after a break is its own affair (``WatchStateMachine``): it is told, and comes back as a new one.
///
/// Source of the rules: etcd's api/v3rpc watch server. Creates are answered in order, so one at a time is under way; the server chooses the IDs, since
/// servers that only speak like etcd refuse others.
struct WatchMultiplexerStateMachine: Sendable {
    /// A watcher's name on this side, never used twice.
    typealias Watcher = UInt64

    /// What happened.
    enum Event {
        /// A watcher wants to be made, by this request.
        case create(Watcher, request: [UInt8])
        /// A watcher isn't wanted any more.
        case leave(Watcher)
        /// A watcher's consumer is too slow.
        case overflowed(Watcher)
        /// Somebody wants to know how far the stream is.
        case progressWanted
        /// Somebody wants to know whether the server answers at all.
        case probeWanted
        /// A stream is open.
        case opened
        /// The server said something on it.
        case message(WatchMessage)
        /// What it said can't be read.
        case malformed(MalformedMessage)
        /// The stream ended: with an error, or without when the server was done. `jitter` is a random number from 0 to 1.
        case broken(GRPCError?, lived: Duration, jitter: Double)
    }

    /// What to do next, besides sending what ``takeOutbox()`` gives.
    enum Action {
        /// Nothing.
        case none
        /// Open a stream.
        case open
        /// Reset the stream: what was said on it makes no sense. ``Event/broken(_:lived:jitter:)`` with this error is to follow.
        case abandon(GRPCError)
        /// The message is this watcher's.
        case deliver(to: Watcher)
        /// The message, a progress, is these watchers'.
        case broadcast(to: [Watcher])
        /// The message, a refusal, is this watcher's if it is still wanted, and it is off the stream. These others are to be made again: on another
        /// stream when what is refused is this one's token.
        case refuse(Watcher?, moving: [Watcher], isOfToken: Bool)
        /// These watchers are off the stream, because it broke.
        case tell([Watcher], GRPCError?)
    }

    private enum Phase: Hashable {
        case idle
        case opening
        case open
        /// The stream is being reset because nobody was on it.
        case hangingUp
    }

    /// The one create that the server hasn't answered.
    private enum Creating: Hashable {
        case nobody
        case watcher(Watcher)
        /// One that has left meanwhile.
        case left
        /// None: it only shows that the server answers.
        case probe
    }

    private struct Live {
        var watcher: Watcher
        /// What the store's revision was when the server had made the watcher; 0 when it didn't say.
        var createdRevision: Int64
        /// Requests for progress that were sent before.
        var requestsBefore: Int
        var hasOwnMessage = false
    }

    /// More IDs than this aren't kept in mind.
    private static let maximumStrays = 1024
    /// Of the requests that end watchers which nobody asked for, no more than these wait to be sent: the server alone decides how many there are to be.
    static let maximumStrayCancels = 4096

    private var phase = Phase.idle
    private var requests: [Watcher: [UInt8]] = [:]
    private var queue: [Watcher] = []
    private var creating = Creating.nobody
    private var live: [Int64: Live] = [:]
    private var ids: [Watcher: Int64] = [:]
    /// Watchers of the server that were ended, or never ours: told once.
    private var strays: Set<Int64> = []
    private var outbox: [[UInt8]] = []
    /// How many requests in the outbox end watchers that nobody here has left.
    private var strayCancels = 0
    private var probeRequest = WatchMessage.probe
    private var progressIsWanted = false
    private var progressRequests = 0
    private var progressAnswers = 0
    private var backoff = WatchBackoff()

    /// The wait before the next stream is opened.
    private(set) var pause: Duration = .zero
    /// Takes no new watchers: its token isn't valid any more. Those that were made stay.
    private(set) var isRetired = false

    /// How many answers to creates have come.
    private(set) var answers: UInt64 = 0
    /// Whether the server owes an answer to a create.
    var isOwedAnswer: Bool { creating != .nobody }
    /// Whether somebody waits for a stream.
    var wantsStream: Bool { phase == .opening }

    private var isEmpty: Bool {
        guard live.isEmpty, queue.isEmpty else { return false }
        if case .watcher = creating { return false }
        return true
    }

    /// Whether the stream is to be reset, because nobody is on it any more. Asked after each event.
    mutating func hangsUp() -> Bool {
        guard phase == .open, isEmpty else { return false }
        phase = .hangingUp
        _ = takeOutbox()
        return true
    }

    /// Whether something is to be sent.
    var hasOutput: Bool { !outbox.isEmpty }

    /// What is to be sent, in this order.
    mutating func takeOutbox() -> [[UInt8]] {
        defer { (outbox, strayCancels) = ([], 0) }
        return outbox
    }

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .create(let watcher, let request): return create(watcher, request)
        case .leave(let watcher): return leave(watcher)
        case .overflowed(let watcher): return leave(watcher)
        case .progressWanted:
            progressIsWanted = true
            askForProgress()
            return .none
        case .probeWanted:
            probe()
            return .none
        case .opened: return opened()
        case .message(let message): return received(message)
        case .malformed(let error): return abandon("the server's message can't be read: \(error.reason)")
        case .broken(let error, let lived, let jitter): return broken(error, lived: lived, jitter: jitter)
        }
    }

    // MARK: Watchers

    private mutating func create(_ watcher: Watcher, _ request: [UInt8]) -> Action {
        if isRetired { return .tell([watcher], nil) }
        requests[watcher] = request
        queue.append(watcher)
        if phase == .open { createNext() }
        guard phase == .idle else { return .none }
        phase = .opening
        return .open
    }

    /// Creates one after another: a thousand at once would hold up everybody's events.
    private mutating func createNext() {
        guard creating == .nobody, !queue.isEmpty else { return askForProgress() }
        let watcher = queue.removeFirst()
        guard let request = requests.removeValue(forKey: watcher) else { return }
        creating = .watcher(watcher)
        outbox.append(request)
    }

    private mutating func leave(_ watcher: Watcher) -> Action {
        if requests.removeValue(forKey: watcher) != nil {
            queue.removeAll { $0 == watcher }
        } else if let id = ids.removeValue(forKey: watcher) {
            live[id] = nil
            dismiss(id)
        } else if creating == .watcher(watcher) {
            creating = .left
        }
        return .none
    }

    /// Has the server end a watcher; once, since events may be under way for a while.
    /// - Returns: whether it wasn't told already.
    @discardableResult
    private mutating func dismiss(_ id: Int64) -> Bool {
        if strays.count >= Self.maximumStrays { strays = [] }
        guard strays.insert(id).inserted else { return false }
        outbox.append(WatchMessage.cancelRequest(id))
        return true
    }

    /// Has the server end a watcher that it speaks of and nobody has. One that isn't ended, because too many are to be already, is the next time it says
    /// something.
    private mutating func dismissStray(_ id: Int64) {
        guard strayCancels < Self.maximumStrayCancels else { return }
        if dismiss(id) { strayCancels += 1 }
    }

    private mutating func askForProgress() {
        guard progressIsWanted, phase == .open, !live.isEmpty else { return }
        progressIsWanted = false
        progressRequests += 1
        outbox.append(WatchMessage.progressRequest)
    }

    private mutating func probe() {
        // A create that is under way is as good.
        guard phase == .open, creating == .nobody else { return }
        creating = .probe
        outbox.append(probeRequest)
    }

    // MARK: The stream

    private mutating func opened() -> Action {
        guard phase == .opening else { return .none }
        phase = .open
        pause = .zero
        createNext()
        return .none
    }

    private mutating func abandon(_ reason: String) -> Action {
        guard phase == .open else { return .none }
        return .abandon(GRPCError(code: .internal, message: reason, disposition: .mayHaveExecuted, origin: .protocolViolation))
    }

    private mutating func broken(_ error: GRPCError?, lived: Duration, jitter: Double) -> Action {
        let wasOurs = phase == .hangingUp
        // Those who came while the stream was reset for want of watchers have nothing to do with it.
        var told: [Watcher] = []
        if !wasOurs {
            told = live.values.map(\.watcher)
            if case .watcher(let watcher) = creating { told.append(watcher) }
            told += queue
            requests = [:]
            queue = []
        }
        creating = .nobody
        live = [:]
        ids = [:]
        strays = []
        _ = takeOutbox()
        probeRequest = WatchMessage.probe
        progressRequests = 0
        progressAnswers = 0
        phase = queue.isEmpty ? .idle : .opening
        backoff.streamEnded(lived: lived)
        let isMove = wasOurs || error?.origin == .serverGoingAway && backoff.mayReturnAtOnce()
        pause = isMove ? .zero : backoff.next(jitter: jitter)
        return told.isEmpty ? .none : .tell(told, error)
    }

    // MARK: Messages

    private mutating func received(_ message: WatchMessage) -> Action {
        guard phase == .open else { return .none }
        if message.created { return created(message) }
        if message.watchID == -1 { return progressed(message) }
        guard let entry = live[message.watchID] else {
            dismissStray(message.watchID)
            return .none
        }
        if message.canceled {
            live[message.watchID] = nil
            ids[entry.watcher] = nil
            strays.insert(message.watchID)
        } else if !entry.hasOwnMessage {
            backoff.reset()
            live[message.watchID]?.hasOwnMessage = true
        }
        return .deliver(to: entry.watcher)
    }

    private mutating func created(_ message: WatchMessage) -> Action {
        let answered: Watcher?
        if isOwedAnswer { answers += 1 }
        switch creating {
        case .nobody:
            // Not asked for.
            if !message.canceled, live[message.watchID] == nil { dismissStray(message.watchID) }
            return .none
        case .watcher(let watcher): answered = watcher
        case .left: answered = nil
        case .probe: return probed(message)
        }
        creating = .nobody
        if message.header.clusterID != 0 { probeRequest = WatchMessage.probeWithID }
        defer { createNext() }
        if message.canceled { return refused(message, answered) }
        guard live[message.watchID] == nil else { return abandon("the server gave two watchers the ID \(message.watchID)") }
        strays.remove(message.watchID)
        guard let watcher = answered else {
            dismiss(message.watchID)
            return .none
        }
        live[message.watchID] = Live(watcher: watcher, createdRevision: message.header.revision, requestsBefore: progressRequests)
        ids[watcher] = message.watchID
        return .deliver(to: watcher)
    }

    /// A probe was answered, and what with makes no difference. Servers that only speak like etcd may have made a watcher of it.
    private mutating func probed(_ message: WatchMessage) -> Action {
        creating = .nobody
        if !message.canceled, live[message.watchID] == nil {
            // A watcher of the same ID may have been ended after the probe before.
            strays.remove(message.watchID)
            dismiss(message.watchID)
        }
        createNext()
        return .none
    }

    private mutating func refused(_ message: WatchMessage, _ answered: Watcher?) -> Action {
        var moving: [Watcher] = []
        // Old releases refuse with an ID, as ``WatchMessage/probeWithID`` says, and keep back what the watcher that has it has to say.
        if let entry = live.removeValue(forKey: message.watchID) {
            ids[entry.watcher] = nil
            dismiss(message.watchID)
            moving = [entry.watcher]
        }
        let isOfToken = ServerError(cancelReason: message.cancelReason).code == .unauthenticated
        // The token is the stream's. Those that were made with it go on; all others need another stream.
        if isOfToken {
            isRetired = true
            moving += queue
            queue = []
            requests = [:]
        } else if moving.isEmpty {
            return answered.map { .deliver(to: $0) } ?? .none
        }
        return .refuse(answered, moving: moving, isOfToken: isOfToken)
    }

    /// An answer about the whole stream says something only to watchers that were made before it was given. The server puts it into another line
    /// than the answers to creates, so the order in which they arrive isn't enough to tell.
    private mutating func progressed(_ message: WatchMessage) -> Action {
        guard message.events.isEmpty, !message.canceled else { return .none }
        progressAnswers = min(progressAnswers + 1, progressRequests)
        let answers = progressAnswers
        var watchers: [Watcher] = []
        for (id, entry) in live {
            let isLater = entry.createdRevision > 0 && message.header.revision > entry.createdRevision
            // More answers than there were requests before: the last is to a later one. And a watcher's own messages come in line with them.
            guard entry.hasOwnMessage || isLater || answers > entry.requestsBefore else { continue }
            live[id]?.hasOwnMessage = true
            watchers.append(entry.watcher)
        }
        backoff.reset()
        return watchers.isEmpty ? .none : .broadcast(to: watchers)
    }
}
