//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CGRPCSession
import CGRPCSessionTestSupport
import Foundation
import GRPCTransport
import NIOCore
import NIOPosix
import Synchronization

/// A KMS plugin: a gRPC server behind a Unix socket, on a scripted HTTP/2 session.
final class PluginServer: Sendable {
    typealias Server = OpaquePointer

    let path: String
    let plugin: FakePlugin
    private let connections = Mutex<[any Channel]>([])
    private let listener = Mutex<(any Channel)?>(nil)

    /// Runs `body` with a plugin that listens.
    static func with(_ plugin: FakePlugin = FakePlugin(), _ body: (PluginServer) async throws -> Void) async throws {
        let server = PluginServer(plugin)
        try await server.start()
        do {
            try await body(server)
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    private init(_ plugin: FakePlugin) {
        self.plugin = plugin
        // Short: the path of a socket has about a hundred bytes.
        path = "/tmp/keelson-kms-\(UInt32.random(in: 0...UInt32.max)).sock"
    }

    var endpoint: GRPCEndpoint { GRPCEndpoint(scheme: .unix, host: path, port: 0) }

    func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.withLock { $0.append(channel) }
                    try channel.pipeline.syncOperations.addHandler(Handler(plugin))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        listener.withLock { $0 = channel }
    }

    /// Stops listening and cuts the connections.
    func stop() async throws {
        let open = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        guard let open else { return }
        try await open.close()
        let all = connections.withLock { connections in
            defer { connections = [] }
            return connections
        }
        for channel in all { channel.close(promise: nil) }
        for channel in all { try await channel.closeFuture.get() }
        // Closing may or may not have removed it.
        unlink(path)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let server: Server
        private let plugin: FakePlugin
        private var answered: Set<Int32> = []

        init(_ plugin: FakePlugin) {
            self.plugin = plugin
            server = scripted_server_create(100)
        }

        deinit { scripted_server_destroy(server) }

        func channelActive(context: ChannelHandlerContext) { flush(context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            Self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
                _ = scripted_server_receive(server, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
            }
            for number in 0..<scripted_server_request_count(server) {
                let stream = Int32(number) * 2 + 1
                guard scripted_server_request_ended(server, stream), answered.insert(stream).inserted else { continue }
                respond(stream)
            }
            flush(context)
        }

        private func respond(_ stream: Int32) {
            let headers = String(cString: scripted_server_request_headers(server, stream))
            var count = 0
            let body = scripted_server_request_body(server, stream, &count)
            let framed = Array(UnsafeBufferPointer(start: body, count: count))
            let method = headers.split(separator: "\n").first { $0.hasPrefix(":path: ") }?.dropFirst(":path: ".count) ?? ""
            switch plugin.answer(String(method), Array(framed.dropFirst(5))) {
            case .message(let message):
                scripted_server_headers(server, stream, ":status: 200\ncontent-type: application/grpc\n", false)
                let length = UInt32(message.count)
                let bytes = [0, UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + message
                scripted_server_data(server, stream, bytes, bytes.count, false)
                scripted_server_trailers(server, stream, "grpc-status: 0\n")
            case .status(let code, let message):
                scripted_server_headers(
                    server, stream, ":status: 200\ncontent-type: application/grpc\ngrpc-status: \(code.rawValue)\ngrpc-message: \(message)\n", true)
            case .silence: break
            }
        }

        private func flush(_ context: ChannelHandlerContext) {
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

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
