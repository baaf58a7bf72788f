//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decides when to log in, and what calls do meanwhile. Knows no server, clock or task.
///
/// There's one login at a time, whoever wants it. What a login gave counts until a server refuses it; a token's time is the server's business.
struct TokenStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What a call sends.
    struct Access: Sendable, Hashable {
        /// Which login it is of: a higher number is of a later one.
        var generation: UInt64
        /// nil when the cluster doesn't ask who its users are.
        var token: String?
    }

    /// What happened.
    enum Event {
        /// A call wants to be sent. `refused` is the login whose token it was refused with just now.
        case wanted(refused: UInt64?, Instant)
        /// A server refused the token of this login, which a stream was opened with, or it has become too old.
        case streamRefused(login: UInt64)
        /// The login under way gave a token; nil when the cluster doesn't ask who its users are.
        case loggedIn(String?)
        /// It failed.
        case loginFailed(EtcdError, Instant)
        /// The client was shut down.
        case stopped
    }

    /// What to do next.
    enum Action {
        /// Send the call with this.
        case use(Access)
        /// Log in, and tell; wait for the end of it.
        case logIn
        /// Wait for the end of the login that is under way.
        case wait
        /// Give up.
        case fail(EtcdError)
        /// Tell those who wait to ask again.
        case wake
        /// Nothing.
        case none
    }

    private enum State {
        case loggedOut
        case loggingIn
        case loggedIn(Access)
        /// The cluster doesn't know the user by this password. Asking again at once would only help somebody who guesses.
        case refused(EtcdError, until: Instant)
        case stopped
    }

    private var state = State.loggedOut
    private var generation: UInt64 = 0
    private var refusals = 0

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .wanted(let refused, let now): return wanted(refused, now)
        case .streamRefused(let login):
            // Another login's token is not what was refused.
            if case .loggedIn(let access) = state, access.generation == login { state = .loggedOut }
            return .none
        case .loggedIn(let token):
            guard case .loggingIn = state else { return .wake }
            generation += 1
            refusals = 0
            state = .loggedIn(Access(generation: generation, token: token))
            return .wake
        case .loginFailed(let error, let now):
            guard case .loggingIn = state else { return .wake }
            if Self.isFinal(error.code) {
                refusals += 1
                state = .refused(error, until: now + .seconds(1 << min(refusals - 1, 5)))
            } else {
                state = .loggedOut
            }
            return .wake
        case .stopped:
            state = .stopped
            return .wake
        }
    }

    private mutating func wanted(_ refused: UInt64?, _ now: Instant) -> Action {
        switch state {
        case .loggedIn(let access) where refused != access.generation: return .use(access)
        case .loggedOut, .loggedIn: break
        case .loggingIn: return .wait
        case .refused(let error, let until):
            if now < until { return .fail(error) }
        case .stopped:
            return .fail(EtcdError(.stopped, message: "log in: the client is shut down"))
        }
        state = .loggingIn
        return .logIn
    }

    /// Whether another attempt a moment later would end the same way.
    static func isFinal(_ code: EtcdError.Code) -> Bool {
        switch code {
        case .authenticationFailed, .permissionDenied, .invalidArgument, .credentialsUnavailable, .unimplemented, .failedPrecondition: true
        default: false
        }
    }
}
