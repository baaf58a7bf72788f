//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Synchronization

/// Logs in for all calls of a client, and keeps what that gave.
final class Authenticator: Sendable {
    typealias Access = TokenStateMachine.Access

    private struct Shared {
        var machine = TokenStateMachine()
        var isWanted = false
        var current: Fields
    }

    /// A token's generation with the metadata that carries it, made once a login and not once a call.
    struct Fields: Sendable {
        var generation: UInt64
        var plain: GRPCMetadata
        var requiringLeader: GRPCMetadata

        /// Of a call that says nothing of who makes it.
        static let anonymous = Fields(generation: 0, token: nil)

        init(generation: UInt64, token: String?) {
            self.generation = generation
            plain = [:]
            requiringLeader = ["hasleader": "true"]
            guard let token else { return }
            // etcd's name for it; `authorization` is read too, but servers differ in what they want in it.
            plain.append(name: "token", value: token)
            requiringLeader.append(name: "token", value: token)
        }
    }

    private let credentials: EtcdCredentials.Kind?
    private let shared: Mutex<Shared>
    private let bell = Bell()
    private let waiters = WaitingRoom<EtcdError?>()
    private let transport: GRPCTransport

    /// - Parameter transport: the client's, which is run when ``run(_:)`` is.
    init(_ credentials: EtcdCredentials?, transport: GRPCTransport) {
        self.credentials = credentials?.kind
        self.transport = transport
        var token: String?
        if case .token(let ready) = credentials?.kind { token = ready }
        fixed = Fields(generation: 0, token: token)
        shared = Mutex(Shared(current: fixed))
    }

    /// What calls send where no login is needed.
    let fixed: Fields

    /// Whether a refused token can be replaced by another.
    var canLogIn: Bool {
        switch credentials {
        case .user, .provider: true
        case .token, nil: false
        }
    }

    /// What to send with a call; logs in, or waits for the login under way, when there's nothing to send.
    /// - Parameter refused: the generation of what a server has just refused.
    func fields(refused: UInt64? = nil, until deadline: ContinuousClock.Instant?) async throws(EtcdError) -> Fields {
        guard canLogIn else { return fixed }
        var refused = refused
        while true {
            enum Step { case use(Fields), wait(WaitingRoom<EtcdError?>.Ticket, rings: Bool), fail(EtcdError) }
            let step: Step = shared.withLock { shared in
                switch shared.machine.handle(.wanted(refused: refused, .now)) {
                case .use(let access):
                    if shared.current.generation != access.generation {
                        shared.current = Fields(generation: access.generation, token: access.token)
                    }
                    return .use(shared.current)
                case .logIn:
                    shared.isWanted = true
                    return .wait(waiters.enter(), rings: true)
                case .wait, .wake, .none: return .wait(waiters.enter(), rings: false)
                case .fail(let error): return .fail(error)
                }
            }
            switch step {
            case .use(let fields): return fields
            case .fail(let error): throw error
            case .wait(let ticket, let rings):
                if rings { bell.ring() }
                try await wait(ticket, until: deadline)
                refused = nil
            }
        }
    }

    private func wait(_ ticket: WaitingRoom<EtcdError?>.Ticket, until deadline: ContinuousClock.Instant?) async throws(EtcdError) {
        transport.awaitRun()
        switch await waiters.wait(ticket, until: deadline) {
        case .called(nil): return
        case .called(let failure?): throw failure
        case .timedOut:
            let cause = transport.hasRun ? "while the client logged in" : "before the client could log in; run() has not been called"
            throw EtcdError(.deadlineExceeded, message: "the deadline passed \(cause)")
        case .cancelled: throw EtcdError(.canceled, message: "the task was cancelled while the client logged in")
        }
    }

    /// Logs in before there is something to send, if that is due: see ``LoginPace``.
    func prepare(until deadline: ContinuousClock.Instant? = nil) async {
        do throws(EtcdError) {
            _ = try await fields(until: deadline)
        } catch {
            // What is sent next meets the same, and tells it.
        }
    }

    /// Says that a server refused the token of this login, which a stream was opened with. The next stream, or call, logs in first.
    func streamRefused(login: UInt64) {
        shared.withLock { _ = $0.machine.handle(.streamRefused(login: login)) }
    }

    // MARK: The login

    /// Logs in whenever that is wanted, until cancelled.
    func run(_ logIn: (EtcdCredentials.User) async throws(EtcdError) -> String?) async {
        while !Task.isCancelled {
            let isWanted = shared.withLock { shared in
                defer { shared.isWanted = false }
                return shared.isWanted
            }
            guard isWanted else {
                await bell.wait()
                continue
            }
            do throws(EtcdError) {
                let token = try await logIn(try await user())
                finish(.loggedIn(token), nil)
            } catch {
                // Those who wait are to hear of the shutdown, not of the login that it ended.
                if Task.isCancelled { break }
                finish(.loginFailed(error, .now), error)
            }
        }
        finish(.stopped, nil)
    }

    /// Those who come after the lock is released wait for another login.
    private func finish(_ event: TokenStateMachine.Event, _ failure: EtcdError?) {
        let tickets = shared.withLock { shared in
            _ = shared.machine.handle(event)
            return waiters.all()
        }
        waiters.call(tickets, failure)
    }

    private func user() async throws(EtcdError) -> EtcdCredentials.User {
        switch credentials {
        case .user(let user): return user
        case .provider(let provide):
            do {
                return try await provide()
            } catch {
                throw EtcdError(.credentialsUnavailable, message: "the provider of credentials failed: \(error)")
            }
        case .token, nil: throw EtcdError(.credentialsUnavailable, message: "there's no name and password to log in with")
        }
    }
}
