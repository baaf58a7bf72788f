//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import NIOCore
import Synchronization

/// The thin I/O around ``WatchMultiplexerStateMachine``: one task that reads a stream for many watches, and one that writes it.
final class SharedWatchStream: Sendable {
    typealias Watcher = WatchMultiplexerStateMachine.Watcher

    private struct State {
        var machine = WatchMultiplexerStateMachine()
        var channels: [Watcher: WatchChannel] = [:]
        var stream: GRPCStream?
        var openedAt: ContinuousClock.Instant?
        /// Whose token the stream was opened with.
        var login: UInt64?
        /// The task that runs the stream, when it waits for a reason to open one.
        var runner: CheckedContinuation<Void, Never>?
        /// The task that writes, when it waits for something to write.
        var writer: CheckedContinuation<Void, Never>?
        var lastWatcher: Watcher = 0
        /// The shortest of those that watches here have asked for.
        var liveness: WatchOptions.Liveness?
        /// What was said on the stream makes no sense: it is being reset, and nothing more is heard of it.
        var failure: GRPCError?
        /// How many answers to creates the pulse knows of.
        var answers: UInt64 = 0
        var isStopped = false
    }

    /// When a stream is probed, whatever its watches ask for.
    private let probe: WatchOptions.Liveness?
    let group: String
    let pulse = WatchPulse(isWatch: false)
    private let state = Mutex(State())

    init(group: String, probe: WatchOptions.Liveness?) {
        self.group = group
        self.probe = probe
        pulse.onSilence(
            WatchPulse.Questions(progress: { [weak self] in self?.requestProgress() }, probe: { [weak self] in self?.probe($0) }))
    }

    // MARK: The watches' side

    /// A place on the stream. Must be closed.
    func join(limit: Int, liveness: WatchOptions.Liveness?, pulse: WatchPulse) -> WatchChannel {
        state.withLock { state in
            state.lastWatcher += 1
            if let liveness {
                state.liveness = liveness.shortest(state.liveness)
                self.pulse.follow(rules(state.liveness))
            }
            let channel = WatchChannel(watcher: state.lastWatcher, stream: self, limit: limit, pulse: pulse)
            state.channels[channel.watcher] = channel
            return channel
        }
    }

    private func rules(_ liveness: WatchOptions.Liveness?) -> WatchLivenessStateMachine.Rules {
        WatchLivenessStateMachine.Rules(liveness, probe: probe)
    }

    /// Whether it takes no new watchers.
    var isRetired: Bool { state.withLock { $0.machine.isRetired } }

    /// Whether nobody has a place on it.
    var isUnused: Bool { state.withLock { $0.channels.isEmpty } }

    func create(_ watcher: Watcher, _ request: [UInt8]) {
        if state.withLock({ $0.isStopped }) { return stop() }
        // Another task may have ended the watch since its reader decided to ask: nobody would ever have the server end what is made now.
        handle(.create(watcher, request: request)) { $0.channels[watcher] != nil }
    }

    func leave(_ watcher: Watcher) {
        state.withLock { _ = $0.channels.removeValue(forKey: watcher) }
        handle(.leave(watcher))
        // Retired, or nobody's: the runner has something to decide.
        state.withLock { $0.channels.isEmpty ? $0.runner.take() : nil }?.resume()
    }

    func requestProgress() { handle(.progressWanted) }

    /// Asks what must be answered, on the stream that was found silent and on no other.
    private func probe(_ stream: GRPCStream) { handle(.probeWanted) { $0.stream === stream } }

    // MARK: What comes of events

    /// What is to be done when the lock is released.
    private struct Effects {
        // Most events are for one, and an array costs as much as all else that is done for it here.
        private var waiter: WatchChannel.Waiter?
        private var otherWaiters: [WatchChannel.Waiter] = []
        var tasks: [CheckedContinuation<Void, Never>] = []
        var reset: GRPCStream?
        var failure: GRPCError?
        var isRefused = false

        mutating func resume(_ waiter: WatchChannel.Waiter) {
            if self.waiter == nil { self.waiter = waiter } else { otherWaiters.append(waiter) }
        }

