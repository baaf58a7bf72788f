//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import NIOCore

extension EtcdClient {
    /// One RPC, with the repetitions that its kind allows.
    struct Call: Sendable {
        var method: GRPCMethod
        var kind: CallKind
        var lane = ConnectionLane.unary
        var requiresLeader = true
        var deadline: ContinuousClock.Instant?
        /// The one server to ask; nil for whichever is connected.
        var endpoint: GRPCEndpoint?
        /// Names the operation and its input in errors.
        var operation: @Sendable () -> String
    }

    func deadline(for call: Call) -> ContinuousClock.Instant { call.deadline ?? .now + timeout(of: call.kind) }

    /// How long a call may take that doesn't say.
    func timeout(of kind: CallKind) -> Duration {
        options.timeout ?? (kind == .write ? configuration.writeTimeout : configuration.readTimeout)
    }

    // What follows stays on the executor it was called on: each change of executors, even to the same one, costs as much as a small allocation.

    /// Encodes, calls, repeats, decodes.
    nonisolated(nonsending) func perform<Response>(
        _ call: Call, encode: (MessageArena) throws(ArenaExhausted) -> [UInt8],
        decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        let response = try await exchange(call, encode: encode)
        do throws(MalformedMessage) {
            return try response.message.withUnsafeBytes(decode)
        } catch {
            throw Self.malformed(call, error)
        }
    }

    /// Encodes, calls, repeats, decodes; and notices when the store isn't the one that it was.
    nonisolated(nonsending) func perform<Response: HeaderBearing>(
        _ call: Call, encode: (MessageArena) throws(ArenaExhausted) -> [UInt8],
        decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        // What was answered before this call was made, it must see; what is answered meanwhile, it need not.
        let isLinearizable = call.kind == .write || (Response.readsAreLinearizable && call.requiresLeader)
        let floor = try history.floor(call, isLinearizable: isLinearizable)
        let response = try await exchange(call, encode: encode)
        let answer: Response
        do throws(MalformedMessage) {
            answer = try response.message.withUnsafeBytes(decode)
        } catch {
            throw Self.malformed(call, error)
        }
        try history.see(answer.header, floor, call)
        return answer
    }

    private nonisolated(nonsending) func exchange(
        _ call: Call, encode: (MessageArena) throws(ArenaExhausted) -> [UInt8]
    ) async throws(EtcdError) -> ReceivedResponse {
        let request: [UInt8]
        do throws(ArenaExhausted) {
            request = try MessageArena.withArena(encode)
        } catch {
            throw EtcdError(.requestTooLarge, message: "\(call.operation()): the request doesn't fit into 64 MiB; send less at once")
        }
        let deadline = deadline(for: call)
        return try await repeating(call, until: deadline) { [transport] metadata async throws(GRPCError) in
            try await transport.unaryReceived(
                call.method, message: request, lane: call.lane, metadata: metadata, deadline: deadline, endpoint: call.endpoint)
        }
    }

    /// Does something until it succeeds or the call's policy gives up.
    nonisolated(nonsending) func attempting<Result: Sendable>(
        _ call: Call, until deadline: ContinuousClock.Instant, _ attempt: nonisolated(nonsending) () async throws(GRPCError) -> Result
    ) async throws(EtcdError) -> Result {
        try await repeating(call, until: deadline) { _ async throws(GRPCError) in try await attempt() }
    }

    /// Does something until it succeeds or the call's policy gives up. Each attempt is given what to send along.
    nonisolated(nonsending) func repeating<Result: Sendable>(
        _ call: Call, until deadline: ContinuousClock.Instant, authenticates: Bool = true,
        _ attempt: nonisolated(nonsending) (GRPCMetadata) async throws(GRPCError) -> Result
    ) async throws(EtcdError) -> Result {
        guard let observation = observer?.begin(call.method) else {
            return try await attempts(call, until: deadline, authenticates: authenticates, nil, attempt)
        }
        do throws(EtcdError) {
            let result = try await attempts(call, until: deadline, authenticates: authenticates, observation, attempt)
            observation.end(nil)
            return result
        } catch {
            observation.end(error)
            throw error
        }
    }

