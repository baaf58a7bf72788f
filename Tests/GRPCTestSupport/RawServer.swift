//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

package import GRPCTransport
import NIOCore
import NIOPosix
import Synchronization

/// A server of frames written by hand: it says what it's told, right or wrong, and tells of what comes.
package final class RawServer: Sendable {
    /// A call that came in.
    package struct Request: Sendable {
        package var stream: UInt32
        /// Its first message, without gRPC's frame.
        package var message: [UInt8]
    }

    /// A connection that a client made.
    package final class Connection: Sendable {
        package let number: Int
        private let channel: any Channel
        private let probes = Mutex<[CheckedContinuation<Bool, Never>]>([])

        fileprivate init(_ number: Int, _ channel: any Channel) {
            self.number = number
            self.channel = channel
        }

        /// Sends bytes; a connection that is gone takes them too.
        package func write(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
        /// Says that nothing more comes. What was sent arrives before, which a full close can't promise.
        package func close() { channel.close(mode: .output, promise: nil) }
        fileprivate func end() { channel.close(promise: nil) }
        package var isOpen: Bool { channel.isActive }
        package func waitUntilClosed() async throws { try await channel.closeFuture.get() }

        /// Whether the client has taken all that was sent, and the connection still is.
        package func survives() async -> Bool {
            await withCheckedContinuation { waiter in
                guard channel.isActive else { return waiter.resume(returning: false) }
                probes.withLock { $0.append(waiter) }
                write(Frames.ping(Self.probe))
                channel.closeFuture.whenComplete { _ in self.endProbes(false) }
            }
        }

        fileprivate func endProbes(_ isAlive: Bool) {
            let waiting = probes.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for waiter in waiting { waiter.resume(returning: isAlive) }
        }

        fileprivate static let probe = Array("survives".utf8)
    }

    /// Called on the event loop for each call, once its first message is there.
    package typealias Script = @Sendable (Connection, Request) -> Void

    package let endpoint: GRPCEndpoint
    private let accepted: Accepted
    /// All connections there were.
    package var connections: [Connection] { accepted.all.withLock { $0 } }

    private final class Accepted: Sendable {
        let all = Mutex<[Connection]>([])
    }

    private init(endpoint: GRPCEndpoint, accepted: Accepted) {
        self.endpoint = endpoint
        self.accepted = accepted
    }

    /// Runs `body` with a server that greets by `greeting`, its settings, and does by `script` what there is to do.
    package static func with<Result: Sendable>(
        greeting: @escaping @Sendable (Int) -> [UInt8] = { _ in Frames.settings() }, script: @escaping Script,
        _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let accepted = Accepted()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = accepted.all.withLock { all in
                        all.append(Connection(all.count, channel))
                        return all[all.count - 1]
                    }
                    try channel.pipeline.syncOperations.addHandler(Handler(connection, greeting(connection.number), script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = RawServer(endpoint: GRPCEndpoint(scheme: .http, host: "127.0.0.1", port: channel.localAddress?.port ?? 0), accepted: accepted)
        let result: Result
        do {
            result = try await body(server)
        } catch {
            try await server.stop(channel)
            throw error
        }
        try await server.stop(channel)
        return result
    }

    private func stop(_ channel: any Channel) async throws {
        try await channel.close()
        for connection in connections { connection.end() }
        for connection in connections { try await connection.waitUntilClosed() }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let connection: Connection
        private let greeting: [UInt8]
        private let script: Script
        private var frames = ClientFrames()
        private var bodies: [UInt32: [UInt8]] = [:]

        init(_ connection: Connection, _ greeting: [UInt8], _ script: @escaping Script) {
            self.connection = connection
            self.greeting = greeting
            self.script = script
        }

        func channelActive(context: ChannelHandlerContext) {
            // The requests of all calls are taken without ado.
            connection.write(greeting + (greeting.isEmpty ? [] : Frames.windowUpdate(0, 1 << 30)))
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for frame in frames.receive(Self.unwrapInboundIn(data).readableBytesView) {
                switch frame.type {
                case 0: receive(frame)
                case 1: bodies[frame.stream] = []
                case 3: bodies[frame.stream] = nil
                case 4 where frame.flags & 1 == 0: connection.write(Frames.settingsAcknowledgement)
                case 6 where frame.flags & 1 != 0: if frame.payload == Connection.probe { connection.endProbes(true) }
                case 6: connection.write(Frames.ping(frame.payload, acknowledges: true))
                default: break
                }
            }
        }

        private func receive(_ frame: ClientFrames.Frame) {
            guard var body = bodies[frame.stream] else { return }
            body += frame.payload
            bodies[frame.stream] = body
            guard body.count >= 5, body.count - 5 >= body[1..<5].reduce(0, { $0 << 8 | Int($1) }) else { return }
            bodies[frame.stream] = nil
            script(connection, Request(stream: frame.stream, message: Array(body.dropFirst(5))))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
