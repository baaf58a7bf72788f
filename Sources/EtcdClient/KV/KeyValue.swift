//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One key at one revision.
public struct KeyValue: Sendable, Hashable {
    /// The key.
    public var key: [UInt8]
    /// The value; empty when only keys were asked for, and in a delete event.
    public var value: [UInt8]
    /// The revision that made the key.
    public var createRevision: Int64
    /// The revision of the latest write; of the delete itself in a delete event.
    public var modRevision: Int64
    /// Writes since the key was made, 1 for the first; 0 in a delete event.
    public var version: Int64
    /// The lease that the key lives on; 0 for none.
    public var lease: Int64

    /// A key and what is known of it.
    public init(
        key: [UInt8] = [], value: [UInt8] = [], createRevision: Int64 = 0, modRevision: Int64 = 0, version: Int64 = 0, lease: Int64 = 0
    ) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.version = version
        self.lease = lease
    }

    /// The key as text; bytes that aren't UTF-8 are replaced by U+FFFD.
    public var keyText: String { String(decoding: key, as: UTF8.self) }
    /// The value as text; bytes that aren't UTF-8 are replaced by U+FFFD.
    public var valueText: String { String(decoding: value, as: UTF8.self) }
}
