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
        /// By NIO's clock, which is quicker to reckon with than Swift's.
        var deadline: NIODeadline?
        /// The one server to ask; nil for whichever is connected.
        var endpoint: GRPCEndpoint?
        /// Whether the server answers only when something happens that may be far off, such as that a lock is free.
        var mayBlock = false
        /// Whether a server that is silent is not worth waiting for.
        var mayMove: Bool { kind != .write && endpoint == nil && !mayBlock }
        /// Names the operation and its input in errors.
        var operation: OperationName
    }

    func deadline(for call: Call) -> NIODeadline { call.deadline ?? .now() + (call.kind == .write ? patience.write : patience.read) }

    /// How long a call may take that doesn't say.
    func timeout(of kind: CallKind) -> Duration {
        options.timeout ?? (kind == .write ? configuration.writeTimeout : configuration.readTimeout)
    }

    /// Encodes, calls, repeats, decodes.
    func perform<Response>(
        _ call: Call, encode: (MessageArena) throws(ArenaExhausted) -> [UInt8],
        decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        let response = try await exchange(call, try Self.encoded(call, encode))
        return try Self.decoded(call, response) { response throws(MalformedMessage) in try response.withUnsafeBytes(decode) }
    }

    /// Encodes, calls, repeats, decodes; and notices when the store isn't the one that it was.
    func perform<Response: HeaderBearing>(
        _ call: Call, encode: (MessageArena) throws(ArenaExhausted) -> [UInt8],
        decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        try await perform(call, request: try Self.encoded(call, encode)) { response throws(MalformedMessage) in try response.withUnsafeBytes(decode) }
    }

    /// Encodes, calls, repeats, decodes; and notices when the store isn't the one that it was.
    ///
    /// This is the way of every small call: it's to be made part of its caller, since each asynchronous function costs a frame of its own.
    @inline(__always)
    func perform<Response: HeaderBearing>(
        _ call: Call, request fields: (inout ProtobufWriter) -> Void,
        decode: (UnsafeRawBufferPointer) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        try await perform(call, request: try Self.encoded(call, fields)) { response throws(MalformedMessage) in try response.withUnsafeBytes(decode) }
    }

    /// As ``perform(_:request:decode:)``, for an answer that may be long: it's read while it comes.
    func performAtLength<Response: HeaderBearing & WireDecodable & Sendable>(
        _ call: Call, request fields: (inout ProtobufWriter) -> Void
    ) async throws(EtcdError) -> Response {
        try await perform(call, request: try Self.encoded(call, fields), parts: { MessageParts<Response>() }) { response throws(MalformedMessage) in
            try response.withUnsafeBytes { rest throws(MalformedMessage) in try MessageParts<Response>.message(rest, after: response.parts) }
        }
    }

    @inline(__always)
    private func perform<Response: HeaderBearing>(
        _ call: Call, request: [UInt8], parts: (@Sendable () -> any PartReceiver)? = nil,
        _ read: (ReceivedResponse) throws(MalformedMessage) -> Response
    ) async throws(EtcdError) -> Response {
        // What was answered before this call was made, it must see; what is answered meanwhile, it need not.
        let isLinearizable = call.kind == .write || (Response.readsAreLinearizable && call.requiresLeader)
        let floor = try history.floor(call, isLinearizable: isLinearizable)
        let response = try await exchange(call, request, parts)
        let answer = try Self.decoded(call, response, read)
        guard answer.header.isPossible else {
            throw Self.malformed(call, MalformedMessage(reason: "the store can't be at revision \(answer.header.revision)"))
        }
        try history.see(answer.header, floor, call)
        return answer
    }

    private static func encoded(
        _ call: Call, _ encode: (MessageArena) throws(ArenaExhausted) -> [UInt8]
    ) throws(EtcdError) -> [UInt8] {
        do throws(ArenaExhausted) {
            return try MessageArena.withArena(encode)
        } catch {
            throw tooLarge(call)
        }
    }

    @inline(__always)
    private static func encoded(_ call: Call, _ fields: (inout ProtobufWriter) -> Void) throws(EtcdError) -> [UInt8] {
        do throws(MessageTooLong) {
            return try ProtobufWriter.message(fields)
        } catch {
            throw tooLarge(call)
        }
    }

    private static func tooLarge(_ call: Call) -> EtcdError {
        EtcdError(.requestTooLarge, message: "\(call.operation()): the request doesn't fit into 64 MiB; send less at once")
    }

    private static func decoded<Response>(
        _ call: Call, _ response: ReceivedResponse, _ read: (ReceivedResponse) throws(MalformedMessage) -> Response
    ) throws(EtcdError) -> Response {
        do throws(MalformedMessage) {
            return try read(response)
        } catch {
            throw malformed(call, error)
        }
    }

    @inline(__always)
    private func exchange(
        _ call: Call, _ request: [UInt8], _ parts: (@Sendable () -> any PartReceiver)? = nil
    ) async throws(EtcdError) -> ReceivedResponse {
        let deadline = deadline(for: call)
        guard observer == nil, !authenticator.canLogIn else {
            return try await exchangeAtLength(call, request, parts, until: deadline, after: nil)
        }
        // Most calls need nobody's leave, are watched by nobody, and succeed at once.
        do throws(GRPCError) {
            return try await transport.unaryReceived(
                call.method, message: request, lane: call.lane, metadata: metadata(authenticator.fixed, call.requiresLeader),
                deadline: deadline, endpoint: call.endpoint, parts: parts, mayBlock: call.mayBlock, mayBeRepeated: call.mayMove)
        } catch {
            return try await exchangeAtLength(call, request, parts, until: deadline, after: error)
        }
    }

    private func exchangeAtLength(
        _ call: Call, _ request: [UInt8], _ parts: (@Sendable () -> any PartReceiver)?, until deadline: NIODeadline, after failure: GRPCError?
    ) async throws(EtcdError) -> ReceivedResponse {
        try await repeating(call, until: deadline, after: failure) { [transport] metadata async throws(GRPCError) in
            try await transport.unaryReceived(
                call.method, message: request, lane: call.lane, metadata: metadata, deadline: deadline, endpoint: call.endpoint, parts: parts,
                mayBlock: call.mayBlock, mayBeRepeated: call.mayMove)
        }
    }

    /// Does something until it succeeds or the call's policy gives up. Each attempt is given what to send along.
    /// - Parameter failure: how an attempt ended that was made already.
    func repeating<Result: Sendable>(
        _ call: Call, until deadline: NIODeadline, after failure: GRPCError? = nil, authenticates: Bool = true,
        _ attempt: (GRPCMetadata) async throws(GRPCError) -> Result
    ) async throws(EtcdError) -> Result {
        guard let observation = observer?.begin(call.method) else {
            return try await attempts(call, until: deadline, after: failure, authenticates: authenticates, nil, attempt)
        }
        do throws(EtcdError) {
            let result = try await attempts(call, until: deadline, after: failure, authenticates: authenticates, observation, attempt)
            observation.end(nil)
            return result
        } catch {
            observation.end(error)
            throw error
        }
    }

    private func attempts<Result: Sendable>(
        _ call: Call, until deadline: NIODeadline, after failure: GRPCError?, authenticates: Bool, _ observation: CallObservation?,
        _ attempt: (GRPCMetadata) async throws(GRPCError) -> Result
    ) async throws(EtcdError) -> Result {
        let endpoints = call.endpoint == nil ? transport.endpoints.count : 1
        var policy = CallPolicy(
            kind: call.kind, endpoints: endpoints, canLogIn: authenticates && authenticator.canLogIn, operation: call.operation)
        var failure = failure
        var identity = authenticates ? authenticator.fixed : .anonymous
        while true {
            var refused: UInt64?
            var (pauseBefore, pauseAfterLogin) = (Duration.zero, Duration.zero)
            if let failed = failure {
                if call.endpoint == nil { judge(failed, lane: call.lane) }
                let remaining = Duration.nanoseconds((deadline - .now()).nanoseconds)
                switch policy.handle(failed, remaining: remaining, jitter: .random(in: 0..<1)) {
                case .fail(let error): throw error
                case .authenticate(let pause): (refused, pauseAfterLogin) = (identity.generation, pause)
                case .retry(let wait): pauseBefore = wait
                }
            }
            do throws(EtcdError) {
                if pauseBefore > .zero, let failure { try await pause(call, pauseBefore, failure) }
                if failure != nil { observation?.repeats() }
                if authenticates, authenticator.canLogIn { identity = try await self.identity(for: call, refused: refused, until: deadline) }
                if pauseAfterLogin > .zero, let failure { try await pause(call, pauseAfterLogin, failure) }
            } catch {
                throw policy.ending(error)
            }
            do throws(GRPCError) {
                var metadata = metadata(identity, call.requiresLeader)
                observation?.inject(into: &metadata)
                return try await attempt(metadata)
            } catch {
                failure = error
            }
        }
    }

    /// Lets the next call go elsewhere when a member says that it can't serve.
    func judge(_ error: GRPCError, lane: ConnectionLane) {
        guard error.origin == .server, let endpoint = error.endpoint else { return }
        guard let outcome = ServerError(error).judgement else { return }
        transport.report(outcome, of: endpoint, lane: lane)
    }

    private func pause(_ call: Call, _ wait: Duration, _ error: GRPCError) async throws(EtcdError) {
        logger.debug("\(call.method) failed, trying again", metadata: ["error": "\(error)", "wait": "\(wait)"])
        try await Self.pause(wait, after: error) { call.operation() }
    }

    /// Waits before something is tried again.
    /// - Throws: `canceled`, in the name of `operation`, when the task is.
    static func pause(_ wait: Duration, after failure: GRPCError? = nil, _ operation: () -> String) async throws(EtcdError) {
        do {
            try await Task.sleep(for: wait)
        } catch {
            throw EtcdError(.canceled, message: "\(operation()): the task was cancelled", underlying: failure)
        }
    }

    private static func malformed(_ call: Call, _ error: MalformedMessage) -> EtcdError {
        let message = "\(call.operation()): the server's answer can't be read: \(error.reason)"
        switch call.kind {
        case .repeatable: return EtcdError(.malformedResponse, message: message)
        case .write, .idempotentWrite:
            return EtcdError(.unknownOutcome, message: message, outcome: .unknown, reason: .malformedResponse)
        }
    }
}

extension EtcdClient {
    /// What calls say of who makes them and how.
    func metadata(_ identity: Authenticator.Fields, _ requiresLeader: Bool) -> GRPCMetadata {
        let requiresLeader = requiresLeader && (options.requiresLeader ?? configuration.requiresLeader)
        let own = requiresLeader ? identity.requiringLeader : identity.plain
        guard !options.metadata.isEmpty else { return own }
        var metadata = own
        for field in options.metadata { metadata.append(field) }
        return metadata
    }

    private func identity(
        for call: Call, refused: UInt64?, until deadline: NIODeadline
    ) async throws(EtcdError) -> Authenticator.Fields {
        while true {
            do throws(EtcdError) {
                return try await authenticator.fields(refused: refused, until: ContinuousClock.Instant(deadline))
            } catch {
                // A login gives up before a patient call does.
                if CallPolicy.mayPass(error.code), deadline > .now() { continue }
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
