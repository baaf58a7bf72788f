//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// Something that not every storage offers, or that not every test can do to it.
public enum ConformanceCapability: String, Sendable, Hashable, CaseIterable {
    /// ``ConformanceSubject/compact(at:)`` works.
    case compaction
    /// A version that was compacted can't be read any more. (A cache may still have it.)
    case compactedVersionsExpire
    /// ``Storage/compactRevision`` follows compactions.
    case compactRevision
    /// ``ConformanceSubject/storedValue(at:)`` and ``ConformanceSubject/store(_:at:)`` work.
    case storedValues
    /// The storage uses ``ConformanceSetup/transformer``, and reads values anew for every call.
    case transformer
    /// Objects with a time to live go by themselves.
    case timeToLive
    /// ``ConformanceSubject/takeListRequests()`` works.
    case listRequests
    /// Statistics tell the mean size of stored values when ``ConformanceSetup/estimatesObjectSizes`` asks for it.
    case objectSizes
    /// A read at version zero is as new as any. (A cache may be behind.)
    case newestAtZero
    /// A list at version zero has a limit. (A cache gives all it has.)
    case limitAtZero
    /// ``Storage/requestWatchProgress()`` makes watches with ``ListOptions/progressNotify`` tell how far the store is.
    case watchProgress
    /// Watches that allow bookmarks get some by and by, within a few seconds.
    case periodicBookmarks
    /// A version beyond the store's newest is waited for by a watch, rather than refused.
    case futureWatches
}

/// What one behaviour needs of its storage.
public struct ConformanceSetup: Sendable {
    /// What all keys start with: the storage is one of pods.
    public static let resourcePrefix = "/pods"
    /// How the pods' labels and fields are read, for storages that do so themselves. The fields are `metadata.name`, `metadata.namespace`
    /// and `spec.nodeName`.
    public static let attributes: SelectionPredicate.AttributesFunction = { object in
        var attributes = try SelectionPredicate.metadataAttributes(object)
        attributes.fields["spec.nodeName"] = try object.value()["spec"]?["nodeName"]?.stringValue ?? ""
        return attributes
    }

    /// What values are to be transformed with; nil for nothing.
    public var transformer: (any ValueTransformer)?
    /// Nobody else may write to the store meanwhile, and it may be compacted.
    public var isAlone: Bool
    /// Statistics are to tell sizes.
    public var estimatesObjectSizes: Bool
}

/// Makes the storages that behaviours are tried on.
public protocol ConformanceFactory: Sendable {
    /// What is offered. Behaviours that need more are skipped.
    var capabilities: Set<ConformanceCapability> { get }

    /// How long a watch may say nothing of what it must tell; half a minute unless said otherwise.
    var patience: Duration { get }

    /// Runs `body` with a storage that is ready and holds nothing. Called many times, also at once.
    func withSubject(_ setup: ConformanceSetup, _ body: @Sendable (any ConformanceSubject) async throws -> Void) async throws
}

extension ConformanceFactory {
    /// Half a minute: the machine that tests run on may have a lot to do.
    public var patience: Duration { .seconds(30) }
}

/// A storage, and what a test can do to the store below it. What the factory's capabilities don't name need not be implemented.
public protocol ConformanceSubject: Sendable {
    /// The storage.
    var storage: any Storage { get }

    /// Writes something to the store that isn't the storage's.
    /// - Returns: the store's revision then.
    func increaseRevision() async throws -> ResourceVersion

    /// Forgets the history before a revision.
    func compact(at revision: ResourceVersion) async throws

    /// The value in the store, as it is stored; nil when there is none.
    /// - Parameter key: as the storage's callers have it, such as `/pods/ns/a`.
    func storedValue(at key: String) async throws -> [UInt8]?

    /// Puts a value into the store as it is, past the storage.
    /// - Returns: the revision of that.
    func store(_ value: [UInt8], at key: String) async throws -> ResourceVersion

    /// How many objects each list request to the store asked for, since the last call of this.
    func takeListRequests() async throws -> [Int]
}

extension ConformanceSubject {
    /// Not offered.
    public func compact(at revision: ResourceVersion) async throws { throw notOffered(.compaction) }
    /// Not offered.
    public func storedValue(at key: String) async throws -> [UInt8]? { throw notOffered(.storedValues) }
    /// Not offered.
    public func store(_ value: [UInt8], at key: String) async throws -> ResourceVersion { throw notOffered(.storedValues) }
    /// Not offered.
    public func takeListRequests() async throws -> [Int] { throw notOffered(.listRequests) }

    private func notOffered(_ capability: ConformanceCapability) -> ConformanceFailure {
        ConformanceFailure("the factory names the capability \(capability.rawValue), but its subject doesn't implement it")
    }
}
