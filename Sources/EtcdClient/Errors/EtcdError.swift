//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import GRPCTransport

/// Why an operation on etcd did not succeed, and whether it can have had an effect.
///
/// A write has three outcomes: it returned, it threw with ``Outcome/notDone``, or it threw with ``Outcome/unknown``. In the last
/// case only reading can tell; nothing in this client repeats such a write, unless it has the same effect however often it is done, as the
/// revocation of a lease. ``code`` is then ``Code/unknownOutcome``, and ``reason`` says what came in between; or, where a write was repeated, the
/// code of what the server said at last, such as ``Code/leaseNotFound``.
public struct EtcdError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name.
        public let description: String
        init(_ description: String) { self.description = description }
    }

    /// What is known of a failed write.
    public enum Outcome: Sendable, Hashable {
        /// It had no effect, and won't have any. True of every failed read.
        case notDone
        /// It may have had its effect, or may yet have it.
        case unknown
    }

    /// The kind of failure.
    public var code: Code
    /// With ``Code/unknownOutcome`` what the code would be if nothing had been done, as `noSpace` or `deadlineExceeded`; else the same as ``code``.
    public var reason: Code
    /// For a person: names the operation and its input, what the server said, and the remedy where there is one.
    public var message: String
    /// Whether a write can have happened.
    public var outcome: Outcome
    /// With ``Code/compacted``, from a watch: the oldest revision that is still there, as the server told.
    public var compactRevision: Int64?
    /// What the call itself failed with, when there was a call.
    public var underlying: GRPCError?

    /// An error.
    /// - Parameter reason: nil for the same as `code`.
    public init(
        _ code: Code, message: String, outcome: Outcome = .notDone, reason: Code? = nil, compactRevision: Int64? = nil,
        underlying: GRPCError? = nil
    ) {
        self.code = code
        self.reason = reason ?? code
        self.message = message
        self.outcome = outcome
        self.compactRevision = compactRevision
        self.underlying = underlying
    }

    /// The code, the message and the endpoint.
    public var description: String {
        var text = "EtcdError: \(code): \(message)"
        if let compactRevision { text += " (compacted up to revision \(compactRevision))" }
        if let endpoint = underlying?.endpoint { text += " (\(endpoint))" }
        return text
    }
}

extension EtcdError {
    static let doubt = "; it may have been executed, or may yet be: read before writing again"
    static let earlierDoubt = "; an earlier attempt may have been executed"

    /// The end of a write whose last attempt may have done nothing, but one before it something.
    func afterUncertainAttempt() -> EtcdError {
        guard outcome == .notDone else { return self }
        var failure = self
        failure.code = .unknownOutcome
        failure.outcome = .unknown
        failure.message += Self.earlierDoubt
        return failure
    }

    /// The end of writes that were repeated, of which one may have been executed. What says no more than that the last attempt came to nothing is
    /// `unknownOutcome`; a refusal is worth more, and keeps its code.
    func endingUncertainAttempts() -> EtcdError {
        if CallPolicy.mayPass(code) || code == .canceled || code == .stopped { return afterUncertainAttempt() }
        guard outcome == .notDone else { return self }
        var failure = self
        failure.outcome = .unknown
        failure.message += Self.earlierDoubt
        return failure
    }

    /// Whether a server answered by what it says both of writes that it refused and of writes that it carried out.
    package var isAnsweredUncertainly: Bool { outcome == .unknown && reason == .noSpace }

    /// The end of a write that was answered, by an answer that left its outcome unknown, once a read has shown that it was not done.
    package func seenNotDone() -> EtcdError {
        var failure = self
        failure.code = reason
        failure.outcome = .notDone
        failure.message = message.replacing(Self.doubt, with: "")
        return failure
    }
}
