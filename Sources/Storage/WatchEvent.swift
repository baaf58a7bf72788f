//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Synchronization

/// What a watch reports.
public enum WatchEvent: Sendable {
    /// Something happened to an object.
    case change(WatchChange)
    /// Everything up to this version has been reported. `endsInitialEvents` marks the end of the present state.
    case bookmark(ResourceVersion, endsInitialEvents: Bool)
    /// The watch failed; always the last event.
    case failure(StorageError)

    /// The version the event stands for; nil for a failure.
    public var resourceVersion: ResourceVersion? {
        switch self {
        case .change(let change): change.object.resourceVersion
        case .bookmark(let version, _): version
        case .failure: nil
        }
    }
}

/// A change of one object.
public struct WatchChange: Sendable {
    /// What happened, as this watcher's predicate sees it.
    public enum Kind: String, Sendable, Hashable {
        /// It is new, or newly selected.
        case added = "ADDED"
        /// It changed.
        case modified = "MODIFIED"
        /// It is gone, or no longer selected.
        case deleted = "DELETED"
    }

    /// What happened.
    public var kind: Kind
    /// The object after the change; for a deletion the last content, at the version of the delete.
    public var object: StoredObject
    /// Encodings that all watchers of the event share.
    public var encodings: SharedEncodings

    /// A change.
    public init(kind: Kind, object: StoredObject, encodings: SharedEncodings = SharedEncodings()) {
        self.kind = kind
        self.object = object
        self.encodings = encodings
    }
}

/// Encoded forms of one event, made once and shared by all its watchers, so that fan-out costs no encoding per watcher.
///
/// Source of the rule: upstream cacher's caching object.
public final class SharedEncodings: Sendable {
    private let forms = Mutex<[(form: String, bytes: [UInt8])]>([])

    /// No forms yet.
    public init() {}

    /// The bytes of a form, made by the first who asks. `form` names everything that shapes the bytes: event type, media type, transformation.
    public func bytes(of form: String, make: () throws -> [UInt8]) rethrows -> [UInt8] {
        if let known = forms.withLock({ $0.first { $0.form == form }?.bytes }) { return known }
        // Made outside the lock: two askers may both make it, which costs less than a lock held while encoding.
        let made = try make()
        return forms.withLock { forms in
            if let known = forms.first(where: { $0.form == form }) { return known.bytes }
            forms.append((form, made))
            return made
        }
    }
}
