//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("When a client logs in")
struct TokenStateMachineTests {
    private typealias Machine = TokenStateMachine
    private let begin = ContinuousClock.now

    private func after(_ seconds: Double) -> ContinuousClock.Instant { begin + .seconds(seconds) }
    private func error(_ code: EtcdError.Code) -> EtcdError { EtcdError(code, message: "because of \(code)") }

    private func name(_ action: TokenStateMachine.Action) -> String {
        switch action {
        case .use(let access): "use \(access.token ?? "nothing") of login \(access.generation)"
        case .logIn: "log in"
        case .wait: "wait"
        case .fail(let error): "fail: \(error.code)"
        case .wake: "wake"
        case .none: "none"
        }
    }

    struct Story: Sendable, CustomTestStringConvertible {
        enum Step: Sendable {
            case wanted(refused: UInt64? = nil, at: Double = 0)
            case streamRefused(login: UInt64)
            case loggedIn(String?)
            case failed(EtcdError.Code, at: Double = 0)
            case stopped
        }
        var testDescription: String
        var steps: [(Step, String)]

        init(_ description: String, _ steps: [(Step, String)]) {
            testDescription = description
            self.steps = steps
        }
    }

    static let stories = [
        Story(
            "one login for all who come",
            [
                (.wanted(), "log in"), (.wanted(), "wait"), (.wanted(), "wait"), (.loggedIn("a"), "wake"), (.wanted(), "use a of login 1"),
                (.wanted(), "use a of login 1"),
            ]),
        Story(
            "a token counts until it's refused, and only a refusal of this one counts",
            [
                (.wanted(), "log in"), (.loggedIn("a"), "wake"), (.wanted(refused: 1), "log in"), (.wanted(refused: 1), "wait"),
                (.loggedIn("b"), "wake"), (.wanted(refused: 1), "use b of login 2"), (.wanted(refused: 2), "log in"),
            ]),
        Story(
            "a cluster that asks nobody gets no token, until it begins to ask",
            [
                (.wanted(), "log in"), (.loggedIn(nil), "wake"), (.wanted(), "use nothing of login 1"), (.wanted(refused: 1), "log in"),
                (.loggedIn("a"), "wake"), (.wanted(), "use a of login 2"),
            ]),
        Story(
            "a wrong password is tried again after 1, 2, 4 … seconds, not by each call",
            [
                (.wanted(), "log in"), (.failed(.authenticationFailed), "wake"), (.wanted(at: 0.9), "fail: authentication failed"),
                (.wanted(at: 1), "log in"), (.failed(.authenticationFailed, at: 1), "wake"), (.wanted(at: 2.9), "fail: authentication failed"),
                (.wanted(at: 3), "log in"), (.loggedIn("a"), "wake"), (.wanted(refused: 1, at: 4), "log in"),
                (.failed(.authenticationFailed, at: 4), "wake"), (.wanted(at: 4.9), "fail: authentication failed"), (.wanted(at: 5), "log in"),
            ]),
        Story(
            "a server that can't be reached now may be the next moment",
            [(.wanted(), "log in"), (.failed(.unavailable), "wake"), (.wanted(), "log in"), (.failed(.noLeader), "wake"), (.wanted(), "log in")]),
        Story(
            "a refused stream has the next one log in, unless it was opened with another login's token",
            [
                (.wanted(), "log in"), (.loggedIn("a"), "wake"), (.streamRefused(login: 0), "none"), (.wanted(), "use a of login 1"),
                (.streamRefused(login: 1), "none"), (.wanted(), "log in"), (.streamRefused(login: 1), "none"), (.loggedIn("b"), "wake"),
                (.streamRefused(login: 1), "none"), (.wanted(), "use b of login 2"),
            ]),
        Story(
            "nobody waits for a client that is shut down",
            [
                (.wanted(), "log in"), (.stopped, "wake"), (.wanted(), "fail: client stopped"), (.loggedIn("a"), "wake"),
                (.wanted(), "fail: client stopped"),
            ]),
    ]

    @Test("It logs in when it must, once for all, and not by a timer", arguments: stories)
    func story(_ story: Story) {
        var machine = Machine()
        for (step, expected) in story.steps {
            let event: Machine.Event =
                switch step {
                case .wanted(let refused, let at): .wanted(refused: refused, after(at))
                case .streamRefused(let login): .streamRefused(login: login)
                case .loggedIn(let token): .loggedIn(token)
                case .failed(let code, let at): .loginFailed(error(code), after(at))
                case .stopped: .stopped
                }
            let action = name(machine.handle(event))
            #expect(action == expected, "after \(step)")
        }
    }

    @Test("Waits after wrong passwords grow to half a minute, no more")
    func bounded() {
        var machine = Machine()
        var now = 0.0
        for _ in 0..<20 {
            guard case .logIn = machine.handle(.wanted(refused: nil, after(now))) else {
                Issue.record("no login after \(now) s")
                return
            }
            _ = machine.handle(.loginFailed(error(.authenticationFailed), after(now)))
            now += 32
        }
    }
}