        func carryOut() {
            waiter?.resume()
            for waiter in otherWaiters { waiter.resume() }
            for task in tasks { task.resume() }
            reset?.cancel()
        }
    }

    private func handle(_ event: WatchMultiplexerStateMachine.Event, if isWanted: (borrowing State) -> Bool = { _ in true }) {
        state.withLock { state in
            var effects = Effects()
            guard isWanted(state) else { return effects }
            Self.apply(event, &state, &effects)
            Self.settle(&state, &effects)
            return effects
        }.carryOut()
    }

    private static func apply(_ event: WatchMultiplexerStateMachine.Event, size: Int = 0, _ state: inout State, _ effects: inout Effects) {
        switch state.machine.handle(event) {
        case .none: break
        case .open: if let runner = state.runner.take() { effects.tasks.append(runner) }
        case .abandon(let error): effects.failure = error
        case .deliver(let watcher):
            deliver(event, size, to: watcher, &state, &effects)
        case .broadcast(let watchers):
            for watcher in watchers { deliver(event, size, to: watcher, &state, &effects) }
        case .refuse(let watcher, let moving, let isOfToken):
            if isOfToken { effects.isRefused = true }
            if let watcher { deliver(event, size, to: watcher, &state, &effects) }
            for watcher in moving { finish(watcher, .broken(nil), &state, &effects) }
        case .tell(let watchers, let error):
            for watcher in watchers { finish(watcher, .broken(error), &state, &effects) }
        }
    }

    private static func deliver(
        _ event: WatchMultiplexerStateMachine.Event, _ size: Int, to watcher: Watcher, _ state: inout State, _ effects: inout Effects
    ) {
        guard case .message(let message) = event, let channel = state.channels[watcher] else { return }
        let (isTaken, waiter) = channel.append(message, size: size)
        if let waiter { effects.resume(waiter) }
        if !isTaken { _ = state.machine.handle(.overflowed(watcher)) }
    }

    private static func finish(_ watcher: Watcher, _ end: WatchChannel.End, _ state: inout State, _ effects: inout Effects) {
        if let waiter = state.channels[watcher]?.finish(end) { effects.resume(waiter) }
    }

    /// After each event, or several: the writer has something to write, or the stream has outlived its use.
    private static func settle(_ state: inout State, _ effects: inout Effects) {
        if state.machine.hangsUp() { effects.reset = state.stream }
        if state.machine.hasOutput, let writer = state.writer.take() { effects.tasks.append(writer) }
    }

    // MARK: The tasks' side

    /// Opens a stream whenever somebody wants one, until it is cancelled or nobody will want one any more.
    func run(_ client: EtcdClient, isObsolete: @Sendable () -> Bool) async {
        while await waitForDemand(isObsolete) {
            let pause = state.withLock { $0.machine.pause }
            if pause > .zero {
                await client.authenticator.prepare()
                // A cancelled pause is followed by a cancelled attempt, which tells all who wait.
                _ = try? await Task.sleep(for: pause)
            }
            await serve(client)
        }
        stop()
    }

    /// Nothing can be watched any more.
    func stop() {
        state.withLock { state in
            var effects = Effects()
            state.isStopped = true
            for watcher in Array(state.channels.keys) { Self.finish(watcher, .broken(.stopped), &state, &effects) }
            if let runner = state.runner.take() { effects.tasks.append(runner) }
            return effects
        }.carryOut()
    }

