//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// What went wrong in a storage, and with which key.
///
/// Source of the rule: upstream storage.StorageError and its relatives; the mapping to `Status` is the registry's.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name.
        public let description: String
        private init(_ description: String) { self.description = description }

        /// There is no such object.
        public static let keyNotFound = Code("key not found")
        /// The key is taken.
        public static let keyExists = Code("key exists")
        /// The object changed meanwhile.
        public static let conflict = Code("resource version conflict")
        /// A UID or version that was asked for isn't the object's.
        public static let preconditionFailed = Code("precondition failed")
        /// The store can't be reached. Nothing was written.
        public static let unreachable = Code("server unreachable")
        /// It took too long, or the caller gave up. Nothing was written by this call.
        public static let timeout = Code("request timeout")
        /// A write was sent and its fate could not be learnt.
        public static let unknownOutcome = Code("outcome unknown")
        /// Stored bytes can't be read. They were left as they are.
        public static let corruptObject = Code("corrupt object")
        /// The key isn't one this storage may hold.
        public static let invalidKey = Code("invalid key")
        /// The options contradict each other.
        public static let invalidOptions = Code("invalid options")
        /// The continue token isn't one of ours.
        public static let invalidContinueToken = Code("invalid continue token")
        /// An object to be created carries a resource version.
        public static let resourceVersionSet = Code("resource version set on create")
        /// The store hasn't reached the version that was asked for.
        public static let resourceVersionTooLarge = Code("resource version too large")
        /// The version that was asked for is no longer kept.
        public static let expired = Code("resource version expired")
        /// The value, or the request, is larger than the store takes. Nothing was written.
        public static let tooLarge = Code("request too large")
        /// The store is full. Nothing of the write is there.
        public static let outOfSpace = Code("store out of space")
        /// Reads and watches can't be served yet.
        public static let notReady = Code("storage not ready")
        /// The caller's own closure threw; see ``StorageError/cause``. Nothing was written.
        public static let rejected = Code("rejected by the caller")
        /// The storage was shut down.
        public static let stopped = Code("storage stopped")
        /// Anything else.
        public static let internalError = Code("internal error")
    }

    /// The kind of failure.
    public var code: Code
    /// The key it is about; empty when it isn't about one.
    public var key: String
    /// For a person: names the input, and the remedy where there is one.
    public var message: String
    /// What lies beneath.
    public var cause: (any Error)?
    /// With ``Code/resourceVersionTooLarge``: the version that was asked for.
    public var requestedResourceVersion: ResourceVersion?
    /// With ``Code/resourceVersionTooLarge``: the version the store is at.
    public var currentResourceVersion: ResourceVersion?
    /// Seconds after which to try again; nil says nothing.
    public var retryAfterSeconds: Int?
    /// With ``Code/expired``: a token to go on with at the newest version.
    public var continueToken: String?
    /// With ``Code/corruptObject`` of many objects: what is wrong with each, by ``key``. The last may be another failure, which ended the search.
    public var failures: [StorageError] = []
    /// There are more unreadable objects than ``failures`` names.
    public var isTruncated = false

    /// A failure.
    public init(
        _ code: Code, key: String = "", message: String = "", cause: (any Error)? = nil, currentResourceVersion: ResourceVersion? = nil,
        retryAfterSeconds: Int? = nil, continueToken: String? = nil
    ) {
        self.code = code
        self.key = key
        self.message = message
        self.cause = cause
        self.currentResourceVersion = currentResourceVersion
        self.retryAfterSeconds = retryAfterSeconds
        self.continueToken = continueToken
    }

    /// The kind, the key, the message and the cause, for logs.
    public var description: String {
        var text = "StorageError: \(code)"
        if !key.isEmpty { text += ", key: \(key)" }
        if !message.isEmpty { text += ": \(message)" }
        if let cause { text += " (\(cause))" }
        return text
    }

    /// Several objects can't be read.
    /// - Parameters:
    ///   - key: what was listed or watched.
    ///   - failures: at least one; those of code `corruptObject` name their keys.
    ///   - isTruncated: there may be more.
    public static func unreadable(_ key: String, failures: [StorageError], isTruncated: Bool = false, message: String? = nil) -> StorageError {
        let named = failures.prefix(3).map(\.key).filter { !$0.isEmpty }.joined(separator: ", ")
        let more = failures.count > 3 || isTruncated ? ", …" : ""
        var error = StorageError(
            .corruptObject, key: key, message: message ?? "failed to read one or more objects below \"\(key)\" from the storage: \(named)\(more)",
            cause: failures.first)
        error.failures = failures
        error.isTruncated = isTruncated
        return error
    }

    /// The store is older than what was asked for.
    public static func tooLarge(requested: ResourceVersion, current: ResourceVersion, retryAfterSeconds: Int) -> StorageError {
        var error = StorageError(
            .resourceVersionTooLarge, message: "Too large resource version: \(requested), current: \(current)",
            currentResourceVersion: current, retryAfterSeconds: retryAfterSeconds)
        error.requestedResourceVersion = requested
        return error
    }

    /// Reads an object's metadata, or says that its bytes are no object.
    package static func scanning<T>(_ object: StoredObject, _ body: (ObjectMetadata) -> T) throws(StorageError) -> T {
        do {
            return body(try object.metadata())
        } catch {
            throw StorageError(.corruptObject, key: object.key, message: "the stored bytes are not a JSON object with metadata", cause: error)
        }
    }
}
