//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSessionTestSupport
import GRPCTestSupport
import GRPCTransport
import NIOCore
import Synchronization
import Testing

@Suite("A peer that does what a test says")
struct ScriptedPeerTests {
    static let method: GRPCMethod = "/test.Service/Method"

    private static func withPeer(
        maximumConcurrentStreams: UInt32 = 100, script: @escaping ScriptedPeer.Script,
        configure: (inout GRPCTransportConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (ScriptedPeer, GRPCTransport) async throws -> Void
    ) async throws {
        try await ScriptedPeer.with(maximumConcurrentStreams: maximumConcurrentStreams, script: script) { peer in
            try await withTransport([peer.endpoint.description], configure: configure) { try await body(peer, $0) }
        }
    }

    @Test("A unary call whose deadline passes is reset at the server, which was told the deadline too")
    func deadline() async throws {
        let script: ScriptedPeer.Script = { server, _, requests in if requests == 1 { answer(server, stream: 1) } }
        try await Self.withPeer(script: script) { peer, transport in
            // There is a connection before the deadline counts.
            _ = try await transport.unary(Self.method, message: [1], deadline: soon)
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(1))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.disposition == .mayHaveExecuted)
            #expect(error?.origin == .deadline)
            try await peer.wait { scripted_server_reset_code($0, 3) == 8 }
            let headers = try await peer.act { String(cString: scripted_server_request_headers($0, 3)) }
            #expect(headers.contains("grpc-timeout: "))
        }
    }

    @Test("Cancelling the task of a unary call resets it at the server")
    func cancelUnary() async throws {
        try await Self.withPeer(script: { _, _, _ in }) { peer, transport in
            let call = Task { await grpcError { () async throws(GRPCError) in _ = try await transport.unary(Self.method, message: [1]) } }
            try await Self.waitForConnection(peer)
            try await peer.wait { scripted_server_request_ended($0, 1) }
            call.cancel()
            let error = await call.value
            #expect(error?.code == .cancelled)
            #expect(error?.disposition == .mayHaveExecuted)
            try await peer.wait { scripted_server_reset_code($0, 1) == 8 }
        }
    }

    @Test("A call of a task that is cancelled already is never sent")
    func cancelledBefore() async throws {
        try await Self.withPeer(script: { server, _, requests in if requests == 1 { answer(server, stream: 1) } }) { peer, transport in
            _ = try await transport.unary(Self.method, message: [1])
            let call = Task {
                await withTaskCancellationHandler {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await grpcError { () async throws(GRPCError) in _ = try await transport.unary(Self.method, message: [2]) }
                } onCancel: {
                }
            }
            let error = await call.value
            #expect(error?.code == .cancelled)
            #expect(error?.disposition == .notSent)
            let found = try await peer.act { scripted_server_request_count($0) }
            #expect(found == 1)
        }
    }

    @Test("A task that is cancelled already opens no stream")
    func cancelledBeforeStream() async throws {
        try await Self.withPeer(script: { server, _, requests in if requests == 1 { answer(server, stream: 1) } }) { peer, transport in
            _ = try await transport.unary(Self.method, message: [1], lane: .watch)
            let opening = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await grpcError { () async throws(GRPCError) in _ = try await transport.openStream(Self.method) }
            }
            let error = await opening.value
            #expect(error?.code == .cancelled)
            #expect(error?.origin == .caller)
            #expect(error?.disposition == .notSent)
            let found = try await peer.act { scripted_server_request_count($0) }
            #expect(found == 1)
        }
    }

    @Test("A stream whose deadline has passed, or whose metadata may not be sent, is not opened")
    func unsentStream() async throws {
        try await Self.withPeer(script: { server, _, requests in if requests == 1 { answer(server, stream: 1) } }) { peer, transport in
            _ = try await transport.unary(Self.method, message: [1], lane: .watch)
            let late = await grpcError { () async throws(GRPCError) in _ = try await transport.openStream(Self.method, deadline: .now) }
            #expect(late?.code == .deadlineExceeded)
            #expect(late?.disposition == .notSent)
            let bad = await grpcError { () async throws(GRPCError) in
                _ = try await transport.openStream(Self.method, metadata: ["grpc-status": "0"])
            }
            #expect(bad?.code == .internal)
            #expect(bad?.disposition == .notSent)
            let found = try await peer.act { scripted_server_request_count($0) }
            #expect(found == 1)
        }
    }

    @Test("Letting go of a stream resets it at the server")
    func releaseStream() async throws {
        try await Self.withPeer(script: { _, _, _ in }) { peer, transport in
            do {
                let stream = try await transport.openStream(Self.method)
                try await stream.send([1])
                try await peer.wait { scripted_server_request_count($0) == 1 }
            }
            try await peer.wait { scripted_server_reset_code($0, 1) == 8 }
        }
    }

    @Test("A refused call is sent again")
    func refused() async throws {
        let script: ScriptedPeer.Script = { server, _, requests in
            if requests == 1 { scripted_server_reset(server, 1, 7) } else if requests == 2 { answer(server, stream: 3, [42]) }
        }
        try await Self.withPeer(script: script) { peer, transport in
            let response = try await transport.unary(Self.method, message: [1], deadline: soon)
            #expect(Array(buffer: response.message) == [42])
            let found = try await peer.act { scripted_server_request_count($0) }
            #expect(found == 2)
        }
    }

    @Test("A server that refuses for ever is believed after five attempts")
    func refusedForEver() async throws {
        let script: ScriptedPeer.Script = { server, _, requests in
            if requests > 0 { scripted_server_reset(server, Int32(requests * 2 - 1), 7) }
        }
        try await Self.withPeer(script: script) { peer, transport in
            let error = await grpcError { () async throws(GRPCError) in _ = try await transport.unary(Self.method, message: [1], deadline: soon) }
            #expect(error?.code == .unavailable)
            #expect(error?.disposition == .refused)
            let found = try await peer.act { scripted_server_request_count($0) }
            #expect(found == 5)
        }
    }

    @Test("A call above a GOAWAY is sent again on a fresh connection; one below it finishes where it is")
    func goAway() async throws {
        let script: ScriptedPeer.Script = { server, connection, requests in
            if connection == 0, requests == 2 { scripted_server_goaway(server, 1, 0, "") }
            if connection == 1, requests == 1 { answer(server, stream: 1, [22]) }
        }
        try await Self.withPeer(script: script) { peer, transport in
            async let first = transport.unary(Self.method, message: [1], deadline: soon)
            try await Self.waitForConnection(peer)
            try await peer.wait { scripted_server_request_ended($0, 1) }
            let second = try await transport.unary(Self.method, message: [2], deadline: soon)
            #expect(Array(buffer: second.message) == [22])
            try await peer.act { answer($0, stream: 1, [11]) }
            let answered = try await first
            #expect(Array(buffer: answered.message) == [11])
            #expect(peer.connectionCount == 2)
        }
    }

    @Test("Of two streams on a connection that gets a GOAWAY, only the one that asked to move ends")
    func goAwayStreams() async throws {
        try await Self.withPeer(script: { _, _, _ in }) { peer, transport in
            let moving = try await transport.openStream(Self.method, lane: .watch)
            let staying = try await transport.openStream(Self.method, lane: .watch, endsOnGoAway: false)
            try await moving.send([1])
            try await staying.send([2])
            try await peer.wait { scripted_server_request_count($0) == 2 }
            try await peer.act { scripted_server_goaway($0, Int32.max, 0, "graceful_stop") }
            let error = await grpcError { () async throws(GRPCError) in _ = try await moving.nextMessages() }
            #expect(error?.origin == .serverGoingAway)
            try await peer.act { answer($0, stream: 3, [5]) }
            let batch = try await staying.nextMessages()
            #expect(batch.map { Array(buffer: $0) } == [[5]])
            #expect(try await staying.nextMessages().isEmpty)
        }
    }

    @Test("A connection that breaks in the middle of a message delivers nothing of it")
    func brokenMessage() async throws {
        try await Self.withPeer(script: { _, _, _ in }) { peer, transport in
            let stream = try await transport.openStream(Self.method)
            try await stream.send([1])
            try await peer.wait { scripted_server_request_count($0) == 1 }
            try await peer.act { server in
                scripted_server_headers(server, 1, okHeaders, false)
                let bytes = framed([1, 2, 3]) + framed([4, 5, 6]).dropLast()
                scripted_server_data(server, 1, bytes, bytes.count, false)
            }
            #expect(try await stream.nextMessages().map { Array(buffer: $0) } == [[1, 2, 3]])
            try await peer.cut()
            let error = await grpcError { () async throws(GRPCError) in _ = try await stream.nextMessages() }
            #expect(error?.code == .unavailable)
            #expect(error?.disposition == .mayHaveExecuted)
        }
    }

    @Test("A reader that stops stops the server, and no other call")
    func backPressure() async throws {
        let size = 100_000
        let configure: (inout GRPCTransportConfiguration) -> Void = { $0.streamWindowSize = 200_000 }
        try await Self.withPeer(script: { _, _, _ in }, configure: configure) { peer, transport in
            let stream = try await transport.openStream(Self.method, lane: .unary)
            try await stream.send([1])
            try await peer.wait { scripted_server_request_count($0) == 1 }
            try await peer.act { server in
                scripted_server_headers(server, 1, okHeaders, false)
                let message = framed([UInt8](repeating: 1, count: size))
                for _ in 0..<20 { scripted_server_data(server, 1, message, message.count, false) }
                scripted_server_trailers(server, 1, "grpc-status: 0\n")
            }
            try await peer.wait { scripted_server_window($0, 1) <= 0 }
            async let other = transport.unary(Self.method, message: [2], deadline: soon)
            try await peer.wait { scripted_server_request_ended($0, 3) }
            try await peer.act { answer($0, stream: 3) }
            _ = try await other
            let found = try await peer.act { scripted_server_window($0, 1) }
            #expect(found <= 0)

            var count = 0
            while case let batch = try await stream.nextMessages(), !batch.isEmpty {
                #expect(batch.allSatisfy { $0.readableBytes == size })
                count += batch.count
            }
            #expect(count == 20)
        }
    }

    @Test("A sender waits for the server's window and sends everything")
    func sendBackPressure() async throws {
        try await Self.withPeer(script: { _, _, _ in }) { peer, transport in
            let stream = try await transport.openStream(Self.method)
            let message = [UInt8](repeating: 3, count: 400_000)
            for _ in 0..<10 { try await stream.send(message) }
            stream.finishSending()
            try await peer.wait { scripted_server_request_ended($0, 1) }
            let length = try await peer.act { server in
                var length = 0
                _ = scripted_server_request_body(server, 1, &length)
                return length
            }
            #expect(length == 10 * 400_005)
        }
    }

    @Test("Lanes have connections of their own")
    func lanes() async throws {
        try await Self.withPeer(script: { server, _, requests in
            for request in 0..<requests where scripted_server_reset_code(server, Int32(request * 2 + 1)) == -1 {
                answer(server, stream: Int32(request * 2 + 1))
            }
        }) { peer, transport in
            for lane in ConnectionLane.allCases { _ = try await transport.unary(Self.method, message: [1], lane: lane, deadline: soon) }
            #expect(peer.connectionCount == 3)
        }
    }

    @Test("A transport that ends fails its open calls and all later ones")
    func shutdown() async throws {
        try await ScriptedPeer.with(script: { _, _, _ in }) { peer in
            let (transport, open) = try await withTransport([peer.endpoint.description]) { transport in
                let stream = try await transport.openStream(Self.method)
                try await stream.send([1])
                try await peer.wait { scripted_server_request_count($0) == 1 }
                return (transport, stream)
            }
            let error = await grpcError { () async throws(GRPCError) in _ = try await open.nextMessages() }
            #expect(error?.code == .unavailable)
            #expect(error?.origin == .shutdown)
            #expect(error?.disposition == .mayHaveExecuted)
            let later = await grpcError { () async throws(GRPCError) in _ = try await transport.unary(Self.method, message: [1]) }
            #expect(later?.origin == .shutdown)
            #expect(later?.disposition == .notSent)
        }
    }

    @Test("A second run fails and leaves the first alone, while that goes on and after its end")
    func secondRun() async throws {
        @Sendable func refuse(_ transport: GRPCTransport) async {
            let error = await #expect(throws: GRPCError.self) { try await transport.run() }
            #expect(error?.code == .failedPrecondition && error?.message.contains("run() has been called already") == true)
        }
        try await ScriptedPeer.with(script: answering) { peer in
            let ended = try await withTransport([peer.endpoint.description]) { transport in
                // The first run has begun when this is answered.
                _ = try await transport.unary(Self.method, message: [1], deadline: soon)
                await refuse(transport)
                _ = try await transport.unary(Self.method, message: [1], lane: .bulk, deadline: soon)
                return transport
            }
            await refuse(ended)
        }
    }

    @Test("A call for which no connection comes says of each endpoint why when its deadline passes")
    func nobodyListens() async throws {
        let endpoints = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
        try await withTransport(endpoints) { transport in
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(Self.method, message: [1], deadline: .now + .seconds(8))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.disposition == .notSent)
            let reasons = error?.message.split(separator: "; ") ?? []
            for endpoint in endpoints {
                #expect(reasons.contains { $0.contains("\(endpoint): ") && $0.contains("refused") }, "\(error?.message ?? "")")
            }
        }
    }

    @Test("A call that waits for a connection ends when its task is cancelled")
    func cancelWaiting() async throws {
        try await withTransport(["http://127.0.0.1:1"]) { transport in
            let call = Task { await grpcError { () async throws(GRPCError) in _ = try await transport.unary(Self.method, message: [1]) } }
            call.cancel()
            let error = await call.value
            #expect(error?.code == .cancelled)
            #expect(error?.disposition == .notSent)
        }
    }

    @Test("Names of metadata are sent, and looked up, in lower case, and secrets among them stay secrets")
    func metadataCase() async throws {
        var metadata: GRPCMetadata = ["Authorization": "secret", "X-Name": "Value"]
        var field = GRPCMetadata.Field(name: "a", value: "b")
        field.name = "X-Other"
        metadata.append(field)
        let sent = metadata
        #expect(metadata["X-NAME"] == "Value" && metadata["x-other"] == "b")
        try await Self.withPeer(script: answering) { peer, transport in
            _ = try await transport.unary(Self.method, message: [1], metadata: sent, deadline: soon)
            let headers = try await peer.act { String(cString: scripted_server_request_headers($0, 1)) }
            let lines = headers.split(separator: "\n")
            for line in ["!authorization: secret", "x-name: Value", "x-other: b"] { #expect(lines.contains(Substring(line)), "\(headers)") }
        }
    }

    @Test("Metadata that may not be sent fails the call without a trace at the server")
    func badMetadata() async throws {
        try await Self.withPeer(script: { _, _, _ in }) { peer, transport in
            let error = await grpcError { () async throws(GRPCError) in
                _ = try await transport.unary(Self.method, message: [1], metadata: ["grpc-status": "0"], deadline: soon)
            }
            #expect(error?.code == .internal)
            #expect(error?.disposition == .notSent)
            let found = try await peer.act { scripted_server_request_count($0) }
            #expect(found == 0)
        }
    }

    /// Waits until the peer has accepted its first connection and that connection has made a request.
    private static func waitForConnection(_ peer: ScriptedPeer) async throws { try await peer.waitForRequest() }
}
