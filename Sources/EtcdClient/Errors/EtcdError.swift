//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import GRPCTransport

/// Why an operation on etcd did not succeed, and whether it can have had an effect.
///
/// A write has three outcomes: it returned, it threw with ``Outcome/notDone``, or it threw with ``Outcome/unknown``. In the last
/// case ``code`` is ``Code/unknownOutcome`` and only reading can tell; nothing in this client repeats such a write.
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
    /// For a person: names the operation and its input, what the server said, and the remedy where there is one.
    public var message: String
    /// Whether a write can have happened.
    public var outcome: Outcome
    /// With ``Code/compacted``, from a watch: the oldest revision that is still there, as the server told.
    public var compactRevision: Int64?
    /// What the call itself failed with, when there was a call.
    public var underlying: GRPCError?

    /// An error.
    public init(
        _ code: Code, message: String, outcome: Outcome = .notDone, compactRevision: Int64? = nil, underlying: GRPCError? = nil
    ) {
        self.code = code
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
