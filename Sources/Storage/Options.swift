//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// How to read one object.
public struct GetOptions: Sendable {
    /// A missing object is no error.
    public var ignoreNotFound: Bool
    /// The store must be at least this new: nil for the newest there is, zero for whatever is at hand.
    public var resourceVersion: ResourceVersion?

    /// Options; by default the newest object, which must exist.
    public init(ignoreNotFound: Bool = false, resourceVersion: ResourceVersion? = nil) {
        self.ignoreNotFound = ignoreNotFound
        self.resourceVersion = resourceVersion
    }
}

/// What a list's resource version means.
public enum ResourceVersionMatch: String, Sendable, Hashable {
    /// Exactly at that revision.
    case exact = "Exact"
    /// At that revision or any later one.
    case notOlderThan = "NotOlderThan"
}

/// How to list or watch.
///
/// Source of the rule: upstream storage.ListOptions; the combinations are resolved by ``ListRevision``.
public struct ListOptions: Sendable {
    /// nil for the newest, zero for any, else as ``match`` says. A watch starts just after it.
    public var resourceVersion: ResourceVersion?
    /// How ``resourceVersion`` is meant.
    public var match: ResourceVersionMatch?
    /// Which objects, and how many.
    public var predicate: SelectionPredicate
    /// All keys below the given one, instead of that one.
    public var recursive: Bool
    /// A watch reports the store's progress as bookmarks of its own accord.
    public var progressNotify: Bool
    /// A watch starts with the present state: true with a bookmark at its end, false never, nil only from version nil or zero.
    public var sendInitialEvents: Bool?

    /// Options; by default everything below the key at the newest revision.
    public init(
        resourceVersion: ResourceVersion? = nil, match: ResourceVersionMatch? = nil, predicate: SelectionPredicate = .everything,
        recursive: Bool = true, progressNotify: Bool = false, sendInitialEvents: Bool? = nil
    ) {
        self.resourceVersion = resourceVersion
        self.match = match
        self.predicate = predicate
        self.recursive = recursive
        self.progressNotify = progressNotify
        self.sendInitialEvents = sendInitialEvents
    }
}

/// The result of a list.
public struct StorageList: Sendable {
    /// The objects in key order.
    public var items: [StoredObject]
    /// The revision that all items were read at. Never zero.
    public var resourceVersion: ResourceVersion
    /// Pass it back to go on; nil at the end.
    public var continueToken: String?
    /// How many more there are; nil when unknown (a selector was given) or none.
    public var remainingItemCount: Int?

    /// A list.
    public init(items: [StoredObject], resourceVersion: ResourceVersion, continueToken: String? = nil, remainingItemCount: Int? = nil) {
        self.items = items
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
        self.remainingItemCount = remainingItemCount
    }
}

/// What an update wants written.
public struct UpdateProposal: Sendable {
    /// The JSON text. `metadata.resourceVersion` and `metadata.selfLink` aren't stored.
    public var bytes: [UInt8]
    /// Seconds to live; nil or 0 for no end (which drops an earlier one).
    public var ttl: Int?

    /// A proposal.
    public init(bytes: [UInt8], ttl: Int? = nil) {
        self.bytes = bytes
        self.ttl = ttl
    }
}

/// What must hold of an object before it is changed or removed.
public struct Preconditions: Sendable, Hashable {
    /// The object's UID.
    public var uid: String?
    /// The object's version, as text: compared to the letter, as upstream does.
    public var resourceVersion: String?

    /// Preconditions; nil asks nothing.
    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// Checks what may be there: what is asked of an object that is missing doesn't hold.
    /// - Throws: as ``check(_:)``.
    public func check(_ object: StoredObject?, at key: String) throws(StorageError) {
        if self == Preconditions() { return }
        guard let object else {
            throw StorageError(.preconditionFailed, key: key, message: "Precondition failed: there is no \"\(key)\"")
        }
        try check(object)
    }

    /// Checks an object.
    /// - Throws: ``StorageError/Code/preconditionFailed`` naming what was expected and what was found; `corruptObject`.
    public func check(_ object: StoredObject) throws(StorageError) {
        if let uid {
            let found = try StorageError.scanning(object) { $0.uid }
            if found != uid {
                throw StorageError(
                    .preconditionFailed, key: object.key, message: "Precondition failed: UID in precondition: \(uid), UID in object meta: \(found)")
            }
        }
        if let resourceVersion, resourceVersion != object.resourceVersion.description {
            throw StorageError(
                .preconditionFailed, key: object.key,
                message: "Precondition failed: resourceVersion in precondition: \(resourceVersion), "
                    + "resourceVersion in object meta: \(object.resourceVersion)")
        }
    }
}
