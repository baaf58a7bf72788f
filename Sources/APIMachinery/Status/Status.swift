//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The `Status` object that Kubernetes APIs answer instead of an object: every error that leaves the server, and some successes.
///
/// Source of the rule: upstream meta/v1 Status; codes and reasons in api/errors.
public struct Status: Error, Sendable, Hashable {
    /// Machine-readable reason; the text is what `reason` carries.
    public struct Reason: RawRepresentable, Hashable, Sendable {
        /// The text of the `reason` field.
        public let rawValue: String
        /// A reason by its text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No reason given.
        public static let unknown = Reason(rawValue: "")
        /// 400.
        public static let badRequest = Reason(rawValue: "BadRequest")
        /// 401.
        public static let unauthorized = Reason(rawValue: "Unauthorized")
        /// 403.
        public static let forbidden = Reason(rawValue: "Forbidden")
        /// 404.
        public static let notFound = Reason(rawValue: "NotFound")
        /// 405.
        public static let methodNotAllowed = Reason(rawValue: "MethodNotAllowed")
        /// 406.
        public static let notAcceptable = Reason(rawValue: "NotAcceptable")
        /// 409: something of that name is there.
        public static let alreadyExists = Reason(rawValue: "AlreadyExists")
        /// 409: the object changed meanwhile, or a precondition failed.
        public static let conflict = Reason(rawValue: "Conflict")
        /// 410.
        public static let gone = Reason(rawValue: "Gone")
        /// 410: the resource version is no longer kept.
        public static let expired = Reason(rawValue: "Expired")
        /// 413.
        public static let requestEntityTooLarge = Reason(rawValue: "RequestEntityTooLarge")
        /// 415.
        public static let unsupportedMediaType = Reason(rawValue: "UnsupportedMediaType")
        /// 422.
        public static let invalid = Reason(rawValue: "Invalid")
        /// 429.
        public static let tooManyRequests = Reason(rawValue: "TooManyRequests")
        /// 500.
        public static let internalError = Reason(rawValue: "InternalError")
        /// 500: the storage could not be reached or did not answer in time; try again.
        public static let serverTimeout = Reason(rawValue: "ServerTimeout")
        /// 500: stored data can't be read.
        public static let storageReadError = Reason(rawValue: "StorageReadError")
        /// 503.
        public static let serviceUnavailable = Reason(rawValue: "ServiceUnavailable")
        /// 504.
        public static let timeout = Reason(rawValue: "Timeout")
    }

    /// One of several causes of a failure.
    public struct Cause: Sendable, Hashable {
        /// Machine-readable, such as `FieldValueInvalid`. Travels as `reason`.
        public var type: String
        /// For a person.
        public var message: String
        /// The field's path, such as `spec.replicas`; empty when the cause isn't a field.
        public var field: String

        /// A cause.
        public init(type: String, message: String, field: String = "") {
            self.type = type
            self.message = message
            self.field = field
        }
    }

    /// What the status is about.
    public struct Details: Sendable, Hashable {
        /// The object's name.
        public var name: String = ""
        /// Its group.
        public var group: String = ""
        /// The resource or kind.
        public var kind: String = ""
        /// Its UID.
        public var uid: String = ""
        /// All the causes.
        public var causes: [Cause] = []
        /// Seconds to wait before trying again; 0 says nothing. Also sent as the `Retry-After` header.
        public var retryAfterSeconds: Int = 0

        /// Details; everything may be left out.
        public init(name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [], retryAfterSeconds: Int = 0) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// The HTTP status code.
    public var code: Int
    /// Machine-readable reason.
    public var reason: Reason
    /// For a person: names the input and, where there is one, the remedy.
    public var message: String
    /// What it is about, when there is more to say.
    public var details: Details?
    /// A token with which an expired list may go on at the newest version (`metadata.continue`).
    public var continueToken: String?

    /// A status; failures have codes from 400 on.
    public init(code: Int, reason: Reason, message: String, details: Details? = nil, continueToken: String? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.continueToken = continueToken
    }

    /// True for a failure.
    public var isFailure: Bool { code >= 400 }
}