    /// False when there's no need to run any longer.
    private func waitForDemand(_ isObsolete: @Sendable () -> Bool) async -> Bool {
        while !Task.isCancelled {
            let (wantsStream, isUnused) = state.withLock { ($0.machine.wantsStream, $0.channels.isEmpty) }
            if wantsStream { return true }
            if isUnused, isObsolete() { return false }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let waits = state.withLock { state in
                        guard !state.machine.wantsStream, !state.channels.isEmpty, !state.isStopped, !Task.isCancelled else { return false }
                        state.runner = continuation
                        return true
                    }
                    if !waits { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.runner.take() }?.resume()
            }
        }
        return false
    }

    private func serve(_ client: EtcdClient) async {
        let opened: EtcdClient.IdentifiedStream
        do throws(GRPCError) {
            opened = try await client.openWatchStream(pulse)
        } catch {
            return broken(error, client)
        }
        let stream = opened.stream
        state.withLock { state in
            state.stream = stream
            state.openedAt = .now
            state.login = opened.login
            pulse.opened(stream, rules(state.liveness))
        }
        handle(.opened)
        let end = await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.write(stream) }
            let end = await self.read(stream, client)
            group.cancelAll()
            return end
        }
        stream.cancel()
        broken(pulse.ended() ? .silent : end, client)
    }

    private func broken(_ error: GRPCError?, _ client: EtcdClient) {
        // A task that is cancelled is the client's own end.
        let cause = Task.isCancelled ? .stopped : error
        if let cause { client.watchBroke(cause) }
        if cause?.refusesToken == true { refused(client) }
        client.logger.debug(
            "shared watch stream broke", metadata: ["group": "\(group)", "error": "\(cause.map(String.init(describing:)) ?? "none")"])
        state.withLock { state in
            var effects = Effects()
            let lived = state.openedAt.map { .now - $0 } ?? .zero
            state.stream = nil
            state.openedAt = nil
            state.login = nil
            Self.apply(.broken(cause, lived: lived, jitter: .random(in: 0..<1)), &state, &effects)
            return effects
        }.carryOut()
    }

    /// Reads until the stream ends; gives what it ended with.
    private func read(_ stream: GRPCStream, _ client: EtcdClient) async -> GRPCError? {
        var end: GRPCError?
        do throws(GRPCError) {
            try await stream.deliver { [self] received in take(received, from: stream, client) }
        } catch {
            end = error
        }
        return state.withLock { $0.failure.take() } ?? end
    }

    /// Hands messages to the watches that they are for. Runs where the stream's bytes are read, and copies them into events; what comes of those is
    /// the consumers' work, in tasks of their own.
    private func take(_ received: [ReceivedMessage], from stream: GRPCStream, _ client: EtcdClient) {
        var effects = Effects()
        for (index, message) in received.enumerated() {
            // Read before the lock is taken: a long answer is no reason for others to wait.
            let event: WatchMultiplexerStateMachine.Event
            do throws(MalformedMessage) {
                event = .message(try WatchMessage(message))
            } catch {
                event = .malformed(error)
            }
            state.withLock { state in
                if state.failure == nil {
                    Self.apply(event, size: message.count, &state, &effects)
                    state.failure = effects.failure
                }
                guard index == received.count - 1 || effects.failure != nil else { return }
                Self.settle(&state, &effects)
                pulse.heard(isOwedMore: state.machine.isOwedAnswer, isAnswer: state.machine.answers != state.answers)
                state.answers = state.machine.answers
            }
            if effects.failure != nil { break }
        }
        if effects.isRefused { refused(client) }
        effects.carryOut()
        if effects.failure != nil { stream.cancel() }
    }

    /// The stream's token isn't valid any more, which the next one's must not be told again.
    private func refused(_ client: EtcdClient) {
        guard let login else { return }
        client.watchRefused(login: login)
    }

    /// Whose token the stream was opened with that is there now.
    var login: UInt64? { state.withLock { $0.login } }

    /// Writes what the machine puts out, until cancelled or the stream ends.
    private func write(_ stream: GRPCStream) async {
        while !Task.isCancelled {
            // Under one lock with the reader's news, so that an answer can't be taken for owed that has come.
            let messages = state.withLock { state in
                defer { if state.machine.isOwedAnswer { pulse.asked() } }
                return state.machine.takeOutbox()
            }
            for message in messages {
                do throws(GRPCError) {
                    try await stream.send(message)
                } catch {
                    // The reader hears of it too, with all that came before.
                    return
                }
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let waits = state.withLock { state in
                        guard !state.machine.hasOutput, !Task.isCancelled else { return false }
                        state.writer = continuation
                        return true
                    }
                    if !waits { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.writer.take() }?.resume()
            }
        }
    }
}

extension GRPCError {
    /// What watches end with when their client does.
    static let stopped = GRPCError(code: .unavailable, message: "the client is shut down", disposition: .notSent, origin: .shutdown)
}
