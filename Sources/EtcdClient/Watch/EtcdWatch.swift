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
/// One task reads it, by ``nextBatch()`` or as a sequence. Nothing is fetched beyond what is read and one HTTP/2 window: a slow
/// reader slows the server down. When the last reference goes the server is told to end the watcher.
public final class EtcdWatch: Sendable {
    private let client: EtcdClient
    private let range: KeyRange
    private let options: WatchOptions
    private let shared: Mutex<Shared>
    private let closing = OneTimeSignal()

    private struct Shared {
        var machine: WatchStateMachine
        var action = WatchStateMachine.Action.open(after: .zero)
        var stream: GRPCStream?
        var openedAt: ContinuousClock.Instant?
        var inbox: ArraySlice<ByteBuffer> = []
        /// Requests for progress that wait to be sent, on whichever stream.
        var progressRequests = 0
        var isRead = false
        var isClosed = false
    }

    init(client: EtcdClient, range: KeyRange, options: WatchOptions, clusterID: UInt64) {
        self.client = client
        self.range = range
        self.options = options
        shared = Mutex(
            Shared(
                machine: WatchStateMachine(
                    range: range, startRevision: options.startRevision, clusterID: clusterID, fragment: options.fragment)))
    }

    deinit { cancel() }

    /// The revision from which the next batch comes: everything below was delivered.
    public var nextRevision: Int64 { shared.withLock { $0.machine.nextRevision } }

    /// Ends the watch, here and on the server. A ``nextBatch()`` under way, and all later ones, return nil.
    public func cancel() {
        let stream = shared.withLock { shared in
            shared.isClosed = true
            shared.inbox = []
            defer { shared.stream = nil }
            return shared.stream
        }
        stream?.cancel()
        closing.fire()
    }

    /// Asks the server how far the watch is. The answer comes as a batch with ``WatchBatch/isProgress``.
    ///
    /// A server answers only when the watch is up to date, and says nothing otherwise: ask again when it matters. A request made while
    /// there's no stream is sent when there is one. May be called from any task.
    public func requestProgress() async throws(EtcdError) {
        let stream = shared.withLock { shared -> GRPCStream? in
            guard case .requestProgress = shared.machine.handle(.progressWanted) else { return nil }
            return shared.stream
        }
        guard let stream else { return }
        do throws(GRPCError) {
            try await sendProgressRequest(on: stream)
        } catch {
            // The reader finds the same stream broken and opens another; if it has done so already, nothing is owed to the old one.
            client.logger.debug("progress request not sent", metadata: ["range": "\(range)", "error": "\(error)"])
            if error.origin == .caller { throw EtcdError(.canceled, message: "request progress of \(range): the task was cancelled") }
        }
    }

    /// Waits for what comes next.
    ///
    /// Cancelling the task ends the watch with `canceled`.
    /// - Returns: nil once the watch is cancelled by ``cancel()``.
    /// - Throws: `compacted` when the next revision isn't kept any more; `historyLost` when the cluster is another, or older than what was
    ///   seen; `orderViolation` when the server broke its promises; `permissionDenied`, `invalidArgument`, `watchCanceled` when it refused;
    ///   `canceled`; `stopped`. After any of these the watch is over, and returns nil.
    public func nextBatch() async throws(EtcdError) -> WatchBatch? {
        let mayRead = shared.withLock { shared in
            defer { shared.isRead = true }
            return !shared.isRead
        }
        guard mayRead else {
            throw EtcdError(.invalidArgument, message: "watch \(range): a second task asks for a batch; let one task read a watch")
        }
        defer { shared.withLock { $0.isRead = false } }
        while true {
            guard let action = takeAction() else { return nil }
            switch action {
            case .deliver(let batch): return batch
            case .end(let error):
                cancel()
                throw error
            case .open(let wait): await open(after: wait)
            case .create(let revision, let fragment):
                client.logger.debug("watch opens", metadata: ["range": "\(range)", "revision": "\(revision)"])
                try await create(startRevision: revision, fragment: fragment)
            case .requestProgress: await requestProgressAsReader()
            case .receive, .none: await receive()
            case .confirmRevision: await confirmRevision()
            }
        }
    }

    // MARK: The reader's steps

    /// What to do now; nil when the watch is closed. Messages that are here already are worked off first.
    private func takeAction() -> WatchStateMachine.Action? {
        shared.withLock { shared in
            if shared.isClosed { return nil }
            var action = shared.action
            shared.action = .receive
            while case .receive = action, let message = shared.inbox.popFirst() {
                do throws(MalformedMessage) {
                    action = shared.machine.handle(
                        .message(try message.decoded { bytes throws(MalformedMessage) in try WatchMessage(wire: bytes) }))
                } catch {
                    action = shared.machine.handle(.malformed(error))
                }
            }
            return action
        }
    }

