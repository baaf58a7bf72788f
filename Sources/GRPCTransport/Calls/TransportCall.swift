//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// One call: what the connection needs to start it, and its state under a lock.
final class TransportCall: Sendable {
    /// A sender waits while more bytes than this wait for the peer's window.
    static let sendLimit = 256 * 1024

    let method: GRPCMethod
    let metadata: GRPCMetadata
    let deadline: NIODeadline?
    let isUnary: Bool
    /// Whether the server may let the call wait for as long as it likes, which says nothing of how it does.
    let mayBlock: Bool
    /// Whether a unary call may be asked twice: it needn't wait for a server that is silent.
    let mayBeRepeated: Bool
    /// Whether a GOAWAY ends the call at once.
    let endsOnGoAway: Bool
    /// Who takes a long message as it comes: asked for each that is one.
    let parts: (@Sendable () -> any PartReceiver)?
    let state = Mutex(CallState())

    // nonisolated(unsafe): these three are touched on the connection's event loop alone.
    nonisolated(unsafe) var sessionID: UInt64 = 0
    /// When the session took the call; kept for unary calls, and for those with a deadline.
    nonisolated(unsafe) var startedAt = NIODeadline.distantPast
    /// Of the message that is coming, what has come by parts. Of a unary call also what did, for its caller, as `outcome` is.
    nonisolated(unsafe) var head: ReceivedMessage.Head?
    // nonisolated(unsafe): what a unary call came to is written before `hasEnded` is set, by the only one who has the call then: the event loop, or before
    // it got there, who failed to hand it over. Its caller reads it after it saw `hasEnded`.
    // So no two accesses overlap, and there is nothing to check while it runs.
    @exclusivity(unchecked) nonisolated(unsafe) var outcome = UnaryOutcome()
    private let hasEnded = Atomic(false)

    init(
        method: GRPCMethod, metadata: GRPCMetadata, deadline: NIODeadline?, isUnary: Bool, endsOnGoAway: Bool,
        parts: (@Sendable () -> any PartReceiver)? = nil, mayBlock: Bool = false, mayBeRepeated: Bool = false
    ) {
        self.method = method
        self.metadata = metadata
        self.deadline = deadline
        self.isUnary = isUnary
        self.endsOnGoAway = endsOnGoAway
        self.parts = parts
        self.mayBlock = mayBlock
        self.mayBeRepeated = mayBeRepeated
    }

    deinit { outcome.answer?.free() }

    /// Ends the call and wakes who waits for it.
    func fail(_ error: GRPCError) {
        end(.failed(error))
        if !isUnary { state.withLock { $0.takeOpener() }?.resume() }
        wake()
    }

    /// Bytes of a message of which more will come. On the event loop.
    func receive(part: UnsafeRawBufferPointer, following: Int) {
        guard let parts else { return }
        let receiver = head?.receiver ?? parts()
        receiver.receive(part, following: following)
        head = ReceivedMessage.Head(receiver: receiver, count: (head?.count ?? 0) + part.count)
    }

    /// Notes the end; who waits for it is to be woken.
    func end(_ end: CallState.End) {
        if isUnary {
            outcome.take(end)
        } else {
            state.withLock { $0.end(end) }
        }
    }

    /// Resumes those for whom there is news. Once the session has the call, to be called on the connection's event loop alone: there a stream's
    /// receiver runs.
    /// - Returns: how many bytes of window are to be returned for what the receiver took.
    @discardableResult
    func wake() -> Int {
        if isUnary {
            hasEnded.store(true, ordering: .releasing)
            state.withLock { $0.tellEnd() }?.resume()
            return 0
        }
        let news = state.withLock { $0.news(sendLimit: Self.sendLimit) }
        news.receiver?.take(news.messages)
        news.reader?.resume()
        news.sender?.resume()
        return news.credit
    }

    /// To be called by a unary call's caller before it looks at the outcome, once it was told of the end.
    func seeOutcome() {
        precondition(hasEnded.load(ordering: .acquiring), "the outcome of a call is looked at before it has ended")
    }

    /// Waits until the session has taken a stream, or it has ended before that.
    func waitForStart() async {
        await withUnsafeContinuation { continuation in
            if !state.withLock({ $0.waitForStart(continuation) }) { continuation.resume() }
        }
    }

    /// Whether a stream was not even sent: see ``GRPCError/missedConnection``.
    var missedConnection: Bool {
        guard case .failed(let error)? = state.withLock({ $0.end }) else { return false }
        return error.missedConnection
    }

    /// Why a stream was not sent, when that is its caller's doing or the deadline's.
    var refusalToStart: GRPCError? {
        guard case .failed(let error)? = state.withLock({ $0.end }), error.disposition == .notSent else { return nil }
        return error.origin == .caller || error.origin == .deadline ? error : nil
    }

    /// Waits until there is something to read; with a receiver, which is given all that comes, for the end. Returns at once when there is
    /// something to read already, or when another reader waits.
    func waitForNews(_ receiver: CallState.Receiver? = nil) async {
        await withUnsafeContinuation { continuation in
            if !state.withLock({ $0.wait(reader: continuation, receiver: receiver) }) { continuation.resume() }
        }
    }
}
