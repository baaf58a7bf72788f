//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
package import GRPCTransport
import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A server whose every move a test decides: a scripted HTTP/2 session behind a real socket.
package final class ScriptedPeer: Sendable {
    package typealias Server = OpaquePointer
    /// Called on the event loop after each read, with the server and how many requests this connection has made.
    package typealias Script = @Sendable (_ server: Server, _ connection: Int, _ requests: Int) -> Void

    package let endpoint: GRPCEndpoint
    private let channel: any Channel

    /// Runs `body` with a peer that follows `script`.
    package static func with<Result: Sendable>(
        maximumConcurrentStreams: UInt32 = 100, tls: NIOSSLContext? = nil, script: @escaping Script, _ body: (ScriptedPeer) async throws -> Result
    ) async throws -> Result {
        let accepted = Accepted()
        let first = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = Handler(maximumConcurrentStreams, script: script, number: accepted.count)
                    accepted.append(NIOLoopBound(handler, eventLoop: channel.eventLoop), channel)
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(handler)
                    first.succeed()
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let peer = ScriptedPeer(channel: channel, accepted: accepted, firstAccepted: first, scheme: tls == nil ? .http : .https)
        do {
            let result = try await body(peer)
            try await peer.stop()
            return result
        } catch {
            try await peer.stop()
            throw error
        }
    }

    private let accepted: Accepted

    private let firstAccepted: EventLoopPromise<Void>

    private init(channel: any Channel, accepted: Accepted, firstAccepted: EventLoopPromise<Void>, scheme: GRPCEndpoint.Scheme) {
        self.firstAccepted = firstAccepted
        self.channel = channel
        self.accepted = accepted
        endpoint = GRPCEndpoint(scheme: scheme, host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    private func stop() async throws {
        firstAccepted.fail(ChannelError.ioOnClosedChannel)
        if channel.isActive { try await channel.close() }
        for (_, child) in accepted.all { child.close(promise: nil) }
        for (_, child) in accepted.all { try await child.closeFuture.get() }
    }

    /// Does something with the server of a connection, and sends what comes of it.
    package func act<Result: Sendable>(on connection: Int = 0, _ body: @escaping @Sendable (Server) -> Result) async throws -> Result {
        let (handler, channel) = accepted.all[connection]
        return try await channel.eventLoop.submit {
            let result = body(handler.value.server)
            handler.value.flush()
            return result
        }.get()
    }

    /// Waits until a fact about a connection holds, which is looked at after each read.
    package func wait(on connection: Int = 0, for condition: @escaping @Sendable (Server) -> Bool) async throws {
        let (handler, channel) = accepted.all[connection]
        try await channel.eventLoop.flatSubmit { handler.value.wait(for: condition) }.get()
    }

    /// Waits until the first connection is there and has made a request.
    package func waitForRequest() async throws {
        try await firstAccepted.futureResult.get()
        try await wait { scripted_server_request_count($0) > 0 }
    }

    /// Cuts a connection.
    package func cut(_ connection: Int = 0) async throws { try await accepted.all[connection].1.close() }

    /// Sends bytes that no library would.
    package func write(_ bytes: [UInt8], on connection: Int = 0) async throws {
        try await accepted.all[connection].1.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Accepts nobody any more, and cuts all connections.
    package func stopListening() async throws {
        try await channel.close()
        for (_, child) in accepted.all where child.isActive { child.close(promise: nil) }
    }

    /// What the client showed in the handshake of a connection.
    package func clientCertificate(of connection: Int) async throws -> String? {
        let channel = accepted.all[connection].1
        return try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self).peerCertificate.map { "\($0)" }
        }.get()
    }

    /// Waits until the client has closed a connection.
    package func waitUntilClosed(_ connection: Int) async throws { try await accepted.all[connection].1.closeFuture.get() }

    package var connectionCount: Int { accepted.count }

    private final class Accepted: Sendable {
        private let entries = Mutex<[(NIOLoopBound<Handler>, any Channel)]>([])
        var all: [(NIOLoopBound<Handler>, any Channel)] { entries.withLock { $0 } }
        var count: Int { entries.withLock { $0.count } }
        func append(_ handler: NIOLoopBound<Handler>, _ channel: any Channel) { entries.withLock { $0.append((handler, channel)) } }
    }

    /// What a test waited for has not come true within half a minute.
    package struct NeverHappened: Error {}

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        let server: Server
        private let script: Script
        private let number: Int
        private var context: ChannelHandlerContext?
        private var waiting: [(condition: @Sendable (Server) -> Bool, promise: EventLoopPromise<Void>)] = []

        init(_ maximumConcurrentStreams: UInt32, script: @escaping Script, number: Int) {
            server = scripted_server_create(maximumConcurrentStreams)
            self.script = script
            self.number = number
        }

        deinit { scripted_server_destroy(server) }

        func wait(for condition: @escaping @Sendable (Server) -> Bool) -> EventLoopFuture<Void> {
            guard let context else { return MultiThreadedEventLoopGroup.singleton.next().makeFailedFuture(ChannelError.ioOnClosedChannel) }
            if condition(server) { return context.eventLoop.makeSucceededVoidFuture() }
            let promise = context.eventLoop.makePromise(of: Void.self)
            let limit = context.eventLoop.scheduleTask(in: .seconds(30)) { promise.fail(NeverHappened()) }
            promise.futureResult.whenComplete { _ in limit.cancel() }
            waiting.append((condition, promise))
            return promise.futureResult
        }

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }

        func channelActive(context: ChannelHandlerContext) { flush() }

        func channelInactive(context: ChannelHandlerContext) {
            self.context = nil
            for entry in waiting { entry.promise.fail(ChannelError.ioOnClosedChannel) }
            waiting = []
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = Self.unwrapInboundIn(data)
            buffer.withUnsafeReadableBytes { bytes in
                _ = scripted_server_receive(server, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
            }
            script(server, number, scripted_server_request_count(server))
            flush()
            let met = waiting.filter { $0.condition(server) }
            waiting.removeAll { $0.condition(server) }
            for entry in met { entry.promise.succeed(()) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func flush() {
            guard let context else { return }
            while true {
                var buffer = context.channel.allocator.buffer(capacity: 65536)
                let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 65536) {
                    scripted_server_take_output(server, $0.bindMemory(to: UInt8.self).baseAddress, $0.count)
                }
                guard count > 0 else { break }
                context.write(Self.wrapOutboundOut(buffer), promise: nil)
            }
            context.flush()
        }
    }
}

package let okHeaders = ":status: 200\ncontent-type: application/grpc\n"

/// Answers a stream's call with one message and status 0.
package func answer(_ server: OpaquePointer, stream: Int32, _ message: [UInt8] = [1, 2, 3]) {
    scripted_server_headers(server, stream, okHeaders, false)
    let bytes = framed(message)
    scripted_server_data(server, stream, bytes, bytes.count, false)
    scripted_server_trailers(server, stream, "grpc-status: 0\n")
}
