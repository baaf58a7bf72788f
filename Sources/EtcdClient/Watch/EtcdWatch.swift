//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import NIOCore
import Synchronization

/// A watch on a range of keys: see ``EtcdClient/watch(_:options:)``.
///
/// One task reads it, by ``nextBatch()`` or as a sequence. A slow reader costs no more than a bounded amount of memory and holds up nobody
/// else: see ``WatchOptions/Stream`` and ``WatchOptions/bufferLimit``. When the last reference goes the server is told to end the watcher; so it
/// is by ``cancel()`` and by cancelling the task that reads.
public final class EtcdWatch: Sendable {
    let client: EtcdClient
    let range: KeyRange
    let options: WatchOptions
    let shared: Mutex<Shared>
    let closing = OneTimeSignal()
    private let isRead = Atomic(false)
    let pulse: WatchPulse

    /// What a watch hears the server by.
    enum Link {
        case none
        case own(GRPCStream)
        case channel(WatchChannel)

        func close() {
            switch self {
            case .none: break
            case .own(let stream): stream.cancel()
            case .channel(let channel): channel.close()
            }
        }
    }

    struct Shared {
        var machine: WatchStateMachine
        var action = WatchStateMachine.Action.open(after: .zero)
        var link = Link.none
        var openedAt: ContinuousClock.Instant?
        /// Whose token the latest stream of its own was opened with.
        var login: UInt64?
        /// What has come and isn't worked off: bytes from a stream of its own, messages from one that is shared.
        var inbox: ArraySlice<ReceivedMessage> = []
        var messages: ArraySlice<WatchMessage> = []
        /// Requests beside the create that wait to be sent on the stream of its own, and who is sending them.
        var outbox: [[UInt8]] = []
        var sending: GRPCStream?
        /// Streams in a row that were left because requests for progress weren't answered; nil once one was.
        var silences: Int? = 0
        var isClosed = false

        mutating func takeLink() -> Link {
            inbox = []
            messages = []
            outbox = []
            sending = nil
            openedAt = nil
            defer { link = .none }
            return link
        }
    }

    init(client: EtcdClient, range: KeyRange, options: WatchOptions, clusterID: UInt64) {
        self.client = client
        self.range = range
        self.options = options
        let isShared = options.stream != .dedicated
        shared = Mutex(
            Shared(
                machine: WatchStateMachine(
                    range: range, startRevision: options.startRevision, clusterID: clusterID, fragment: options.fragment || isShared,
                    isShared: isShared, canAuthenticate: client.canReplaceToken, endsWithoutLeader: options.endsWithoutLeader)))
        pulse = WatchPulse(isWatch: true, deliveredRevision: options.startRevision - 1)
        pulse.onSilence(
            WatchPulse.Questions(progress: { [weak self] in await self?.askForSignOfLife() }, probe: { [weak self] in await self?.probe($0) }))
        client.watches.add(pulse)
    }

    deinit { cancel() }

    /// The revision from which the next batch comes: everything below was delivered.
    public var nextRevision: Int64 { shared.withLock { $0.machine.nextRevision } }

    /// By how many revisions the consumer is behind what the server last told of its store. 0 for a watch of which nothing has been heard.
    public var lag: Int64 { pulse.lag }

    /// Ends the watch, here and on the server. A ``nextBatch()`` under way, and all later ones, return nil.
    ///
    /// May be called from any task, that which reads among them.
    public func cancel() {
        let link = shared.withLock { shared in
            shared.isClosed = true
            return shared.takeLink()
        }
        link.close()
        pulse.ended()
        client.watches.remove(pulse)
        closing.fire()
    }

    /// Asks the server how far the watch is. The answer comes as a batch with ``WatchBatch/isProgress``, to all watches of the stream.
    ///
    /// A server answers only when all watches of the stream are up to date, and says nothing otherwise: ask again when it matters. A request
    /// made while there's no stream is sent when there is one. May be called from any task.
    public func requestProgress() async throws(EtcdError) {
        let link = shared.withLock { shared -> Link in
            guard case .requestProgress = shared.machine.handle(.progressWanted) else { return .none }
            return shared.link
        }
        switch link {
        case .none: return
        case .channel(let channel): channel.requestProgress()
        case .own(let stream):
            do throws(GRPCError) {
                try await send(WatchMessage.progressRequest, on: stream)
            } catch {
                // The reader finds the same stream broken and opens another; if it has done so already, nothing is owed to the old one.
                client.logger.debug("progress request not sent", metadata: ["range": "\(range)", "error": "\(error)"])
                if error.origin == .caller { throw EtcdError(.canceled, message: "request progress of \(range): the task was cancelled") }
            }
        }
    }

    /// Waits for what comes next.
    ///
    /// Cancelling the task ends the watch with `canceled`.
    /// - Returns: nil once the watch is cancelled by ``cancel()``.
    /// - Throws: `compacted` when the next revision isn't kept any more; `historyLost` when the cluster is another, or older than what was
    ///   seen; `futureRevision` when it was to start at a revision that the store hasn't reached, and that this client hasn't seen;
    ///   `orderViolation` when the server broke its promises; `permissionDenied`, `unauthenticated`, `invalidArgument`, `watchCanceled` when it
    ///   refused; `responseTooLarge` when an event is longer than the client takes; `canceled`; `stopped`. After any of these the watch is over, and
    ///   returns nil. A member without a leader is none of them, unless ``WatchOptions/endsWithoutLeader``: the watch goes on elsewhere, or when
    ///   there is one.
    public func nextBatch() async throws(EtcdError) -> WatchBatch? {
        guard !isRead.exchange(true, ordering: .acquiringAndReleasing) else {
            throw EtcdError(.invalidArgument, message: "watch \(range): a second task asks for a batch; let one task read a watch")
        }
        defer { isRead.store(false, ordering: .releasing) }
        while true {
            guard let action = takeAction() else { return nil }
            switch action {
            case .deliver(let batch): return batch
            case .end(let error):
                if error.code == .historyLost { client.watches.hooks.historyLost() }
                cancel()
                throw error
            case .open(let wait): await open(after: wait)
            case .create(let revision, let fragment):
                client.logger.debug("watch opens", metadata: ["range": "\(range)", "revision": "\(revision)"])
                try await create(startRevision: revision, fragment: fragment)
            case .requestProgress: await requestProgressAsReader()
            case .dismiss(let id): await sendAsReader(WatchMessage.cancelRequest(id))
            case .receive, .none: await receive()
            case .confirmRevision: await confirmRevision()
            case .authenticate: await authenticate()
            }
        }
    }
}

extension EtcdWatch: AsyncSequence {
    /// What comes at once.
    public typealias Element = WatchBatch
    /// What it ends with.
    public typealias Failure = EtcdError

    /// Reads a watch.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let watch: EtcdWatch

        /// See ``EtcdWatch/nextBatch()``.
        public func next() async throws(EtcdError) -> WatchBatch? { try await watch.nextBatch() }

        /// See ``EtcdWatch/nextBatch()``.
        public func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> WatchBatch? { try await watch.nextBatch() }
    }

    /// Reads the watch; all iterators share its place.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: self) }
}
