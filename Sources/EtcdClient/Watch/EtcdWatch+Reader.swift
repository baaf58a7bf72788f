//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import NIOCore
import Synchronization

// The reader's steps: what the machine decided, done in the task of whoever waits for a batch.
extension EtcdWatch {
    /// What to do now; nil when the watch is closed. Messages that are here already are worked off first.
    func takeAction() -> WatchStateMachine.Action? {
        shared.withLock { shared in
            if shared.isClosed { return nil }
            var action = shared.action
            shared.action = .receive
            while case .receive = action {
                if let message = shared.messages.popFirst() {
                    action = shared.machine.handle(.message(message))
                } else if let bytes = shared.inbox.popFirst() {
                    do throws(MalformedMessage) {
                        let message = try WatchMessage(bytes)
                        pulse.saw(storeRevision: message.header.revision)
                        action = shared.machine.handle(.message(message))
                    } catch {
                        action = shared.machine.handle(.malformed(error))
                    }
                } else if case .channel(let channel) = shared.link, case let messages = channel.takeMessages(), !messages.isEmpty {
                    shared.messages = messages[...]
                } else {
                    break
                }
            }
            if case .deliver(let batch) = action {
                pulse.delivered(batch.revision)
                if batch.isProgress { shared.silences = nil }
            }
            return action
        }
    }

    private func advance(_ event: WatchStateMachine.Event) {
        shared.withLock { shared in shared.action = shared.machine.handle(event) }
    }

    private func broken(_ error: GRPCError?) {
        let wasSilent = pulse.ended()
        let cause = wasSilent ? .silent : error
        if let cause { client.watchBroke(cause) }
        let (link, goesOn) = shared.withLock { shared in
            let lived = shared.openedAt.map { .now - $0 } ?? .zero
            let wasMade = shared.machine.isMade
            shared.action = shared.machine.handle(.broken(cause, lived: lived, jitter: .random(in: 0..<1)))
            if wasSilent, let silences = shared.silences { shared.silences = silences + 1 }
            return (shared.takeLink(), wasMade && shared.action.opensAnother && !shared.isClosed)
        }
        if goesOn { client.watches.hooks.resumed() }
        link.close()
        client.logger.debug("watch broke", metadata: ["range": "\(range)", "error": "\(cause.map(String.init(describing:)) ?? "none")"])
    }

    // MARK: Opening

    func open(after wait: Duration) async {
        pulse.ended()
        let (old, isShared) = shared.withLock { ($0.takeLink(), $0.machine.isShared) }
        old.close()
        guard isShared else { return await openStream(after: wait) }
        if wait > .zero {
            // A cancelled task finds out where it waits next.
            _ = await closing.racing { _ = try? await Task.sleep(for: wait) }
        }
        client.transport.awaitRun()
        let group = if case .group(let name) = options.stream { "group " + name } else { "shared" }
        let channel = client.watches.join(group, limit: options.bufferLimit, liveness: options.liveness, pulse: pulse)
        opened(.channel(channel))
    }

    private func openStream(after wait: Duration) async {
        let (client, pulse) = (client, pulse)
        let opened = await closing.racing { () async -> Result<EtcdClient.IdentifiedStream, GRPCError> in
            do {
                if wait > .zero { try await Task.sleep(for: wait) }
                return .success(try await client.openWatchStream(pulse))
            } catch let error as GRPCError {
                return .failure(error)
            } catch {
                return .failure(GRPCError(code: .cancelled, message: "cancelled", disposition: .notSent, origin: .caller))
            }
        }
        switch opened {
        case nil: break
        case .failure(let error): broken(error)
        case .success(let opened):
            pulse.opened(opened.stream, liveness())
            self.opened(.own(opened.stream), login: opened.login)
        }
    }

    private func opened(_ link: Link, login: UInt64? = nil) {
        let isClosed = shared.withLock { shared in
            if shared.isClosed { return true }
            shared.link = link
            shared.openedAt = .now
            shared.login = login
            shared.action = shared.machine.handle(.opened)
            return false
        }
        guard isClosed else { return }
        link.close()
        pulse.ended()
    }

    func create(startRevision: Int64, fragment: Bool) async throws(EtcdError) {
        let request: [UInt8]
        do throws(ArenaExhausted) {
            request = try MessageArena.withArena { arena throws(ArenaExhausted) in
                arena.pack(try arena.watchCreateRequest(range, options, startRevision: startRevision, fragment: fragment))
            }
        } catch {
            throw EtcdError(.requestTooLarge, message: "watch \(range): the request doesn't fit into 64 MiB")
        }
        switch shared.withLock({ $0.link }) {
        case .none: break
        case .channel(let channel): channel.create(request)
        case .own(let stream):
            pulse.asked()
            do throws(GRPCError) {
                try await stream.send(request)
            } catch {
                broken(error)
            }
        }
    }

    func confirmRevision() async {
        let (client, range) = (client, range)
        let seen = client.history.seenRevision
        let confirmed = await closing.racing { () async -> Result<ResponseHeader, EtcdError> in
            do throws(EtcdError) {
                return .success(try await client.currentHeader(within: range))
            } catch {
                return .failure(error)
            }
        }
        switch confirmed {
        case nil: break
        case .success(let header): advance(.confirmed(header, seen: seen))
        case .failure(let error): advance(.notConfirmed(error, jitter: .random(in: 0..<1)))
        }
    }