    private func advance(_ event: WatchStateMachine.Event) {
        shared.withLock { shared in shared.action = shared.machine.handle(event) }
    }

    private func broken(_ error: GRPCError?) {
        let old = shared.withLock { shared -> GRPCStream? in
            let lived = shared.openedAt.map { .now - $0 } ?? .zero
            shared.openedAt = nil
            shared.action = shared.machine.handle(.broken(error, lived: lived, jitter: .random(in: 0..<1)))
            shared.inbox = []
            defer { shared.stream = nil }
            return shared.stream
        }
        old?.cancel()
        client.logger.debug("watch broke", metadata: ["range": "\(range)", "error": "\(error.map(String.init(describing:)) ?? "none")"])
    }

    private func open(after wait: Duration) async {
        let old = shared.withLock { shared in
            shared.inbox = []
            return shared.stream.take()
        }
        old?.cancel()
        let client = client
        let opened = await closing.racing { () async -> Result<GRPCStream, GRPCError> in
            do {
                if wait > .zero { try await Task.sleep(for: wait) }
                return .success(try await client.openStream("/etcdserverpb.Watch/Watch", lane: .watch))
            } catch let error as GRPCError {
                return .failure(error)
            } catch {
                return .failure(GRPCError(code: .cancelled, message: "cancelled", disposition: .notSent, origin: .caller))
            }
        }
        switch opened {
        case nil: break
        case .failure(let error): broken(error)
        case .success(let stream):
            let isClosed = shared.withLock { shared in
                if shared.isClosed { return true }
                shared.stream = stream
                shared.openedAt = .now
                shared.action = shared.machine.handle(.opened)
                return false
            }
            if isClosed { stream.cancel() }
        }
    }

    private func create(startRevision: Int64, fragment: Bool) async throws(EtcdError) {
        let request: [UInt8]
        do throws(ArenaExhausted) {
            request = try MessageArena.withArena { arena throws(ArenaExhausted) in
                arena.pack(try arena.watchCreateRequest(range, options, startRevision: startRevision, fragment: fragment))
            }
        } catch {
            throw EtcdError(.requestTooLarge, message: "watch \(range): the request doesn't fit into 64 MiB")
        }
        guard let stream = shared.withLock({ $0.stream }) else { return }
        do throws(GRPCError) {
            try await stream.send(request)
        } catch {
            broken(error)
        }
    }

    private func requestProgressAsReader() async {
        guard let stream = shared.withLock({ $0.stream }) else { return }
        do throws(GRPCError) {
            try await sendProgressRequest(on: stream)
        } catch {
            broken(error)
        }
    }

    /// Only one task may send on a stream at a time. A request made meanwhile is sent by the one that's at it, since the answer to an earlier one may
    /// be older than the request.
    private func sendProgressRequest(on stream: GRPCStream) async throws(GRPCError) {
        let isFirst = shared.withLock { shared in
            defer { shared.progressRequests += 1 }
            return shared.progressRequests == 0
        }
        guard isFirst else { return }
        var sent = 0
        repeat {
            sent = shared.withLock { $0.progressRequests }
            do throws(GRPCError) {

                try await stream.send(WatchMessage.progressRequest)
            } catch {
                shared.withLock { $0.progressRequests = 0 }
                throw error
            }
        } while !shared.withLock { shared in
            if shared.progressRequests != sent { return false }
            shared.progressRequests = 0
            return true
        }
    }

    private func receive() async {
        guard let stream = shared.withLock({ $0.stream }) else { return broken(nil) }
        do throws(GRPCError) {
            let messages = try await stream.nextMessages()
            if messages.isEmpty {
                broken(nil)
            } else {
                shared.withLock { $0.inbox = messages[...] }
            }
        } catch {
            broken(error)
        }
    }

    private func confirmRevision() async {
        let (client, range) = (client, range)
        let confirmed = await closing.racing { () async -> Result<ResponseHeader, EtcdError> in
            do throws(EtcdError) {
                return .success(try await client.currentHeader(within: range))
            } catch {
                return .failure(error)
            }
        }
        switch confirmed {
        case nil: break
        case .success(let header): advance(.confirmed(header))
        case .failure(let error): advance(.notConfirmed(error, jitter: .random(in: 0..<1)))
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
