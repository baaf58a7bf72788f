//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// What a call is, as far as repeating it goes.
enum CallKind: Sendable, Hashable {
    /// Has no effect, or none that anybody must know of, as a login.
    case repeatable
    /// Has the same effect however often it is done, so that it's repeated; but whether it was done matters.
    case idempotentWrite
    /// Must not happen twice.
    case write
}

/// Decides after a failed attempt: again, or which error to throw.
///
/// A write is tried again only when it is proven that it was not executed, unless it's idempotent. Whatever ends a write of which an attempt, not only
/// the last, may have been executed becomes ``EtcdError/Code/unknownOutcome``, save for a server's last word that says more.
struct CallPolicy: Sendable {
    enum Action {
        /// Wait, then try again.
        case retry(after: Duration)
        /// Log in, wait, and try again.
        case authenticate(pause: Duration)
        /// Throw.
        case fail(EtcdError)
    }

    let kind: CallKind
    /// How the error names the operation, as in `put "/a"`.
    let operation: OperationName
    let endpoints: Int
    /// Whether a refused token can be replaced.
    let canLogIn: Bool
    private(set) var attempts = 0
    /// Whether an attempt at a write may have been executed.
    private(set) var mayHaveExecuted = false
    private var backoff = Backoff()
    private var oddities = 0
    private var logins = 0

    init(kind: CallKind, endpoints: Int, canLogIn: Bool = false, operation: OperationName) {
        self.kind = kind
        self.endpoints = endpoints
        self.canLogIn = canLogIn
        self.operation = operation
    }

    /// Takes in a failed attempt.
    /// - Parameters:
    ///   - remaining: time until the deadline.
    ///   - jitter: a random number from 0 to 1.
    mutating func handle(_ error: GRPCError, remaining: Duration, jitter: Double) -> Action {
        attempts += 1
        let verdict = verdict(on: error)
        if verdict.executed, kind != .repeatable { mayHaveExecuted = true }
        // Refused before anything happened, so that a write too may be sent again.
        if verdict.code == .unauthenticated, !verdict.executed, canLogIn, logins < LoginPace.pauses.count, LoginPace.pauses[logins] < remaining {
            logins += 1
            return .authenticate(pause: LoginPace.pauses[logins - 1])
        }
        guard verdict.mayRepeat else { return .fail(failure(error, verdict)) }
        let wait = backoff.next(jitter: jitter)
        // The last error tells more than "too late" would.
        guard wait < remaining else { return .fail(failure(error, verdict)) }
        return .retry(after: wait)
    }

    /// What ends a call when it was no attempt that failed, but what goes between two.
    func ending(_ error: EtcdError) -> EtcdError { mayHaveExecuted ? error.afterUncertainAttempt() : error }

    private struct Verdict {
        var code: EtcdError.Code
        var mayRepeat: Bool
        var executed: Bool
        /// Whether the server said, for good, why it won't.
        var isRefusal = false
    }

    private mutating func verdict(on error: GRPCError) -> Verdict {
        switch error.origin {
        case .caller:
            // A call that may not be made as it is, such as with metadata that can't be headers, is the caller's doing too.
            return Verdict(
                code: error.code == .cancelled ? .canceled : .invalidArgument, mayRepeat: false, executed: error.disposition == .mayHaveExecuted)
        case .shutdown:
            return Verdict(code: .stopped, mayRepeat: false, executed: error.disposition == .mayHaveExecuted)
        case .deadline:
            return Verdict(code: .deadlineExceeded, mayRepeat: false, executed: error.disposition == .mayHaveExecuted)
        case .protocolViolation where error.code == .resourceExhausted:
            return Verdict(code: .responseTooLarge, mayRepeat: false, executed: error.disposition == .mayHaveExecuted)
        case .server, .serverGoingAway, .connection, .protocolViolation:
            break
        }
        if error.disposition != .mayHaveExecuted { return Verdict(code: .unavailable, mayRepeat: true, executed: false) }
        let server = ServerError(error)
        switch server.execution {
        case .refused: return Verdict(code: server.code, mayRepeat: false, executed: false, isRefusal: true)
        case .refusedForNow: return Verdict(code: server.code, mayRepeat: mayPass(server.code), executed: false)
        case .uncertain:
            return Verdict(code: server.code, mayRepeat: kind != .write && mayPass(server.code), executed: true)
        }
    }

    /// Whether a reason may be gone a little later.
    static func mayPass(_ code: EtcdError.Code) -> Bool {
        switch code {
        case .unavailable, .noLeader, .tooManyRequests, .deadlineExceeded: true
        default: false
        }
    }

    // Which reasons may be gone by the next attempt.
    private mutating func mayPass(_ code: EtcdError.Code) -> Bool {
        if Self.mayPass(code) { return true }
        switch code {
        // A server's, not ours.
        case .canceled: return true
        // A single member won't change what it is.
        case .learner, .notCapable: return endpoints > 1
        // Our bug and a server's mishap look alike: a few attempts tell them apart.
        case .internalError, .unknown, .malformedResponse:
            oddities += 1
            return oddities < 3
        default: return false
        }
    }

    private func failure(_ error: GRPCError, _ verdict: Verdict) -> EtcdError {
        // That a lease isn't there, say, is worth more than that an earlier attempt went unanswered.
        let isUnknown = mayHaveExecuted && !verdict.isRefusal
        var message = "\(operation()): \(error.message)"
        if attempts > 1 { message += " (attempt \(attempts))" }
        if mayHaveExecuted { message += verdict.executed ? EtcdError.doubt : EtcdError.earlierDoubt }
        if let remedy = Self.remedies[verdict.code], !isUnknown || verdict.code == .noSpace { message += "; \(remedy)" }
        return EtcdError(
            isUnknown ? .unknownOutcome : verdict.code, message: message, outcome: mayHaveExecuted ? .unknown : .notDone, reason: verdict.code,
            underlying: error)
    }

    static let remedies: [EtcdError.Code: String] = [
        .requestTooLarge: "send less at once, or raise the server's --max-request-bytes",
        .responseTooLarge: "read it by rangeStream, which takes it piece by piece, or ask for less by a limit",
        .tooManyOperations: "split the transaction, or raise the server's --max-txn-ops",
        .noSpace: "compact and defragment the members, then disarm the NOSPACE alarm",
        .compacted: "read anew at the latest revision",
        .duplicateKey: "write each key once in a transaction",
        .leaseTTLTooLarge: "ask for at most 9000000000 seconds",
        .unavailable: "check that the endpoints are reachable and that most members run",
        .noLeader: "check that most members of the cluster run and reach each other",
        .unauthenticated: "give the client credentials that the cluster knows",
        .authenticationFailed: "check the name and the password",
        .permissionDenied: "grant the user a role with this permission",
        .corrupt: "stop writing and compare the members' data",
    ]
}
