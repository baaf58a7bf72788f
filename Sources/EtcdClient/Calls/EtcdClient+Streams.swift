//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

extension EtcdClient {
    /// A stream, and whose token it was opened with.
    struct IdentifiedStream: Sendable {
        var stream: GRPCStream
        /// The login that gave the token: what ``Authenticator/streamRefused(login:)`` is to be told when the server refuses it.
        var login: UInt64
    }

    /// Opens a stream that is one for itself: it carries what the client's calls carry, and its opening is observed as one. A stream that is an attempt at a
    /// call gets what it carries from ``repeating(_:until:after:authenticates:_:)``, where the call is observed.
    ///
    /// Logs in first when there's no token, or one that was refused. A refusal by the server comes on the stream, later: whoever sees it tells the
    /// authenticator.
    /// - Parameters:
    ///   - requiresLeader: has a member without a leader end the stream, rather than leave it silent.
    ///   - endpoint: the one server to open it on; nil for whichever is connected.
    ///   - endsOnGoAway: see `GRPCTransport.openStream`.
    ///   - parts: see `GRPCTransport.openStream`.
    func openStream(
        _ method: GRPCMethod, lane: ConnectionLane, requiresLeader: Bool = true, deadline: ContinuousClock.Instant? = nil,
        endpoint: GRPCEndpoint? = nil, endsOnGoAway: Bool? = nil, parts: (@Sendable () -> any PartReceiver)? = nil
    ) async throws(GRPCError) -> IdentifiedStream {
        let observation = observer?.begin(method)
        let identity: Authenticator.Fields
        do throws(EtcdError) {
            identity = try await authenticator.fields(until: deadline)
        } catch {
            observation?.end(error)
            throw GRPCError(loginFailure: error)
        }
        do throws(GRPCError) {
            var metadata = metadata(identity, requiresLeader)
            observation?.inject(into: &metadata)
            let stream = try await transport.openStream(
                method, lane: lane, metadata: metadata, deadline: deadline, endsOnGoAway: endsOnGoAway, endpoint: endpoint, parts: parts)
            observation?.end(nil)
            return IdentifiedStream(stream: stream, login: identity.generation)
        } catch {
            observation?.end(EtcdError(ending: error) { "open a stream of \(method)" })
            throw error
        }
    }
}

extension EtcdError {
    /// What a stream that isn't tried again ends with, in the words of calls.
    init(ending error: GRPCError, _ operation: @escaping @Sendable () -> String) {
        var policy = CallPolicy(kind: .repeatable, endpoints: 1, operation: .other(operation))
        // Where there's no time left nothing is repeated.
        if case .fail(let failure) = policy.handle(error, remaining: .zero, jitter: 0) {
            self = failure
        } else {
            self.init(.unavailable, message: "\(operation()): \(error.message)", underlying: error)
        }
    }
}

extension GRPCError {
    /// Whether a server refused the token that a stream was opened with.
    var refusesToken: Bool { origin == .server && ServerError(self).code == .unauthenticated }

    /// A stream that can't be opened because the login failed.
    fileprivate init(loginFailure error: EtcdError) {
        if let underlying = error.underlying {
            self = underlying
            return
        }
        let (code, origin): (GRPCStatusCode, Origin) =
            switch error.code {
            case .canceled: (.cancelled, .caller)
            case .deadlineExceeded: (.deadlineExceeded, .deadline)
            case .stopped: (.unavailable, .shutdown)
            default: (.unauthenticated, .server)
            }
        // Of a stream nothing was executed; a disposition that says so would have it opened again for ever.
        self.init(code: code, message: error.message, disposition: origin == .server ? .mayHaveExecuted : .notSent, origin: origin)
    }
}
