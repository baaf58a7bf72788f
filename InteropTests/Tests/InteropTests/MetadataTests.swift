//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRPCTransport
import NIOCore
import Testing

@Suite("Metadata to and from the gRPC C core", .timeLimit(.minutes(2)))
struct MetadataTests {
    /// Base64 may come without its padding.
    private static func decoded(_ text: String) -> [UInt8]? {
        Data(base64Encoded: text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)).map { Array($0) }
    }

    @Test("The server sees method, authority and user agent")
    func request() async throws {
        let seen = Latch<ServerCall>()
        let handler: CoreServer.Handler = { call in
            seen.set(call)
            try await echo(call)
        }
        try await withCore(configure: { $0.userAgent = "interop/1" }, handler: handler) { transport, server in
            _ = try await transport.unary("/interop.Other/Method", message: [1], deadline: soon)
            let call = try await seen.wait()
            #expect(call.method == "/interop.Other/Method")
            #expect(call.authority == server.endpoint.authority)
            #expect(call.headers("user-agent").map { String(decoding: $0, as: UTF8.self) } == ["interop/1"])
        }
    }

    @Test("Text metadata comes back in headers and trailers, repeated names in order, secrets too")
    func text() async throws {
        let handler: CoreServer.Handler = { call in
            for field in call.headers where field.name.hasPrefix("x-") || field.name == "token" {
                call.add(header: field)
                call.add(trailer: .init("\(field.name)-too", field.value))
            }
            try await echo(call)
        }
        let metadata: GRPCMetadata = [
            "x-one": "1", "x-many": "a", "x-many": "b, c", "x-many": "d", "token": "secret.123", "x-long": String(repeating: "l", count: 3000),
            "x-signs": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        ]
        try await withCore(handler: handler) { transport, _ in
            // The second and third calls find names and values in the compression table.
            for _ in 0..<3 {
                let response = try await transport.unary(method, message: [1], metadata: metadata, deadline: soon)
                for name in ["x-one", "x-many", "token", "x-long", "x-signs"] {
                    let sent = metadata.filter { $0.name == name }.map(\.value)
                    #expect(response.metadata.filter { $0.name == name }.map(\.value) == sent)
                    #expect(response.trailers.filter { $0.name == "\(name)-too" }.map(\.value) == sent)
                }
            }
        }
    }

    @Test("Binary metadata of any length crosses both ways", arguments: [0, 1, 2, 3, 4, 5, 255, 256, 1000])
    func binary(length: Int) async throws {
        let value = length == 256 ? [UInt8](0...255) : bytes(length)
        let seen = Latch<[[UInt8]]>()
        let handler: CoreServer.Handler = { call in
            seen.set(call.headers("x-data-bin"))
            call.add(header: .init("x-header-bin", value))
            call.add(trailer: .init("x-trailer-bin", value))
            try await echo(call)
        }
        try await withCore(handler: handler) { transport, _ in
            let response = try await transport.unary(
                method, message: [1], metadata: ["x-data-bin": Data(value).base64EncodedString()], deadline: soon)
            #expect(try await seen.wait() == [value])
            #expect(response.metadata["x-header-bin"].flatMap(Self.decoded) == value)
            #expect(response.trailers["x-trailer-bin"].flatMap(Self.decoded) == value)
        }
    }

    @Test("A stream's headers can be read as soon as its first message")
    func streamHeaders() async throws {
        let handler: CoreServer.Handler = { call in
            call.add(header: .init("x-early", "yes"))
            try await echo(call)
        }
        try await withCore(handler: handler) { transport, _ in
            let stream = try await transport.openStream(method, deadline: soon)
            try await stream.send([1])
            _ = try await stream.nextMessages()
            #expect(stream.metadata["x-early"] == "yes")
        }
    }

    @Test("Headers beyond our limit end their call, and no other")
    func tooManyHeaders() async throws {
        let handler: CoreServer.Handler = { call in
            if await call.receive() == [1] { call.add(header: .init("x-long", [UInt8](repeating: 108, count: 6000))) }
            await call.send([2])
            await call.finish()
        }
        try await withCore(configure: { $0.maximumHeaderListSize = 4096 }, handler: handler) { transport, _ in
            let error = await unaryError(transport, [1])
            #expect(error != nil)
            let response = try await transport.unary(method, message: [0], deadline: soon)
            #expect(Array(buffer: response.message) == [2])
        }
    }
}
