//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import NIOCore
import Synchronization

// Calls on the event loop. The session keeps an unmanaged reference to each open call as its user value: taken when the call is started,
// given back by whoever ends it, which is the ENDED event or a successful cancel.
extension ConnectionHandler {
    /// As much of a message as stays in the processor's cache until it is read.
    private static let partSize: UInt32 = 64 * 1024

    func run(_ command: ConnectionCommand) {
        switch command {
        case .start(let call, let message): start(call, message: message)
        case .send(let call, let message):
            if session.send(message, on: call.sessionID, last: false) != GRPC_SESSION_OK { call.state.withLock { $0.didSend(message.count) } }
        case .finishSending(let call): session.finishSending(call.sessionID)
        case .consume(let call, let bytes): session.consume(bytes, on: call.sessionID)
        case .cancel(let call): cancel(call, with: .cancelled, origin: .caller, message: "the caller cancelled the call")
        }
    }

    private func start(_ call: TransportCall, message: [UInt8]?) {
        guard call.state.withLock({ $0.mayStart() }) else {
            call.fail(unsent(.cancelled, origin: .caller, "the caller cancelled the call"))
            return
        }
        var timeout: UInt64 = 0
        // What blocks at the server tells nothing of it by how long it takes.
        let mayMeasure = call.isUnary && !call.mayBlock
        let now = mayMeasure || call.deadline != nil ? NIODeadline.now() : .distantPast
        if let deadline = call.deadline {
            let left = deadline - now
            guard left > .zero else {
                call.fail(unsent(.deadlineExceeded, origin: .deadline, "the deadline passed before the call was sent"))
                return
            }
            timeout = UInt64(left.nanoseconds)
        }
        let reference = Unmanaged.passRetained(call)
        let (result, id) = session.start(call, timeout: timeout, user: UInt64(UInt(bitPattern: reference.toOpaque())))
        guard result == GRPC_SESSION_OK else {
            reference.release()
            // Who hears of it may come again at once, and must not find this connection.
            if result != GRPC_SESSION_INVALID { takeNoMoreCalls() }
            call.fail(startError(result, call))
            return
        }
        call.sessionID = id
        call.startedAt = now
        if call.parts != nil { session.receiveParts(of: Self.partSize, on: id) }
        if !call.isUnary { call.state.withLock { $0.started() }?.resume() }
        if mayMeasure, let atLeast = latency.started(id, at: now), let connection { observer.measured(atLeast, on: connection) }
        if !call.isUnary { metrics.streamOpened() }
        if let message { _ = session.send(message, on: id, last: true) }
        if let deadline = call.deadline { watch(deadline) }
        watchOverConnection()
        if mayMeasure { watchForSilence(from: now) }
    }

    private func startError(_ result: grpc_session_result, _ call: TransportCall) -> GRPCError {
        if result == GRPC_SESSION_INVALID {
            let names = call.metadata.map(\.name)
            return unsent(
                .internal, origin: .caller,
                "the path \(call.method) or the metadata (\(names)) may not be sent as headers, or both are longer than 64 KiB")
        }
        return unsent(.unavailable, origin: .connection, "the connection takes no new calls")
    }

    private func unsent(_ code: GRPCStatusCode, origin: GRPCError.Origin, _ message: String) -> GRPCError {
        GRPCError(code: code, message: message, disposition: .notSent, origin: origin, endpoint: endpoint)
    }

    /// Whether the call had been sent, and not ended.
    @discardableResult
    func cancel(_ call: TransportCall, with code: GRPCStatusCode, origin: GRPCError.Origin, message: String) -> Bool {
        let id = call.sessionID
        guard let sent = session.cancel(id) else { return false }
        latency.gaveUp(id)
        if !call.isUnary { metrics.streamClosed() }
        call.fail(
            GRPCError(code: code, message: message, disposition: sent ? .mayHaveExecuted : .notSent, origin: origin, endpoint: endpoint))
        Unmanaged.passUnretained(call).release()
        return sent
    }

    private static func call(of user: UInt64) -> Unmanaged<TransportCall>? {
        UnsafeRawPointer(bitPattern: UInt(user)).map { Unmanaged<TransportCall>.fromOpaque($0) }
    }

    func openCalls() -> [TransportCall] { session.calls().compactMap { Self.call(of: $0.user)?.takeUnretainedValue() } }

