//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage

extension StorageError {
    /// Why a read failed.
    /// - Parameter read: what was read, for the message: "list", "watch"…
    static func reading(_ error: EtcdError, key: String, read: String) -> StorageError {
        switch error.code {
        case .compacted:
            StorageError(.expired, key: key, message: "The resourceVersion for the provided \(read) is too old.", cause: error)
        case .historyLost, .orderViolation:
            // Nothing that was read before can be relied on: to begin anew is all that helps, and what clients do when a version is too old.
            StorageError(.expired, key: key, message: "The history of \"\(key)\" is lost, list again: \(error.message)", cause: error)
        case .futureRevision where read == "watch":
            StorageError(.expired, key: key, message: "The version of \"\(key)\" isn't there, list again: \(error.message)", cause: error)
        default:
            // Of a lease that is asked for on the way the reason is all that matters here.
            StorageError(Code(error.reason), key: key, message: "cannot \(read) \"\(key)\": \(error.message)", cause: error)
        }
    }

    /// Why a write failed.
    static func writing(_ error: EtcdError, key: String) -> StorageError {
        StorageError(Code(error.code), key: key, message: "cannot write \"\(key)\": \(error.message)", cause: error)
    }
}

extension StorageError.Code {
    fileprivate init(_ code: EtcdError.Code) {
        self =
            switch code {
            case .unknownOutcome: .unknownOutcome
            case .deadlineExceeded, .canceled: .timeout
            case .unavailable, .noLeader, .tooManyRequests, .learner: .unreachable
            case .requestTooLarge: .tooLarge
            case .noSpace: .outOfSpace
            case .stopped: .stopped
            case .compacted: .expired
            default: .internalError
            }
    }
}
