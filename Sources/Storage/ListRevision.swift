//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// At which revision a list is read, where it starts and what must hold of the answer: what the options of a list come to.
///
/// Source of the rule: upstream storage.ValidateListOptions.
public struct ListRevision: Sendable, Hashable {
    /// The revision to read at.
    public enum Read: Sendable, Hashable {
        /// The newest that there is, linearizably.
        case latest
        /// Exactly this one, which may be gone, or not there yet.
        case exact(ResourceVersion)
    }

    /// The revision to read at.
    public var read: Read
    /// The store must have reached this revision when it answers; zero asks nothing.
    public var minimum: ResourceVersion
    /// The first key that may be in the answer; nil for the beginning. In the key prefix's own terms.
    public var startKey: String?

    /// Resolves the options of a list.
    /// - Parameter keyPrefix: what the list is about, prepared: continue tokens are relative to it.
    /// - Throws: `invalidContinueToken`; `invalidOptions` for a resource version beside a continue token.
    public init(resolving options: ListOptions, keyPrefix: String) throws(StorageError) {
        let version = options.resourceVersion ?? .zero
        if options.recursive, let text = options.predicate.continueToken, !text.isEmpty {
            let token = try ContinueToken(parsing: text, keyPrefix: keyPrefix)
            guard version.isZero else {
                throw StorageError(
                    .invalidOptions,
                    message: "specifying resource version is not allowed when using continue: leave out resourceVersion \(version) or the token")
            }
            startKey = token.startKey
            minimum = .zero
            read = token.revision > 0 ? .exact(ResourceVersion(UInt64(token.revision))) : .latest
            return
        }
        startKey = nil
        minimum = version
        switch options.match {
        case .notOlderThan:
            read = .latest
        case .exact:
            read = version.isZero ? .latest : .exact(version)
        case nil:
            // Before resourceVersionMatch there was, a limit made the version of a list exact, so that its pages fit together.
            let isLegacyExact = options.recursive && options.predicate.limit > 0 && !version.isZero
            read = isLegacyExact ? .exact(version) : .latest
        }
    }

    /// Checks the revision that the store was at when it answered.
    /// - Throws: `resourceVersionTooLarge`.
    public func check(current: ResourceVersion) throws(StorageError) {
        if current < minimum { throw .tooLarge(requested: minimum, current: current, retryAfterSeconds: 0) }
    }
}
