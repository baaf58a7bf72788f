//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
import Synchronization

/// One open call with messages in both directions.
///
/// One task may send while another receives. Letting go of the stream cancels it.
public final class GRPCStream: Sendable {
    private let call: TransportCall
    private let connection: Connection
    private let creditThreshold: Int

    init(call: TransportCall, connection: Connection, creditThreshold: Int) {
        self.call = call
        self.connection = connection
        self.creditThreshold = creditThreshold
    }

    deinit { cancel() }

    /// The server that the stream is connected to.
    public var endpoint: GRPCEndpoint { connection.endpoint }

    /// The response headers; empty until the first message or the end was received.
    public var metadata: GRPCMetadata { call.state.withLock { $0.metadata } }

    /// Queues a message. Messages arrive in the order sent.
    ///
    /// Waits while much waits for the server's flow control. Must not be called by two tasks at once.
    /// - Throws: ``GRPCError`` when the stream has ended.
    public func send(_ message: [UInt8]) async throws(GRPCError) {
        try throwIfEnded()
        call.state.withLock { $0.willSend(message.count) }
        connection.submit(.send(call, message))
        guard call.state.withLock({ $0.unsentBytes > TransportCall.sendLimit }) else { return }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let waits = call.state.withLock { $0.wait(sender: continuation, limit: TransportCall.sendLimit) }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
        try throwIfEnded()
    }

    private func throwIfEnded() throws(GRPCError) {
        switch call.state.withLock({ $0.end }) {
        case nil: return
        case .failed(let error): throw error
        case .succeeded:
            throw GRPCError(
                code: .cancelled, message: "the server has ended the stream", disposition: .mayHaveExecuted, origin: .server,
                endpoint: connection.endpoint)
        }
    }

    /// Says that no more messages will be sent. More calls of it do nothing.
    public func finishSending() { connection.submit(.finishSending(call)) }

    /// All messages that have come since the last call; waits for at least one. Empty when the server ended the stream successfully.
    /// Must not be called by two tasks at once.
    ///
    /// The server's sending window is returned as messages are taken: a reader that stops stops its server. When the task is cancelled the
    /// stream is reset.
    /// - Throws: ``GRPCError`` with the stream's end, after all messages that came before it.
    public func nextMessages() async throws(GRPCError) -> [ByteBuffer] { try await nextReceived().map(\.buffer) }

    /// As ``nextMessages()``, without a copy.
    package func nextReceived() async throws(GRPCError) -> [ReceivedMessage] {
        while true {
            if let batch = try takeReceived() { return batch }
            await withTaskCancellationHandler {
                await call.waitForNews()
            } onCancel: {
                cancel()
            }
        }
    }

    /// Gives `receiver` all messages as they come, until the stream ends.
    ///
    /// It runs on the connection's event loop, once for all that came together: it must neither block nor take long. The server's sending window
    /// is returned at once, so it is the receiver's to bound what it keeps. Spares the task that reads a resumption for each batch, which is most
    /// of what a message that comes alone costs. Like ``nextMessages()`` it is for one task at a time, whose cancellation resets the stream.
    /// - Throws: ``GRPCError`` with the stream's end, after all messages that came before it were given; nothing when the server ended it
    ///   successfully.
    package func deliver(to receiver: @escaping @Sendable ([ReceivedMessage]) -> Void) async throws(GRPCError) {
        while true {
            // What came before the receiver is in place. From then on the loop alone gives it messages, so that they keep their order.
            while let batch = try takeReceived() {
                if batch.isEmpty { return }
                receiver(batch)
            }
            await withTaskCancellationHandler {
                await call.waitForNews(CallState.Receiver(take: receiver, creditThreshold: creditThreshold))
            } onCancel: {
                cancel()
            }
        }
    }

    /// What is here already; empty at the successful end, nil when it has to be waited for.
    private func takeReceived() throws(GRPCError) -> [ReceivedMessage]? {
        switch call.state.withLock({ $0.read(creditThreshold: creditThreshold) }) {
        case .messages(let batch, let credit):
            if credit > 0 { connection.submit(.consume(call, credit)) }
            return batch
        case .ended(.succeeded): return []
        case .ended(.failed(let error)): throw error
        case .nothing: return nil
        case .busy:
            throw GRPCError(
                code: .failedPrecondition, message: "another task is waiting for this stream's messages; only one may",
                disposition: .mayHaveExecuted,
                origin: .caller, endpoint: connection.endpoint)
        }
    }

    /// Says that the server owes messages and sends none although its connection lives.
    ///
    /// The connection is replaced: new calls go to another one, on another endpoint if there is one, and all its streams with `endsOnGoAway` end
    /// with ``GRPCError/Origin/serverGoingAway``. Other streams and calls on it may still finish.
    public func reportWedged() { connection.reportWedged() }

    /// Resets the stream: the server forgets it. Does nothing once it has ended.
    public func cancel() {
        call.state.withLock { $0.cancel() }
        connection.submit(.cancel(call))
    }
}
