//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// What the registry was doing when the storage failed; the same failure means different things to different callers.
public enum StorageOperation: Sendable, Hashable {
    /// Reading one object.
    case get
    /// Reading many.
    case list
    /// Following changes.
    case watch
    /// Adding an object.
    case create
    /// Changing an object.
    case update
    /// Removing an object.
    case delete
}

extension Status {
    /// What a client is told about a storage's failure.
    ///
    /// A write whose fate is unknown gives 504 without a hint to try again: a client that repeats it blindly might write twice.
    /// - Parameters:
    ///   - name: the object's name; empty for lists and watches.
    ///   - requested: the version that a read asked for.
    ///
    /// Source of the rule: upstream storage/errors; where upstream lets etcd's text through as a bare 500 (too large, out of space, timeouts,
    /// unknown outcomes), a typed status is given instead.
    public init(
        interpreting error: StorageError, operation: StorageOperation, resource: GroupResource, name: String = "", requested: ResourceVersion? = nil
    ) {
        if error.code == .rejected, let status = error.cause as? Status {
            self = status
            return
        }
        let text = error.description
        self =
            switch error.code {
            case .keyNotFound, .keyExists, .conflict, .preconditionFailed:
                Status.objectState(error, operation: operation, resource: resource, name: name)
            case .unreachable:
                .serverTimeout(resource, operation: "\(operation)", retryAfterSeconds: 2)
            case .timeout:
                operation.isRead
                    ? .serverTimeout(resource, operation: "\(operation)", retryAfterSeconds: 2)
                    : .timeout("the \(operation) of \(resource) \"\(name)\" was not carried out in time", retryAfterSeconds: 0)
            case .unknownOutcome:
                .timeout(
                    "the \(operation) of \(resource) \"\(name)\" was sent, but its outcome is unknown: read the object before trying again",
                    retryAfterSeconds: 0)
            case .corruptObject where !error.failures.isEmpty:
                Status.unreadable(error, operation: operation, resource: resource)
            case .invalidContinueToken, .invalidOptions, .invalidKey:
                .badRequest(error.message.isEmpty ? text : error.message)
            case .resourceVersionTooLarge:
                .tooLargeResourceVersion(
                    requested: error.requestedResourceVersion ?? requested ?? .zero, current: error.currentResourceVersion ?? .zero,
                    retryAfterSeconds: error.retryAfterSeconds ?? 0)
            case .expired:
                Status.expired(error)
            case .tooLarge:
                .requestEntityTooLarge(error.message.isEmpty ? "the object is larger than the store takes" : error.message)
            case .outOfSpace:
                .serviceUnavailable("the store is out of space: \(error.message)")
            case .notReady:
                // With what keeps it from being ready, such as the keys of objects that can't be read: nothing else tells whoever must mend it.
                .tooManyRequests(
                    error.message.isEmpty ? "storage is (re)initializing" : error.message, retryAfterSeconds: error.retryAfterSeconds ?? 1)
            case .stopped:
                .serviceUnavailable("the storage of \(resource) was shut down")
            case .resourceVersionSet:
                Status(code: 500, reason: .unknown, message: "resourceVersion should not be set on objects to be created")
            default:
                .internalError(text)
            }
    }

    private static func objectState(_ error: StorageError, operation: StorageOperation, resource: GroupResource, name: String) -> Status {
        let changes = operation == .update || operation == .delete
        switch (error.code, operation) {
        case (.keyNotFound, .get), (.keyNotFound, .update), (.keyNotFound, .delete):
            return .notFound(resource, name: name)
        case (.keyNotFound, .list):
            return .notFound(resource, name: "")
        case (.keyExists, .create):
            return .alreadyExists(resource, name: name)
        case (.conflict, _) where !changes:
            return Status(code: 409, reason: .unknown, message: error.description)
        case (_, _) where changes:
            return .conflict(resource, name: name, message: error.message.isEmpty ? error.description : error.message)
        default:
            return Status(code: 500, reason: .unknown, message: error.description)
        }
    }

    /// What can't be read, one cause each, so that an administrator can remove them.
    private static func unreadable(_ error: StorageError, operation: StorageOperation, resource: GroupResource) -> Status {
        var causes = error.failures.map { failure in
            Status.Cause(type: "UnexpectedServerResponse", message: failure.description, field: failure.code == .corruptObject ? failure.key : "")
        }
        if error.isTruncated { causes.append(Status.Cause(type: "FieldValueTooMany", message: "too many errors, the list is truncated")) }
        // The first is told in the message too, for whoever gets nothing else to see, as behind a cache.
        var message = error.message
        if operation == .list, let first = error.failures.first {
            message = "failed to read one or more \(resource) from the storage: \(first.description)"
            let others = error.failures.count { $0.code == .corruptObject } - 1
            if others > 0 { message += " (and \(others) more)" }
        }
        return Status(
            code: 500, reason: .storageReadError, message: message,
            details: Details(name: operation == .list ? "list" : "", group: resource.group, kind: resource.resource, causes: causes))
    }

    private static func expired(_ error: StorageError) -> Status {
        var status = Status.expired(error.message.isEmpty ? error.description : error.message)
        status.continueToken = error.continueToken
        return status
    }
}

extension StorageOperation {
    var isRead: Bool {
        switch self {
        case .get, .list, .watch: true
        case .create, .update, .delete: false
        }
    }
}