    func authenticate() async {
        let login = shared.withLock { shared -> UInt64? in
            if case .channel(let channel) = shared.link { channel.login } else { shared.login }
        }
        client.logger.debug("watch was refused; the client logs in again", metadata: ["range": "\(range)"])
        if let login { client.watchRefused(login: login) }
        _ = await closing.racing { [client] in await client.authenticator.prepare() }
        advance(.authenticated)
    }

    // MARK: Receiving

    @inline(__always)
    func receive() async {
        switch shared.withLock({ $0.link }) {
        case .none: broken(nil)
        case .own(let stream): await receive(from: stream)
        case .channel(let channel): await receive(from: channel)
        }
    }

    private func receive(from stream: GRPCStream) async {
        pulse.read()
        do throws(GRPCError) {
            let messages = try await stream.nextReceived()
            if messages.isEmpty { return broken(nil) }
            pulse.heardAndLeft()
            shared.withLock { if !$0.isClosed { $0.inbox = messages[...] } }
        } catch {
            broken(error)
        }
    }

    @inline(__always)
    private func receive(from channel: WatchChannel) async {
        switch await channel.wait() {
        case .something: break
        case .end(.broken(let error)): broken(error)
        case .end(.overflowed):
            client.logger.debug("watch was too slow for its stream and is made again", metadata: ["range": "\(range)"])
            client.watches.hooks.overflowed()
            advance(.dropped)
        case .cancelled: broken(GRPCError(code: .cancelled, message: "cancelled", disposition: .mayHaveExecuted, origin: .caller))
        }
    }

    // MARK: Requests beside the create

    /// How this watch's own stream is kept alive.
    private func liveness() -> WatchLivenessStateMachine.Rules {
        let mayAsk = shared.withLock { ($0.silences ?? 0) < 2 }
        return WatchLivenessStateMachine.Rules(options.liveness, probe: client.watches.probe, owesProgress: true, asksProgress: mayAsk)
    }

    /// The stream has been silent: what comes of asking is the reader's to find.
    func askForSignOfLife() async {
        do throws(EtcdError) {
            try await requestProgress()
        } catch {
            client.logger.debug("no sign of life asked for", metadata: ["range": "\(range)", "error": "\(error)"])
        }
    }

    /// As ``askForSignOfLife()``, by what must be answered at once.
    ///
    /// On the stream that was found silent, and on no other: before a watcher is made its refusal would be taken for the watcher's.
    func probe(_ stream: GRPCStream) async {
        let request = shared.withLock { $0.machine.probe }
        do throws(GRPCError) {
            try await send(request, on: stream) { $0.machine.isLive }
        } catch {
            client.logger.debug("no sign of life asked for", metadata: ["range": "\(range)", "error": "\(error)"])
        }
    }

    func requestProgressAsReader() async {
        if case .channel(let channel) = shared.withLock({ $0.link }) { return channel.requestProgress() }
        await sendAsReader(WatchMessage.progressRequest)
    }

    /// Sends on a stream of its own; what is sent on a shared one is that stream's affair.
    func sendAsReader(_ request: [UInt8]) async {
        guard case .own(let stream) = shared.withLock({ $0.link }) else { return }
        do throws(GRPCError) {
            try await send(request, on: stream)
        } catch {
            broken(error)
        }
    }

    /// Sends a request on the watch's own stream, if that is still the one and the watch wants it.
    ///
    /// Only one task may send on a stream at a time. A request made meanwhile is sent by the one that's at it, since the answer to an earlier one may
    /// be older than the request. A server that takes none isn't told more than it has been: it alone decides how many watchers there are to end.
    func send(_ request: [UInt8], on stream: GRPCStream, if isWanted: (borrowing Shared) -> Bool = { _ in true }) async throws(GRPCError) {
        let isFirst = shared.withLock { shared in
            guard case .own(let current) = shared.link, current === stream, isWanted(shared),
                shared.outbox.count < WatchMultiplexerStateMachine.maximumStrayCancels
            else { return false }
            shared.outbox.append(request)
            defer { shared.sending = stream }
            return shared.sending == nil
        }
        guard isFirst else { return }
        while let next = nextToSend(on: stream) { try await stream.send(next) }
    }

    /// What is to be sent next by who sends on a stream; nil when there is nothing, or the stream isn't the watch's any more.
    private func nextToSend(on stream: GRPCStream) -> [UInt8]? {
        shared.withLock { shared in
            guard shared.sending === stream else { return nil }
            if shared.outbox.isEmpty { shared.sending = nil }
            return shared.outbox.isEmpty ? nil : shared.outbox.removeFirst()
        }
    }
}

extension WatchStateMachine.Action {
    /// Whether the watch goes on, on another stream.
    fileprivate var opensAnother: Bool {
        switch self {
        case .open, .authenticate: true
        case .create, .requestProgress, .dismiss, .receive, .confirmRevision, .deliver, .end, .none: false
        }
    }
}
