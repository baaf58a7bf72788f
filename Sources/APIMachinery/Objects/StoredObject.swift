//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// An object as the storage holds it: its key, its bytes and the revision that wrote them.
///
/// One object, three views. The bytes are the currency: they are what etcd holds, they never contain `resourceVersion` (the version
/// is spliced in when they leave), and LIST and watch pass them on without decoding. ``metadata()`` scans what the
/// machinery needs from the bytes; ``value()`` parses the whole, for the few who ask. Copies share the bytes.
public struct StoredObject: Sendable {
    /// The storage key below the store's prefix, such as `/deployments/demo/web`.
    public let key: String
    /// The JSON text, without `metadata.resourceVersion`. May end with one line feed, as upstream stores it.
    public let bytes: [UInt8]
    /// The revision that wrote this; zero for an object that isn't stored (a dry run).
    public let resourceVersion: ResourceVersion

    /// Ties bytes to their key and version.
    public init(key: String, bytes: [UInt8], resourceVersion: ResourceVersion) {
        self.key = key
        self.bytes = bytes
        self.resourceVersion = resourceVersion
    }

    /// The same object at another version (a DELETED event carries the last content with the version of the delete).
    public func at(_ resourceVersion: ResourceVersion) -> StoredObject {
        StoredObject(key: key, bytes: bytes, resourceVersion: resourceVersion)
    }
}
