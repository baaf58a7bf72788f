//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// Where the objects of one resource live: the contract between the registry, the watch cache and the store below it.
///
/// An implementation holds one resource (its keys start with that resource's prefix) and knows no Kubernetes kind: it deals in stored bytes and
/// in metadata that ``SelectionPredicate`` extracts. All of it may be called from any task at once. Cancelling the calling task ends a
/// call with ``StorageError/Code/timeout``.
///
/// Every read is linearizable unless its options ask for less. A failure always says, by ``StorageError/Code``, whether the
/// object is known to be unchanged.
///
/// Source of the rule: upstream storage.Interface.
public protocol Storage: Sendable {
    /// Adds an object under a key that must be free.
    ///
    /// Of several concurrent creates of one key exactly one succeeds.
    /// - Parameters:
    ///   - key: below the resource's prefix, such as `/deployments/demo/web`.
    ///   - bytes: the JSON text. `metadata.selfLink` isn't stored; a `metadata.resourceVersion` that isn't empty is refused.
    ///   - ttl: seconds after which the object goes by itself; 0 for never.
    /// - Returns: the object at the revision that wrote it.
    /// - Throws: ``StorageError/Code/keyExists``, `resourceVersionSet`, `invalidKey`, `unreachable`, `unknownOutcome`…
    func create(_ key: String, bytes: [UInt8], ttl: Int) async throws(StorageError) -> StoredObject

    /// Reads one object.
    /// - Returns: the object; nil when it is missing and ``GetOptions/ignoreNotFound`` is set.
    /// - Throws: `keyNotFound`; `resourceVersionTooLarge` when the store has not reached ``GetOptions/resourceVersion``; `corruptObject`…
    func get(_ key: String, options: GetOptions) async throws(StorageError) -> StoredObject?

    /// Reads the objects below a key (``ListOptions/recursive``) or the one at it.
    ///
    /// Items come in byte order of their keys and are all of one revision, which ``StorageList/resourceVersion`` names.
    /// A missing key gives an empty list.
    /// - Throws: `resourceVersionTooLarge`, `expired`, `invalidContinueToken`, `invalidOptions`; `corruptObject` when some can't be read, with
    ///   ``StorageError/failures`` naming each (a hundred at most)…
    func list(_ key: String, options: ListOptions) async throws(StorageError) -> StorageList

    /// Reads, lets `update` change, and writes back only if nothing else wrote meanwhile; again with the newer object otherwise.
    ///
    /// `update` may be called many times and must have no side effects. An unchanged object isn't written and raises no event.
    /// - Parameters:
    ///   - ignoreNotFound: a missing object is passed to `update` as nil, and created.
    ///   - preconditions: checked against every object before `update` sees it.
    ///   - suggestion: a perhaps stale copy that saves the first read. Never the cause of a failure: what fails on it is tried again
    ///     on the live object.
    /// - Throws: `rejected` with ``StorageError/cause`` when `update` threw; `keyNotFound`; `preconditionFailed`…
    func guaranteedUpdate(
        _ key: String, ignoreNotFound: Bool, preconditions: Preconditions?, suggestion: StoredObject?,
        update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject

    /// Removes an object, if the preconditions hold and `validate` doesn't throw.
    /// - Returns: the last content, at the revision of the delete.
    /// - Throws: `keyNotFound`, `preconditionFailed`, `rejected` with the cause when `validate` threw…
    func delete(
        _ key: String, preconditions: Preconditions?, suggestion: StoredObject?,
        validate: @Sendable (StoredObject) async throws -> Void
    ) async throws(StorageError) -> StoredObject

    /// Removes an object whose stored bytes can't be read, and no other: breaking glass for what no other call can touch.
    ///
    /// Nothing is known of the object, so nothing of it is checked: no UID, no finalizer. What it refers to is left as it is.
    /// - Parameter validate: the caller's last word; called again when the bytes change meanwhile and still can't be read.
    /// - Returns: the revision of the delete.
    /// - Throws: `keyNotFound`; `preconditionFailed` when the object can be read after all, at the newest revision; `rejected` with the cause when
    ///   `validate` threw…
    ///
    /// Source of the rule: upstream DeleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential.
    func deleteUnreadable(_ key: String, validate: @Sendable () async throws -> Void) async throws(StorageError) -> ResourceVersion

    /// Follows the objects below a key (or at it), from just after ``ListOptions/resourceVersion``.
    ///
    /// No event is lost, repeated or reordered; when that can't be kept, the stream says so with a last ``WatchEvent/failure(_:)`` and ends. A stream
    /// also ends, without an event, when the store had to drop it: watch again from the last version seen.
    func watch(_ key: String, options: ListOptions) async throws(StorageError) -> WatchStream

    /// The newest revision of the store, from the store itself.
    func currentResourceVersion() async throws(StorageError) -> ResourceVersion

    /// Asks that watchers be told how far the store is (as bookmarks), soon. Does nothing where ``supportsWatchProgress`` is false.
    func requestWatchProgress() async throws(StorageError)

    /// Whether ``requestWatchProgress()`` can be relied on, so that a cache may serve consistent reads.
    var supportsWatchProgress: Bool { get async }

    /// The newest revision known to be compacted; zero when unknown. Never decreases.
    var compactRevision: ResourceVersion { get }

    /// Numbers for metrics and cost estimates.
    func statistics() async throws(StorageError) -> StorageStatistics

    /// Throws ``StorageError/Code/notReady`` while reads and watches can't be served.
    func checkReadiness() async throws(StorageError)
}

extension Storage {
    /// Refuses: this storage can't tell what it can't read.
    public func deleteUnreadable(_ key: String, validate: @Sendable () async throws -> Void) async throws(StorageError) -> ResourceVersion {
        throw StorageError(.invalidOptions, key: key, message: "this storage doesn't remove objects that can't be read: \"\(key)\" is left as it is")
    }
}

/// Numbers about what a storage holds.
public struct StorageStatistics: Sendable, Hashable {
    /// How many objects there are.
    public var objectCount: Int
    /// The mean size of a stored value in bytes; 0 when it isn't known.
    public var averageObjectSize: Int

    /// Numbers about a storage.
    public init(objectCount: Int, averageObjectSize: Int = 0) {
        self.objectCount = objectCount
        self.averageObjectSize = averageObjectSize
    }
}