    private nonisolated(nonsending) func attempts<Result: Sendable>(
        _ call: Call, until deadline: ContinuousClock.Instant, authenticates: Bool, _ observation: CallObservation?,
        _ attempt: nonisolated(nonsending) (GRPCMetadata) async throws(GRPCError) -> Result
    ) async throws(EtcdError) -> Result {
        var policy: CallPolicy?
        var refused: UInt64?
        while true {
            let identity =
                if !authenticates {
                    Authenticator.Fields.anonymous
                } else if !authenticator.canLogIn {
                    // There's nothing to wait for, nor to look up.
                    authenticator.fixed
                } else {
                    try await self.identity(for: call, refused: refused, until: deadline)
                }
            do throws(GRPCError) {
                return try await attempt(metadata(identity, requiresLeader: call.requiresLeader, observation))
            } catch {
                if call.endpoint == nil { judge(error, lane: call.lane) }
                // Most calls succeed at once and need no policy.
                let endpoints = call.endpoint == nil ? transport.endpoints.count : 1
                var current =
                    policy
                    ?? CallPolicy(
                        kind: call.kind, endpoints: endpoints, canLogIn: authenticates && authenticator.canLogIn, operation: call.operation)
                let action = current.handle(error, remaining: deadline - .now, jitter: .random(in: 0..<1))
                policy = current
                switch action {
                case .fail(let failure): throw failure
                case .authenticate: refused = identity.generation
                case .retry(let wait): try await pause(call, wait, error)
                }
                observation?.repeats()
            }
        }
    }

    /// Lets the next call go elsewhere when a member says that it can't serve.
    func judge(_ error: GRPCError, lane: ConnectionLane) {
        guard error.origin == .server, let endpoint = error.endpoint else { return }
        guard let outcome = ServerError(code: error.code, text: error.message).judgement else { return }
        transport.report(outcome, of: endpoint, lane: lane)
    }

    private func pause(_ call: Call, _ wait: Duration, _ error: GRPCError) async throws(EtcdError) {
        logger.debug("\(call.method) failed, trying again", metadata: ["error": "\(error)", "wait": "\(wait)"])
        do {
            try await Task.sleep(for: wait)
        } catch is CancellationError {
            throw EtcdError(.canceled, message: "\(call.operation()): the task was cancelled", underlying: error)
        } catch {
            throw EtcdError(.canceled, message: "\(call.operation()): \(error)")
        }
    }

    private static func malformed(_ call: Call, _ error: MalformedMessage) -> EtcdError {
        let message = "\(call.operation()): the server's answer can't be read: \(error.reason)"
        switch call.kind {
        case .repeatable: return EtcdError(.malformedResponse, message: message)
        case .write: return EtcdError(.unknownOutcome, message: message, outcome: .unknown)
        }
    }
}

extension EtcdClient {
    /// What calls say of who makes them and how.
    func metadata(_ identity: Authenticator.Fields, requiresLeader: Bool, _ observation: CallObservation? = nil) -> GRPCMetadata {
        let requiresLeader = requiresLeader && (options.requiresLeader ?? configuration.requiresLeader)
        var metadata = requiresLeader ? identity.requiringLeader : identity.plain
        for field in options.metadata { metadata.append(field) }
        observation?.inject(into: &metadata)
        return metadata
    }

    private func identity(
        for call: Call, refused: UInt64?, until deadline: ContinuousClock.Instant
    ) async throws(EtcdError) -> Authenticator.Fields {
        while true {
            do throws(EtcdError) {
                return try await authenticator.fields(refused: refused, until: deadline)
            } catch {
                // A login gives up before a patient call does.
                if CallPolicy.mayPass(error.code), deadline > .now { continue }
                var failure = error
                failure.message = "\(call.operation()): \(error.message)"
                throw failure
            }
        }
    }
}

extension ByteBuffer {
    /// What `decode` makes of the readable bytes.
    func decoded<Value>(
        _ decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Value
    ) throws(MalformedMessage) -> Value {
        // NIO's accessor rethrows untyped, so the typed error is carried around it.
        let result = withUnsafeReadableBytes { bytes in
            Result { () throws(MalformedMessage) in try decode(bytes) }
        }
        return try result.get()
    }
}
