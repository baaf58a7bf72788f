//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// What a server's error text, or failing that its code, says.
///
/// The text comes first: proxies and old servers lose codes, and one code has many meanings.
///
/// Source of the rule: etcd's api/v3rpc/rpctypes; checked against live servers.
struct ServerError: Hashable {
    /// Whether the server had begun to execute what it refused.
    enum Execution: Hashable {
        /// It refused before anything happened, and will refuse again.
        case refused
        /// It refused before anything happened; another member, or the same a little later, may accept.
        case refusedForNow
        /// It can't be told from the error.
        case uncertain
    }

    var code: EtcdError.Code
    var execution: Execution

    init(_ code: EtcdError.Code, _ execution: Execution) {
        self.code = code
        self.execution = execution
    }

    /// What it says of the member that it came from; nil when another would say the same.
    var judgement: GRPCEndpointOutcome? {
        switch code {
        case .noLeader, .tooManyRequests: .unavailable
        case .learner, .notCapable: .unsuited
        default: nil
        }
    }

    /// Reads a status.
    init(code: GRPCStatusCode, text: String) {
        self = Self.known(text) ?? Self.fallback(code)
    }

    /// Reads how a call failed that a server ended.
    init(_ error: GRPCError) {
        self.init(code: error.code, text: error.message)
        // A reset is HTTP/2's, and no refusal of etcd's, whatever status gRPC translates it to.
        if error.resetCode != nil, execution != .uncertain { self.init(.internalError, .uncertain) }
    }

    /// Reads a watch's cancel reason, which may begin with a status that was made into text.
    init(cancelReason reason: String) {
        let text = Self.withoutStatusPrefix(reason)
        if let known = Self.known(text) {
            self = known
            return
        }
        let named = GRPCStatusCode.allCases.first { reason.hasPrefix("rpc error: code = \(Self.goName(of: $0)) desc = ") }
        if let named, named != .unknown {
            self = Self.fallback(named)
        } else {
            self.init(.watchCanceled, .refused)
        }
    }

    private static func known(_ text: String) -> ServerError? {
        let text = withoutStatusPrefix(text)
        if let known = table[text] { return known }
        return prefixes.first { text.hasPrefix($0.prefix) }?.error
    }

    private static func withoutStatusPrefix(_ text: String) -> String {
        guard text.hasPrefix("rpc error: code = "), let description = text.firstRange(of: " desc = ") else { return text }
        return String(text[description.upperBound...])
    }

    private static func goName(of code: GRPCStatusCode) -> String {
        switch code {
        case .cancelled: "Canceled"
        case .ok: "OK"
        default: code.description.split(separator: "_").map { $0.prefix(1) + $0.dropFirst().lowercased() }.joined()
        }
    }

    private static func fallback(_ code: GRPCStatusCode) -> ServerError {
        switch code {
        case .invalidArgument: ServerError(.invalidArgument, .refused)
        // What wasn't found can't be told without the text.
        case .notFound: ServerError(.unknown, .refused)
        case .alreadyExists, .failedPrecondition: ServerError(.failedPrecondition, .refused)
        case .permissionDenied: ServerError(.permissionDenied, .refused)
        case .unauthenticated: ServerError(.unauthenticated, .refused)
        case .unimplemented: ServerError(.unimplemented, .refused)
        case .outOfRange: ServerError(.invalidArgument, .refused)
        case .dataLoss: ServerError(.corrupt, .uncertain)
        case .unavailable: ServerError(.unavailable, .uncertain)
        case .deadlineExceeded: ServerError(.deadlineExceeded, .uncertain)
        case .cancelled: ServerError(.canceled, .uncertain)
        case .internal: ServerError(.internalError, .uncertain)
        case .resourceExhausted: ServerError(.tooManyRequests, .uncertain)
        case .aborted, .unknown, .ok: ServerError(.unknown, .uncertain)
        }
    }
}
