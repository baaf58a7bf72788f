//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCCoreServer
import GRPCTransport
import Logging

/// The gRPC C core as a server, with a function for its calls.
final class CoreServer: Sendable {
    typealias Handler = @Sendable (ServerCall) async throws -> Void

    struct CouldNotStart: Error {}

    /// Where it listens.
    let endpoint: GRPCEndpoint
    /// Set when a shutdown that a test began is complete: all calls have ended.
    let hasShutDown = Latch<Void>()
    // The C side may be used by many threads at once. It is freed by `with` alone, after all uses.
    nonisolated(unsafe) private let pointer: OpaquePointer

    private init(limits: core_server_limits) throws {
        var port: Int32 = 0
        guard let pointer = core_server_start(limits, &port) else { throw CouldNotStart() }
        self.pointer = pointer
        endpoint = GRPCEndpoint(scheme: .http, host: "127.0.0.1", port: Int(port))
    }

    /// Runs a server as long as `body`. Calls that are open afterwards are cancelled, and so are their handlers' tasks.
    static func with<Result: Sendable>(
        limits: core_server_limits = core_server_limits(), handler: @escaping Handler, _ body: @Sendable (CoreServer) async throws -> Result
    ) async throws -> Result {
        let server = try CoreServer(limits: limits)
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask { await server.serve(handler) }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(server)) } catch { result = .failure(error) }
            group.cancelAll()
            await server.stop()
            return result
        }
        core_server_destroy(server.pointer)
        return try result.get()
    }

    private func serve(_ handler: @escaping Handler) async {
        await withTaskGroup(of: Void.self) { group in
            while let call = await ServerCall.accept(from: pointer) {
                group.addTask { await call.waitForEnd() }
                group.addTask {
                    await withTaskCancellationHandler {
                        // A handler throws when its test is over.
                        do { try await handler(call) } catch { call.cancel() }
                    } onCancel: {
                        call.cancel()
                    }
                }
            }
        }
    }

    private func stop() async {
        _ = await step { completion, context in
            core_server_shut_down(pointer, completion, context)
            core_server_cancel_calls(pointer)
        }
    }

    /// Tells clients to go away, and lets open calls finish; ``hasShutDown`` says when they have.
    func beginShutDown() {
        let latch = Unmanaged.passRetained(hasShutDown)
        core_server_shut_down(
            pointer,
            { context, _ in
                guard let context else { return }
                Unmanaged<Latch<Void>>.fromOpaque(context).takeRetainedValue().set()
            }, latch.toOpaque())
    }

    /// Cancels the calls that a shutdown waits for.
    func cancelCalls() { core_server_cancel_calls(pointer) }
}

/// Runs `body` with a server of the core and our transport as its client.
func withCore<Result: Sendable>(
    limits: core_server_limits = core_server_limits(), configure: (inout GRPCTransportConfiguration) -> Void = { _ in },
    handler: @escaping CoreServer.Handler, _ body: @Sendable (GRPCTransport, CoreServer) async throws -> Result
) async throws -> Result {
    var configuration = GRPCTransportConfiguration(endpoints: [])
    configure(&configuration)
    let configured = configuration
    return try await CoreServer.with(limits: limits, handler: handler) { server in
        var configuration = configured
        configuration.endpoints = [server.endpoint]
        return try await withTransport(configuration) { try await body($0, server) }
    }
}

/// Runs `body` with a transport, and the transport as long as it.
func withTransport<Result: Sendable>(
    _ configuration: GRPCTransportConfiguration, _ body: @Sendable (GRPCTransport) async throws -> Result
) async throws -> Result {
    let transport = GRPCTransport(configuration: configuration, logger: Logger(label: "interop"))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await transport.run() }
        let result = try await body(transport)
        group.cancelAll()
        try await group.waitForAll()
        return result
    }
}
