//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How a call ended, in gRPC's numbering.
public enum GRPCStatusCode: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// It succeeded.
    case ok = 0
    /// It was given up, here or there.
    case cancelled = 1
    /// The cause is not known, or the peer's answer makes no sense.
    case unknown = 2
    /// The request can't be right in any state of the server.
    case invalidArgument = 3
    /// Time ran out.
    case deadlineExceeded = 4
    /// What was named isn't there.
    case notFound = 5
    /// What was to be made is there already.
    case alreadyExists = 6
    /// The caller may not.
    case permissionDenied = 7
    /// A quota or limit is used up.
    case resourceExhausted = 8
    /// The server's state doesn't allow it.
    case failedPrecondition = 9
    /// It lost against a concurrent operation.
    case aborted = 10
    /// The request reaches past a valid range.
    case outOfRange = 11
    /// The server doesn't know the method.
    case unimplemented = 12
    /// The protocol was broken.
    case `internal` = 13
    /// The server can't be reached now.
    case unavailable = 14
    /// Data was lost for good.
    case dataLoss = 15
    /// The caller isn't known.
    case unauthenticated = 16

    /// The name as gRPC spells it, as in `NOT_FOUND`.
    public var description: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internal: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }
}
