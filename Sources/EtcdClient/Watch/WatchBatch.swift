//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One change of one key.
public struct WatchEvent: Sendable, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// The key was written.
        case put
        /// The key was deleted, or its lease ended.
        case delete
    }

    /// What happened.
    public var type: Kind
    /// The key after it. Of a delete there's only the key and ``KeyValue/modRevision``, the delete's own.
    public var kv: KeyValue
    /// The key before it, when ``WatchOptions/prevKV`` is set and it was there.
    ///
    /// nil as well when the revision before is compacted, which happens to a watch that is behind: of an event that isn't ``isCreate`` nil means
    /// unknown, never "there was nothing". Who needs it each time keeps the last values.
    public var prevKV: KeyValue?

    /// An event.
    public init(type: Kind, kv: KeyValue, prevKV: KeyValue? = nil) {
        self.type = type
        self.kv = kv
        self.prevKV = prevKV
    }

    /// Whether the key was made by it.
    public var isCreate: Bool { type == .put && kv.createRevision == kv.modRevision }
    /// The revision at which it happened.
    public var revision: Int64 { kv.modRevision }
}

/// What a watch delivers at once: all events of one or more revisions, or the news that there were none.
public struct WatchBatch: Sendable, Hashable {
    /// Who sent it. Its revision is that of the store, which can be ahead of ``revision``.
    public var header: ResponseHeader
    /// Everything up to and including this revision has been delivered; nothing of it comes again.
    public var revision: Int64
    /// The events by revision, never part of a revision alone. Empty when ``isProgress``.
    public var events: [WatchEvent]

    /// A batch.
    public init(header: ResponseHeader, revision: Int64, events: [WatchEvent]) {
        self.header = header
        self.revision = revision
        self.events = events
    }

    /// Whether it only tells ``revision``.
    public var isProgress: Bool { events.isEmpty }
}
