//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

@Suite("Whether a failed call is tried again")
struct CallPolicyTests {
    struct Evidence: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var error: GRPCError
        /// What a read comes to; nil when it's tried again.
        var read: EtcdError.Code?
        /// What a write comes to; nil when it's tried again.
        var write: EtcdError.Code?

        init(
            _ description: String, _ code: GRPCStatusCode, _ message: String = "", _ disposition: GRPCError.Disposition = .mayHaveExecuted,
            _ origin: GRPCError.Origin = .server, read: EtcdError.Code?, write: EtcdError.Code?
        ) {
            testDescription = description
            error = GRPCError(code: code, message: message, disposition: disposition, origin: origin)
            self.read = read
            self.write = write
        }
    }

    static let evidence = [
        Evidence("could not connect", .unavailable, "", .notSent, .connection, read: nil, write: nil),
        Evidence("REFUSED_STREAM", .unavailable, "", .refused, .server, read: nil, write: nil),
        Evidence("GOAWAY below the stream", .unavailable, "", .refused, .serverGoingAway, read: nil, write: nil),
        Evidence("no leader", .unavailable, "etcdserver: no leader", read: nil, write: nil),
        Evidence("too many requests", .resourceExhausted, "etcdserver: too many requests", read: nil, write: nil),
        Evidence("a learner", .failedPrecondition, "etcdserver: rpc not supported for learner", read: nil, write: nil),
        Evidence("request too large", .invalidArgument, "etcdserver: request is too large", read: .requestTooLarge, write: .requestTooLarge),
        Evidence("no space", .resourceExhausted, "etcdserver: mvcc: database space exceeded", read: .noSpace, write: .unknownOutcome),
        Evidence("compacted", .outOfRange, "etcdserver: mvcc: required revision has been compacted", read: .compacted, write: .compacted),
        Evidence("permission denied", .permissionDenied, "etcdserver: permission denied", read: .permissionDenied, write: .permissionDenied),
        Evidence("no token", .invalidArgument, "etcdserver: user name is empty", read: .unauthenticated, write: .unauthenticated),
        Evidence("an old token", .unauthenticated, "etcdserver: invalid auth token", read: .unauthenticated, write: .unauthenticated),
        Evidence("not capable", .failedPrecondition, "etcdserver: not capable", read: nil, write: nil),
        Evidence("leader changed", .unavailable, "etcdserver: leader changed", read: nil, write: .unknownOutcome),
        Evidence("request timed out", .unavailable, "etcdserver: request timed out", read: nil, write: .unknownOutcome),
        Evidence("server stopped", .unavailable, "etcdserver: server stopped", read: nil, write: .unknownOutcome),
        Evidence("connection lost", .unavailable, "reset by peer", .mayHaveExecuted, .connection, read: nil, write: .unknownOutcome),
        Evidence("GOAWAY above the stream", .unavailable, "", .mayHaveExecuted, .serverGoingAway, read: nil, write: .unknownOutcome),
        Evidence("the server's own deadline", .deadlineExceeded, "context deadline exceeded", read: nil, write: .unknownOutcome),
        Evidence("RST_STREAM(CANCEL)", .cancelled, "", read: nil, write: .unknownOutcome),
        Evidence("RST_STREAM(INTERNAL_ERROR)", .internal, "", read: nil, write: .unknownOutcome),
        Evidence("an error without a name", .unknown, "unexpected EOF", read: nil, write: .unknownOutcome),
        Evidence("our deadline, sent", .deadlineExceeded, "", .mayHaveExecuted, .deadline, read: .deadlineExceeded, write: .unknownOutcome),
        Evidence("our deadline, not sent", .deadlineExceeded, "", .notSent, .deadline, read: .deadlineExceeded, write: .deadlineExceeded),
        Evidence("the caller gave up, sent", .cancelled, "", .mayHaveExecuted, .caller, read: .canceled, write: .unknownOutcome),
        Evidence("the caller gave up, not sent", .cancelled, "", .notSent, .caller, read: .canceled, write: .canceled),
        Evidence("metadata that can't be sent", .internal, "", .notSent, .caller, read: .invalidArgument, write: .invalidArgument),
        Evidence("shut down, sent", .unavailable, "", .mayHaveExecuted, .shutdown, read: .stopped, write: .unknownOutcome),
        Evidence("shut down, not sent", .unavailable, "", .notSent, .shutdown, read: .stopped, write: .stopped),
        Evidence(
            "an answer above our limit", .resourceExhausted, "", .mayHaveExecuted, .protocolViolation, read: .responseTooLarge, write: .unknownOutcome
        ),
        Evidence(
            "an answer above the server's limit", .resourceExhausted, "trying to send message larger than max (9 vs. 8)", read: .responseTooLarge,
            write: .unknownOutcome),
    ]

    private func policy(_ kind: CallKind, endpoints: Int = 3) -> CallPolicy {
        CallPolicy(kind: kind, endpoints: endpoints, operation: .other { "call \"k\"" })
    }

    private func outcome(_ kind: CallKind, _ error: GRPCError) -> EtcdError? {
        var policy = policy(kind)
        switch policy.handle(error, remaining: .seconds(5), jitter: 0.5) {
        case .retry, .authenticate: return nil
        case .fail(let failure): return failure
        }
    }

    @Test("Reads are tried again unless it's pointless", arguments: evidence)
    func read(evidence: Evidence) {
        let failure = outcome(.repeatable, evidence.error)
        #expect(failure?.code == evidence.read)
        #expect(failure == nil || failure?.outcome == .notDone)
    }

    @Test("Writes are tried again only when they were provably not executed, and otherwise say what is known", arguments: evidence)
    func write(evidence: Evidence) {
        let failure = outcome(.write, evidence.error)
        #expect(failure?.code == evidence.write)
        #expect((failure?.outcome == .unknown) == (evidence.write == .unknownOutcome))
    }

    @Test("Writes that may be repeated are, as reads, and say at last what is known, and why no more is", arguments: evidence)
    func idempotentWrite(evidence: Evidence) {
        let failure = outcome(.idempotentWrite, evidence.error)
        let isUnknown = evidence.write == .unknownOutcome
        #expect(failure?.code == evidence.read.map { isUnknown ? .unknownOutcome : $0 })
        #expect(failure?.reason == evidence.read)
        #expect(failure == nil || (failure?.outcome == .unknown) == isUnknown)
    }

    private static let unanswered = GRPCError(code: .unavailable, message: "reset by peer", disposition: .mayHaveExecuted, origin: .connection)
    private static let late = GRPCError(code: .deadlineExceeded, message: "", disposition: .notSent, origin: .deadline)

    @Test("An attempt that may have been executed isn't forgotten, whatever becomes of the later ones")
    func earlierAttempt() {
        var policy = policy(.idempotentWrite)
        guard case .retry = policy.handle(Self.unanswered, remaining: .seconds(5), jitter: 0),
            case .fail(let failure) = policy.handle(Self.late, remaining: .zero, jitter: 0)
        else {
            Issue.record("not one repetition")
            return
        }
        #expect(failure.code == .unknownOutcome && failure.outcome == .unknown && failure.reason == .deadlineExceeded)
        let canceled = policy.ending(EtcdError(.canceled, message: "in the pause"))
        #expect(canceled.code == .unknownOutcome && canceled.outcome == .unknown && canceled.reason == .canceled)

        var untouched = self.policy(.idempotentWrite)
        guard case .fail(let plain) = untouched.handle(Self.late, remaining: .zero, jitter: 0) else {
            Issue.record("tried again")
            return
        }
        #expect(plain.code == .deadlineExceeded && plain.outcome == .notDone)
        #expect(untouched.ending(EtcdError(.canceled, message: "in the pause")).code == .canceled)
    }

    @Test("What a server says at last keeps its name, though an earlier attempt may be the cause of it")
    func lastWord() {
        var policy = policy(.idempotentWrite)
        let gone = GRPCError(
            code: .notFound, message: "etcdserver: requested lease not found", disposition: .mayHaveExecuted, origin: .server)
        guard case .retry = policy.handle(Self.unanswered, remaining: .seconds(5), jitter: 0),
            case .fail(let failure) = policy.handle(gone, remaining: .seconds(5), jitter: 0)
        else {
            Issue.record("not one repetition")
            return
        }
        #expect(failure.code == .leaseNotFound && failure.outcome == .unknown)
    }

    @Test("A full store leaves a write's outcome unknown, and says what to do about it; a read that shows nothing makes it certain")
    func noSpace() throws {
        let error = GRPCError(
            code: .resourceExhausted, message: "etcdserver: mvcc: database space exceeded", disposition: .mayHaveExecuted, origin: .server)
        let failure = try #require(outcome(.write, error))
        #expect(failure.reason == .noSpace && failure.isAnsweredUncertainly)
        #expect(failure.message.contains("disarm") && failure.message.contains("read before writing again"))
        let certain = failure.seenNotDone()
        #expect(certain.code == .noSpace && certain.outcome == .notDone)
        #expect(certain.message.contains("disarm") && !certain.message.contains("read before writing again"))
    }

    @Test("Waits double up to a bound, and vary by a random half")
    func backoff() {
        var policy = policy(.repeatable)
        let error = GRPCError(code: .unavailable, message: "", disposition: .notSent, origin: .connection)
        var waits: [Duration] = []
        for jitter in [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0.999] {
            guard case .retry(let wait) = policy.handle(error, remaining: .seconds(5), jitter: jitter) else {
                Issue.record("not tried again")
                return
            }
            waits.append(wait)
        }
        #expect(Array(waits.prefix(8)) == [10, 20, 40, 80, 160, 320, 320, 320].map { Duration.milliseconds($0) })
        #expect(waits[8] == .milliseconds(160))
        #expect(waits[9] > .milliseconds(470) && waits[9] < .milliseconds(480))
    }

    @Test("Near the deadline the last error is thrown, naming the operation, the attempts and the remedy")
    func lastError() throws {
        var policy = policy(.write)
        let error = GRPCError(code: .unavailable, message: "connection refused", disposition: .notSent, origin: .connection)
        _ = policy.handle(error, remaining: .seconds(1), jitter: 0)
        guard case .fail(let failure) = policy.handle(error, remaining: .milliseconds(1), jitter: 0) else {
            Issue.record("tried again")
            return
        }
        #expect(failure.code == .unavailable)
        #expect(failure.outcome == .notDone)
        for part in ["call \"k\"", "connection refused", "attempt 2", "check that the endpoints are reachable"] {
            #expect(failure.message.contains(part))
        }
    }

    @Test("A single learner isn't asked again, since there's no other member")
    func singleEndpoint() {
        var policy = policy(.repeatable, endpoints: 1)
        let error = GRPCError(
            code: .failedPrecondition, message: "etcdserver: rpc not supported for learner", disposition: .mayHaveExecuted, origin: .server)
        guard case .fail(let failure) = policy.handle(error, remaining: .seconds(5), jitter: 0) else {
            Issue.record("tried again")
            return
        }
        #expect(failure.code == .learner)
    }

    @Test("An internal error is given a second and a third chance, no more")
    func oddities() {
        var policy = policy(.repeatable)
        let error = GRPCError(code: .internal, message: "grpc: error unmarshalling request", disposition: .mayHaveExecuted, origin: .server)
        var attempts = 1
        while case .retry = policy.handle(error, remaining: .seconds(5), jitter: 0), attempts < 10 { attempts += 1 }
        #expect(attempts == 3)
    }

    @Test(
        "With a name and a password a refused token is replaced, at once and then with growing pauses, for writes too",
        arguments: [CallKind.repeatable, .write],
        ["etcdserver: invalid auth token", "etcdserver: revision of auth store is old", "etcdserver: user name is empty"])
    func logins(kind: CallKind, text: String) {
        var policy = CallPolicy(kind: kind, endpoints: 1, canLogIn: true, operation: .other { "call" })
        let error = GRPCError(code: .unauthenticated, message: text, disposition: .mayHaveExecuted, origin: .server)
        var pauses: [Duration] = []
        for _ in 0..<4 {
            guard case .authenticate(let pause) = policy.handle(error, remaining: .seconds(5), jitter: 0) else {
                Issue.record("no login")
                return
            }
            pauses.append(pause)
        }
        #expect(pauses == [.zero, .milliseconds(100), .milliseconds(400), .milliseconds(1600)])
        guard case .fail(let failure) = policy.handle(error, remaining: .seconds(5), jitter: 0) else {
            Issue.record("no end")
            return
        }
        #expect(failure.code == .unauthenticated && failure.outcome == .notDone)
        #expect(failure.message.contains("attempt 5"))
    }

    @Test("There is no login that the deadline leaves no time to wait after")
    func loginWithoutTime() {
        var policy = CallPolicy(kind: .write, endpoints: 1, canLogIn: true, operation: .other { "call" })
        let error = GRPCError(code: .unauthenticated, message: "etcdserver: invalid auth token", disposition: .mayHaveExecuted, origin: .server)
        guard case .authenticate(.zero) = policy.handle(error, remaining: .milliseconds(50), jitter: 0),
            case .fail(let failure) = policy.handle(error, remaining: .milliseconds(50), jitter: 0)
        else {
            Issue.record("not one login, and then the error")
            return
        }
        #expect(failure.code == .unauthenticated && failure.outcome == .notDone)
    }
}
