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

    /// Opens a stream: every stream of the client begins here, so that each carries what the client's calls carry.
    ///
    /// Logs in first when there's no token, or one that was refused. A refusal by the server comes on the stream, later: whoever sees it tells the
    /// authenticator, unless it's seen by ``attempting(_:until:_:)``, which does.
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
        do throws(GRPCError) {
            let identity: Authenticator.Fields
            do throws(EtcdError) {
                identity = try await authenticator.fields(until: deadline)
            } catch {
                throw GRPCError(loginFailure: error)
            }
            var metadata = metadata(identity, requiresLeader)
            observation?.inject(into: &metadata)
            let stream = try await transport.openStream(
                method, lane: lane, metadata: metadata, deadline: deadline, endsOnGoAway: endsOnGoAway, endpoint: endpoint, parts: parts)
            observation?.end(nil)
            return IdentifiedStream(stream: stream, login: identity.generation)
        } catch {
            observation?.end(EtcdError(.unavailable, message: error.message, underlying: error))
            throw error
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