    /// Hands an event to its call, which then has news.
    func handleCallEvent(_ event: grpc_session_event) -> TransportCall? {
        guard let reference = Self.call(of: event.user) else { return nil }
        let call = reference.takeUnretainedValue()
        switch event.kind {
        case GRPC_SESSION_EVENT_HEADERS:
            health.progressed(at: readAt)
            guard event.fields_length > 0 else { return nil }
            let metadata = event.metadata
            if call.isUnary {
                call.outcome.metadata = metadata
            } else {
                call.state.withLock { $0.receive(metadata: metadata) }
            }
            return nil
        case GRPC_SESSION_EVENT_MESSAGE:
            health.progressed(at: readAt)
            let message = SessionMessage(event, takenFrom: session)
            guard call.isUnary else {
                let received = ReceivedMessage(message, head: call.head.take())
                call.state.withLock { $0.receive(received) }
                return call
            }
            // The session takes but one. Its caller waits for the end of the call; the stream's window is of no use any more.
            call.outcome.answer = message
            return nil
        case GRPC_SESSION_EVENT_PART:
            health.progressed(at: readAt)
            call.receive(part: UnsafeRawBufferPointer(start: event.bytes, count: event.length), following: Int(event.value))
            let credit = call.isUnary ? event.length : call.state.withLock { $0.credit(part: event.length) }
            if credit > 0 { session.consume(credit, on: event.call) }
            return nil
        case GRPC_SESSION_EVENT_DRAINED:
            call.state.withLock { $0.didSend(Int(event.value)) }
            return call
        default:
            let end = end(of: event, call)
            judge(event)
            if !call.isUnary { metrics.streamClosed() }
            call.end(end)
            reference.release()
            return call
        }
    }

    /// What the end of a call tells of the server.
    private func judge(_ event: grpc_session_event) {
        // Of a connection that takes no calls, without a word of the server, each would be sent back to it.
        if event.origin == GRPC_SESSION_END_CONNECTION, !event.sent, !session.hasFailed { takeNoMoreCalls() }
        guard event.origin == GRPC_SESSION_END_PEER else { return latency.gaveUp(event.call) }
        health.progressed(at: readAt)
        if event.status == 0 {
            health.succeeded()
            if latency.measures(event.call), let connection { observer.measured(latency.ended(at: .now()), on: connection) }
        } else {
            latency.gaveUp(event.call)
            if event.status == GRPCStatusCode.unavailable.rawValue, !event.refused, health.unavailable() == .suspect, let connection {
                observer.callsFailed(on: connection, because: "it answered several calls in a row with UNAVAILABLE: \(event.text)")
            }
        }
    }

    private func end(of event: grpc_session_event, _ call: TransportCall) -> CallState.End {
        if event.status == 0 { return .succeeded(trailers: event.metadata) }
        var error = event.error(endpoint: endpoint)
        if error.origin == .connection, isShuttingDown { error.origin = .shutdown }
        // A server that keeps our deadline may reset the stream a moment before our own timer does.
        if error.code == .cancelled, let deadline = call.deadline, NIODeadline.now() >= deadline {
            error.code = .deadlineExceeded
            error.origin = .deadline
            error.message = "the deadline passed"
        }
        return .failed(error)
    }

    /// Ends the streams that are to move to another connection at once, because of a GOAWAY or because this connection is to be left.
    func endMovableCalls() {
        for call in openCalls() where call.endsOnGoAway {
            cancel(call, with: .unavailable, origin: .serverGoingAway, message: "\(departure); open the stream again")
        }
    }

    // MARK: Deadlines

    private func watch(_ deadline: NIODeadline) {
        guard let context, deadlines.needsTimer(for: deadline) else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadlines.set(context.eventLoop.scheduleTask(deadline: deadline) { bound.value.deadlineFired() }, for: deadline)
    }

    private func deadlineFired() {
        deadlines.cancel()
        let now = NIODeadline.now()
        var next: NIODeadline?
        var patience: TimeAmount?
        for call in openCalls() {
            guard let deadline = call.deadline else { continue }
            if deadline <= now {
                let wasSent = cancel(call, with: .deadlineExceeded, origin: .deadline, message: "the deadline passed")
                // One that blocks at the server, or that never got there, may run out of time at the best of servers.
                if wasSent, !call.mayBlock { patience = max(patience ?? .zero, now - call.startedAt) }
            } else {
                next = min(next ?? deadline, deadline)
            }
        }
        if let next { watch(next) }
        if let patience { judgeMiss(health.missedDeadline(patience: patience)) }
        finishTick()
    }

    private func judgeMiss(_ verdict: CallHealth.Verdict) {
        guard let connection else { return }
        switch verdict {
        case .fine: break
        case .suspect: observer.callsFailed(on: connection, because: "several calls in a row got no answer in time")
        case .wedged: wedged()
        }
    }
}

/// One timer for all calls of a connection, set to the earliest deadline. Most calls end long before theirs and so cost no timer.
struct DeadlineTimer {
    private var earliest: NIODeadline?
    private var timer: Scheduled<Void>?

    /// Whether the timer that is set, if any, fires too late for this deadline.
    func needsTimer(for deadline: NIODeadline) -> Bool { earliest.map { deadline < $0 } ?? true }

    mutating func set(_ timer: Scheduled<Void>, for deadline: NIODeadline) {
        self.timer?.cancel()
        self.timer = timer
        earliest = deadline
    }

    mutating func cancel() {
        timer?.cancel()
        timer = nil
        earliest = nil
    }
}
