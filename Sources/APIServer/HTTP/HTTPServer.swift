//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import ServiceLifecycle

/// The engine: accepts connections, speaks HTTP/1.1 and HTTP/2, and turns its requests into ours and our responses into its.
///
/// Nothing outside this folder knows which engine it is. With TLS the protocol is negotiated by ALPN; without it only HTTP/1.1 is spoken.
struct HTTPServer: Service {
    let host: String
    let port: Int
    let tls: ServerTLS?
    /// How long requests are waited for when shutting down; then as long again until clients that don't read are cut off.
    let shutdownPatience: Duration
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    /// Called once with the port that was bound.
    let onBound: @Sendable (Int) async -> Void
    let handler: @Sendable (HTTPRequest) async -> HTTPResponse

    /// Serves until graceful shutdown or cancellation. Throws when the address can't be bound or the certificate can't be read.
    func run() async throws {
        let date = HTTPDate()
        let drain = RequestDrain()
        let responder: HTTPChannelHandler.Responder = { [handler] request, writer, _ in
            let isCounted = drain.begin()
            defer { drain.end(isCounted) }
            if request.headers[.expect] == "100-continue" { try await writer.writeInformationalHead(.init(status: .continue)) }
            let response = await handler(HTTPRequest(request))
            try await Self.send(response, to: writer, for: request, date: date.now(), drain: drain)
        }
        if let tls {
            try await run(HTTP2UpgradeChannel(tlsConfiguration: tls.configuration(), responder: responder), drain: drain)
        } else {
            try await run(HTTP1Channel(responder: responder), drain: drain)
        }
    }

    /// Runs the engine. Its own shutdown begins when requests have come to an end, so it must not hear of ours: a detached task doesn't inherit the
    /// service group. The task doesn't outlive this call.
    private func run(_ channel: some ServerChildChannel, drain: RequestDrain) async throws {
        let server = Server(
            childChannelSetup: channel, configuration: ServerConfiguration(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { [onBound] channel in await onBound(channel.localAddress?.port ?? 0) }, eventLoopGroup: eventLoopGroup,
            logger: logger)
        let engine = Task.detached { try await server.run() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await withTaskCancellationHandler {
                    try await engine.value
                } onCancel: {
                    engine.cancel()
                }
                return true
            }
            group.addTask { [shutdownPatience] in
                try await gracefulShutdown()
                await drain.drain(within: shutdownPatience)
                try await server.shutdownGracefully()
                return false
            }
            group.addTask { [shutdownPatience] in
                try await gracefulShutdown()
                // The engine waits for clients to read what they asked for; in the end they are cut off.
                try await Task.sleep(for: shutdownPatience * 2)
                return true
            }
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    private static func send(
        _ response: HTTPResponse, to writer: consuming ResponseWriter, for request: Request, date: String, drain: RequestDrain
    ) async throws {
        var head = HTTPTypes.HTTPResponse(status: .init(code: response.status), headerFields: HTTPFields(response.headers))
        head.headerFields[.date] = date
        switch response.body {
        case .bytes(let bytes):
            head.headerFields[.contentLength] = String(bytes.count)
            if request.method == .head {
                try await writer.writeResponse(head)
            } else {
                try await writer.write(response: head, body: bytes.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
            }
        case .stream where request.method == .head:
            try await writer.writeResponse(head)
        case .stream(let stream):
            let engineWriter = try await writer.writeHead(head)
            var bodyWriter: any HTTPBodyWriter = EngineBodyWriter(engine: engineWriter)
            if let cancel = stream.cancel {
                try await request.body.consumeWithInboundCloseHandler(
                    { _ in try await drain.run({ try await stream.write(&bodyWriter) }, cancel: cancel) }, onInboundClosed: cancel)
            } else {
                try await stream.write(&bodyWriter)
            }
            try await engineWriter.finish(nil)
        }
    }
}

/// Joins chunks into one buffer of the engine's: one copy, one write and one flush for however many events.
private struct EngineBodyWriter<Engine: ResponseBodyWriter>: HTTPBodyWriter {
    var engine: Engine

    mutating func write(_ chunks: [[UInt8]]) async throws {
        var buffer = ByteBufferAllocator().buffer(capacity: chunks.reduce(0) { $0 + $1.count })
        for chunk in chunks { buffer.writeBytes(chunk) }
        try await engine.write(buffer)
    }
}

extension HTTPRequest {
    init(_ request: Request) {
        let target = request.head.path ?? "/"
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        self.init(
            method: request.method.rawValue,
            path: String(target[..<mark]),
            query: mark == target.endIndex ? "" : String(target[target.utf8.index(after: mark)...]),
            headers: HTTPHeaders(request.headers),
            body: HTTPRequestBody { [body = request.body] limit throws(HTTPBodyError) in
                do {
                    return Array(buffer: try await body.collect(upTo: limit))
                } catch is NIOTooManyBytesError {
                    throw .tooLarge(limit: limit)
                } catch {
                    throw .disconnected
                }
            })
    }
}

extension HTTPHeaders {
    fileprivate init(_ fields: HTTPFields) {
        self.init()
        for field in fields { append(field.name.rawName, field.value) }
    }
}

extension HTTPFields {
    /// A name that HTTP doesn't allow can't come from our handlers but for a bug; it is left out rather than sent.
    fileprivate init(_ headers: HTTPHeaders) {
        self.init()
        for field in headers {
            guard let name = HTTPField.Name(field.name) else { continue }
            append(HTTPField(name: name, value: field.value))
        }
    }
}
