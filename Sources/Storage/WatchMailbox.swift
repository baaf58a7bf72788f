//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Synchronization

/// A bounded queue of watch events between one producer and one consumer, handed over in batches: one lock a batch, no suspension while both keep up.
///
/// The producer either waits for room (``send(_:)``) or is told that there is none (``offer(_:)``). The bound is checked before a batch is taken, so a
/// batch of any size fits an empty mailbox, and the mailbox holds at most the bound and one batch.
public final class WatchMailbox: WatchSource {
    /// How an offer went.
    public enum Offer: Sendable, Hashable {
        /// The events will be delivered, unless the consumer goes.
        case accepted
        /// There is no room; nothing was taken.
        case full
        /// The consumer has gone, or the mailbox was finished; nothing was taken.
        case closed
    }

    private let state: Mutex<WatchMailboxState>
    private let onCancel: @Sendable () -> Void

    /// An empty mailbox.
    /// - Parameters:
    ///   - maximumEvents: it is full from this many waiting events on.
    ///   - maximumBytes: or from this many bytes of objects.
    ///   - onCancel: called once, when the consumer goes before the end: the producer may stop. Called from the consumer's task, without a lock.
    public init(maximumEvents: Int = 1000, maximumBytes: Int = 64 << 20, onCancel: @escaping @Sendable () -> Void = {}) {
        state = Mutex(WatchMailboxState(maximumEvents: maximumEvents, maximumBytes: maximumBytes))
        self.onCancel = onCancel
    }

    /// Adds events, in order, when there is room. Never waits.
    public func offer(_ events: [WatchEvent]) -> Offer {
        let (offer, action) = state.withLock { $0.offer(events) }
        perform(action)
        return offer
    }

    /// Adds events, in order; waits for room. For one producer at a time.
    /// - Returns: false when nobody will take them: the consumer has gone, or the calling task was cancelled meanwhile.
    public func send(_ events: [WatchEvent]) async -> Bool {
        while true {
            switch offer(events) {
            case .accepted: return true
            case .closed: return false
            case .full:
                guard await waitForRoom() else { return false }
            }
        }
    }

    /// Says that no more events follow. What is in the mailbox is still delivered.
    public func finish() {
        perform(state.withLock { $0.finish(with: nil) })
    }

    /// Ends with a failure, after what is in the mailbox. The bound doesn't hold it back.
    public func finish(failing error: StorageError) {
        perform(state.withLock { $0.finish(with: error) })
    }

    /// Waits for events and takes all that are there; empty at the end. Cancelling the task that waits ends the watch.
    public func nextBatch() async -> [WatchEvent] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                perform(state.withLock { $0.take(continuation) })
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends the watch: what is in the mailbox is dropped, the producer is told.
    public func cancel() {
        let (wasOpen, action) = state.withLock { $0.cancel() }
        perform(action)
        if wasOpen { onCancel() }
    }

    private func waitForRoom() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Looked at inside: a cancellation before this point has found no continuation to resume.
                perform(state.withLock { $0.waitForRoom(continuation, isCancelled: Task.isCancelled) })
            }
        } onCancel: {
            perform(state.withLock { $0.cancelWaitForRoom() })
        }
    }

    private func perform(_ action: WatchMailboxState.Action) {
        if let (consumer, batch) = action.deliver { consumer.resume(returning: batch) }
        if let (producer, hasRoom) = action.release { producer.resume(returning: hasRoom) }
    }
}

/// What a mailbox holds, without any waiting: continuations go in, and come out with what to resume them with.
struct WatchMailboxState {
    typealias Consumer = CheckedContinuation<[WatchEvent], Never>
    typealias Producer = CheckedContinuation<Bool, Never>

    /// What to do once the lock is released.
    struct Action {
        var deliver: (Consumer, [WatchEvent])?
        var release: (Producer, Bool)?
    }

    private enum Phase {
        case open
        case finished
        case cancelled
    }

    let maximumEvents: Int
    let maximumBytes: Int
    private var phase = Phase.open
    private var events: [WatchEvent] = []
    private var bytes = 0
    private var consumer: Consumer?
    private var producer: Producer?

    init(maximumEvents: Int, maximumBytes: Int) {
        self.maximumEvents = maximumEvents
        self.maximumBytes = maximumBytes
    }

    private var isFull: Bool { events.count >= maximumEvents || bytes >= maximumBytes }

    mutating func offer(_ new: [WatchEvent]) -> (WatchMailbox.Offer, Action) {
        guard case .open = phase else { return (.closed, Action()) }
        if new.isEmpty { return (.accepted, Action()) }
        if let waiting = consumer {
            consumer = nil
            return (.accepted, Action(deliver: (waiting, new)))
        }
        if isFull { return (.full, Action()) }
        events.append(contentsOf: new)
        for case .change(let change) in new { bytes += change.object.bytes.count }
        return (.accepted, Action())
    }

    mutating func finish(with error: StorageError?) -> Action {
        guard case .open = phase else { return Action() }
        phase = .finished
        if let error { events.append(.failure(error)) }
        var action = Action()
        if let waiting = consumer {
            consumer = nil
            action.deliver = (waiting, takeAll())
        }
        if let waiting = producer {
            producer = nil
            action.release = (waiting, false)
        }
        return action
    }

    mutating func take(_ new: Consumer) -> Action {
        if events.isEmpty, case .open = phase {
            // One consumer at a time is the rule; should there be two, the earlier sees an end rather than never waking.
            let earlier = consumer
            consumer = new
            return Action(deliver: earlier.map { ($0, []) })
        }
        var action = Action(deliver: (new, takeAll()))
        if let waiting = producer {
            producer = nil
            action.release = (waiting, true)
        }
        return action
    }

    mutating func waitForRoom(_ new: Producer, isCancelled: Bool) -> Action {
        guard !isCancelled, case .open = phase else { return Action(release: (new, false)) }
        guard isFull else { return Action(release: (new, true)) }
        producer = new
        return Action()
    }

    mutating func cancelWaitForRoom() -> Action {
        guard let waiting = producer else { return Action() }
        producer = nil
        return Action(release: (waiting, false))
    }

    /// Whether it was open, and what to do.
    mutating func cancel() -> (Bool, Action) {
        let wasOpen = if case .open = phase { true } else { false }
        phase = .cancelled
        events = []
        bytes = 0
        var action = Action()
        if let waiting = consumer {
            consumer = nil
            action.deliver = (waiting, [])
        }
        if let waiting = producer {
            producer = nil
            action.release = (waiting, false)
        }
        return (wasOpen, action)
    }

    private mutating func takeAll() -> [WatchEvent] {
        defer {
            events = []
            bytes = 0
        }
        return events
    }
}
