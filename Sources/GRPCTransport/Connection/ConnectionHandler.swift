//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Finds words for an error of a TLS handshake.
typealias TLSExplanation = @Sendable (any Error, NIOSSLCertificate?) -> ConnectionFailure?

/// The thin I/O around a session: feeds it what the channel reads, writes what it puts out, hands its events to the calls.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case connecting
        case ready
        case closed
    }

    static let outputChunk = 16 * 1024
    static let lingering: TimeAmount = .seconds(1)

    let endpoint: GRPCEndpoint
    let session: Session
    private let executor: EventLoopTaskExecutor
    let logger: Logger
    private(set) var context: ChannelHandlerContext?
    private(set) var connection: Connection?
    let observer: any ConnectionObserver
    let metrics: TransportMetrics
    private let traffic: TransportMetrics.Traffic
    private let ready: EventLoopPromise<Void>
    private let setupTimeout: TimeAmount
    private var phase = Phase.connecting
    private var setupTimer: Scheduled<Void>?
    private var isFlushing = false
    private var isLeaving = false
    private var movesStreams = false
    /// Why the connection is left, for the streams that move.
    private(set) var departure = "the server goes away"
    private var lingerTimer: Scheduled<Void>?
    private var failure: String?
    private var setupFailure: ConnectionFailure?
    private let explainTLS: TLSExplanation?
    private var cause: ConnectionCause = .broken
    private(set) var isShuttingDown = false
    // Whether the channel is active and writable, as its events tell: to ask it costs as much as a write.
    private var isActive = false
    private var isWritable = true
    // Unchecked: nothing but the functions below touches these three, each for as long as one statement takes.
    @exclusivity(unchecked) private var callsWithNews: [TransportCall] = []
    // Empty but for its memory.
    @exclusivity(unchecked) private var commands: [ConnectionCommand] = []
    @exclusivity(unchecked) private var output = ByteBuffer()
    var pings: Pings
    var deadlines = DeadlineTimer()
    var health: CallHealth
    var silenceTimer: Scheduled<Void>?
    /// When the bytes came that are being read.
    private(set) var readAt = NIODeadline.uptimeNanoseconds(0)
    var latency = LatencySampler()

    init(
        endpoint: GRPCEndpoint, session: Session, executor: EventLoopTaskExecutor, setupTimeout: TimeAmount, pings: Pings, health: CallHealth,
        ready: EventLoopPromise<Void>, observer: any ConnectionObserver, metrics: TransportMetrics, explainTLS: TLSExplanation?, logger: Logger
    ) {
        self.endpoint = endpoint
        self.session = session
        self.executor = executor
        self.setupTimeout = setupTimeout
        self.pings = pings
        self.health = health
        self.ready = ready
        self.observer = observer
        self.metrics = metrics
        self.explainTLS = explainTLS
        traffic = metrics.traffic(with: endpoint)
        self.logger = logger
    }

    /// Ties the handler to what tasks hold of it, until the channel closes.
    func attach(_ connection: Connection) {
        // The channel may have closed a moment ago: who has the connection would never hear of it.
        if case .closed = phase { return connection.markClosed() }
        self.connection = connection
        if isLeaving { connection.markUnusable() }
    }

    var isReady: Bool { if case .ready = phase { true } else { false } }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) { begin(context) }

    private func begin(_ context: ChannelHandlerContext) {
        isActive = true
        isWritable = context.channel.isWritable
        guard setupTimer == nil, case .connecting = phase else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        setupTimer = context.eventLoop.scheduleTask(in: setupTimeout) { bound.value.setupTimedOut() }
        flushOutput()
    }

    private func setupTimedOut() {
        guard case .connecting = phase else { return }
        close(because: "TLS and HTTP/2 were not set up within \(setupTimeout.nanoseconds / 1_000_000) ms")
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted(let name) = event, name != "h2" {
            setupFailure = ConnectionFailure(kind: .tls, reason: "the server does not offer HTTP/2 (ALPN \"h2\")")
            close(because: "the server does not offer HTTP/2 (ALPN \"h2\")")
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now()
        readAt = now
        pings.policy?.received(at: now)
        let buffer = Self.unwrapInboundIn(data)
        traffic.received(buffer.readableBytes)
        buffer.withUnsafeReadableBytes { bytes in
            var taken = 0
            while taken < bytes.count {
                taken += session.receive(bytes[taken...], at: now)
                handleEvents()
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handleEvents()
        if let connection, !isLeaving {
            wakeCallsAtOnce(connection, on: context.eventLoop)
            // Tasks that run on this loop come first: what they ask for is written together with what the session has to say.
            if session.hasOutput { connection.scheduleTick() }
        } else {
            finishTick()
        }
        answerPingSoon()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable { finishTick() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isReady, setupFailure == nil, let explainTLS {
            // What the server showed in the handshake that is going on or has just failed.
            let certificate = (Self.tls(context)?.handler as? NIOSSLClientHandler)?.peerCertificate
            setupFailure = explainTLS(error, certificate)
        }
        close(because: setupFailure?.reason ?? "\(error)")
    }

    /// TLS's place in the pipeline, if it has one.
    private static func tls(_ context: ChannelHandlerContext) -> ChannelHandlerContext? {
        do {
            return try context.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        } catch {
            // There is none, or it has left already.
            return nil
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isActive = false
        tearDown(because: failure ?? "the server closed the connection")
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        tearDown(because: failure ?? "the connection could not be made")
        self.context = nil
    }

    // MARK: Ends

    /// Ends the open calls and closes the channel.
    func close(because reason: String, _ cause: ConnectionCause? = nil) {
        if let cause { self.cause = cause }
        if failure == nil { failure = reason }
        // TLS waits for the peer to say good-bye too, which must hold up no call, and takes none any more.
        tearDown(because: failure ?? reason)
        guard let context else { return }
        // Who is silent won't say it: from there on the channel is closed without.
        if case .silent = cause, let tls = Self.tls(context) { return tls.close(promise: nil) }
        context.close(promise: nil)
    }

    /// No new calls come; what is open may finish, streams that can move are told to if `movesStreams` is set, be it the second time only.
    func retire(movesStreams: Bool) {
        guard phase != .closed else { return }
        if !isLeaving { cause = .retired }
        leave(movesStreams: movesStreams, "the connection is replaced")
        finishTick()
    }

    /// The server lives, but calls get nothing.
    func wedged() {
        guard phase != .closed else { return }
        if !isLeaving { logger.info("Replacing a connection that answers no calls", metadata: ["endpoint": "\(endpoint)"]) }
        giveUp(because: .wedged, movesStreams: true, "the connection answers no calls")
        finishTick()
    }

    /// The session has no numbers left for streams, or has failed. What is open may finish.
    func takeNoMoreCalls() {
        guard !isLeaving, phase != .closed else { return }
        logger.debug("Replacing a connection that takes no more calls", metadata: ["endpoint": "\(endpoint)"])
        giveUp(because: .retired, movesStreams: false, "the connection takes no more calls")
    }

    /// Has another connection made before this one is left.
    private func giveUp(because cause: ConnectionCause, movesStreams: Bool, _ departure: String) {
        if !isLeaving {
            if let connection { observer.connectionUnusable(connection, because: cause) }
            self.cause = .retired
        }
        leave(movesStreams: movesStreams, departure)
    }

    private func leave(movesStreams: Bool, _ departure: String) {
        // Streams that were let stay may have to go after all; there is no way back.
        guard movesStreams || !isLeaving else { return }
        isLeaving = true
        self.movesStreams = movesStreams
        self.departure = departure
        connection?.markUnusable()
    }

    func shutDown() {
        isShuttingDown = true
        session.leave()
        flushOutput()
        close(because: "the transport is shut down", .retired)
    }

    private func tearDown(because reason: String) {
        if case .closed = phase { return }
        phase = .closed
        setupTimer?.cancel()
        pings.cancel()
        lingerTimer?.cancel()
        deadlines.cancel()
        silenceTimer?.cancel()
        traffic.flush()
        // Of an attempt that never got a channel going, the connector knows the cause.
        if setupTimer != nil { ready.fail(setupFailure ?? ConnectionFailure(kind: .setup, reason: reason)) }
        // First of all no new call may come here: those that end now may be made again at once.
        if let connection { observer.connectionUnusable(connection, because: cause) }
        // A server that hangs up right after its GOAWAY went away.
        if movesStreams { endMovableCalls() }
        session.connectionLost(reason)
        handleEvents()
        wakeCalls()
        guard let connection else { return }
        self.connection = nil
        connection.markClosed()
        observer.connectionClosed(connection, because: cause, reason: reason)
    }

    // MARK: Session

    /// Carries out what tasks asked for.
    func runCommands() {
        guard let connection else { return }
        var batch: [ConnectionCommand] = []
        swap(&batch, &commands)
        connection.takeCommands(into: &batch)
        let isIdle = batch.isEmpty && !session.hasOutput && !isLeaving
        for command in batch { run(command) }
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &commands)
        if !isIdle { finishTick() }
    }

    /// Writes what the session has put out and wakes the calls with news: once, after a batch of reads or commands.
    func finishTick() {
        flushOutput()
        handleEvents()
        if movesStreams {
            endMovableCalls()
            flushOutput()
            handleEvents()
        }
        wakeCalls()
        if isLeaving, session.openCalls == 0 { closeSoon() }
    }

    /// Closes a connection that is left and has no calls: at once when the server goes, a moment later otherwise, since a call may be on its
    /// way here.
    private func closeSoon() {
        guard case .retired = cause, let context else { return close(because: "the server went away") }
        guard lingerTimer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        lingerTimer = context.eventLoop.scheduleTask(in: Self.lingering) { bound.value.lingered() }
    }

    private func lingered() {
        lingerTimer = nil
        guard session.openCalls == 0 else { return }
        session.leave()
        flushOutput()
        close(because: departure)
    }

    private func flushOutput() {
        guard let context, isActive, !isFlushing else { return }
        isFlushing = true
        // A flush that makes the channel writable again says so while this runs, so it is looked at here.
        while writeOutput(context), isWritable {}
        isFlushing = false
    }

    /// Writes what the session puts out as long as the channel takes it; false when nothing is left.
    private func writeOutput(_ context: ChannelHandlerContext) -> Bool {
        var wrote = false
        while isWritable {
            // The memory is used again once the channel has written what is in it.
            output.clear(minimumCapacity: Self.outputChunk)
            let space = output.writableBytes
            let count = output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.outputChunk) { session.takeOutput(into: $0) }
            traffic.sent(count)
            guard count == space else {
                if count > 0 {
                    context.writeAndFlush(Self.wrapOutboundOut(output), promise: nil)
                } else if wrote {
                    context.flush()
                }
                return false
            }
            context.write(Self.wrapOutboundOut(output), promise: nil)
            wrote = true
        }
        if wrote { context.flush() }
        return true
    }

    /// Wakes the calls with news, runs those of their tasks that belong on this loop, and carries out what these ask for, all in this turn of
    /// the loop.
    private func wakeCallsAtOnce(_ connection: Connection, on loop: any EventLoop) {
        guard !callsWithNews.isEmpty else { return }
        guard executor.eventLoop === loop else { return wakeCalls() }
        executor.holdJobs()
        connection.holdTick()
        wakeCalls()
        executor.runJobs()
        runCommands()
    }

    private func wakeCalls() {
        guard !callsWithNews.isEmpty else { return }
        var returnsWindow = false
        for call in callsWithNews {
            let credit = call.wake()
            guard credit > 0 else { continue }
            session.consume(credit, on: call.sessionID)
            returnsWindow = true
        }
        callsWithNews.removeAll(keepingCapacity: true)
        if returnsWindow { connection?.scheduleTick() }
    }

    func handleEvents() {
        while let event = session.nextEvent() { handle(event) }
    }

    private func handle(_ event: grpc_session_event) {
        switch event.kind {
        case GRPC_SESSION_EVENT_HEADERS, GRPC_SESSION_EVENT_PART, GRPC_SESSION_EVENT_MESSAGE, GRPC_SESSION_EVENT_DRAINED, GRPC_SESSION_EVENT_ENDED:
            if let call = handleCallEvent(event) { callsWithNews.append(call) }
        case GRPC_SESSION_EVENT_READY:
            phase = .ready
            setupTimer?.cancel()
            ready.succeed(())
        case GRPC_SESSION_EVENT_GOAWAY: handleGoAway(event)
        case GRPC_SESSION_EVENT_FAILED:
            if failure == nil { close(because: event.text) }
        default: break
        }
    }

    private func handleGoAway(_ event: grpc_session_event) {
        cause = .goingAway
        leave(movesStreams: true, "the server goes away")
        metrics.goAway(from: endpoint, code: event.http2_error)
        logger.debug("Server goes away", metadata: ["endpoint": "\(endpoint)", "code": "\(event.http2_error)", "reason": "\(event.text)"])
        guard let connection else { return }
        // ENHANCE_YOUR_CALM, with grpc-go's reason.
        let isCalledToCalm = event.http2_error == 11 && event.text == "too_many_pings"
        if isCalledToCalm, let policy = pings.policy { observer.pingedTooOften(endpoint, after: policy.interval) }
        observer.connectionUnusable(connection, because: isCalledToCalm ? .retired : .goingAway)
    }
}
