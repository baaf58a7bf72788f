//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Turns the keys of one resource into the store's full keys and back, and refuses those that could reach beyond the resource.
///
/// Source of the rule: upstream storage.PrepareKey and etcd3.New.
public struct KeySpace: Sendable, Hashable {
    /// Where everything lives; starts and ends with one slash: `/registry/`.
    public let pathPrefix: String
    /// Where this resource lives below that; starts and ends with one slash: `/deployments/`.
    public let resourcePrefix: String

    /// A key space.
    /// - Parameters:
    ///   - pathPrefix: slashes around and between its parts are put right: `custom//prefix` is `/custom/prefix/`.
    ///   - resourcePrefix: starts with a slash and names something.
    /// - Throws: `invalidKey` naming the prefix that can't be used.
    public init(pathPrefix: String, resourcePrefix: String) throws(StorageError) {
        guard resourcePrefix.hasPrefix("/"), resourcePrefix.contains(where: { $0 != "/" }) else {
            throw StorageError(
                .invalidKey, key: resourcePrefix, message: "the resource prefix \"\(resourcePrefix)\" must start with a slash and name a resource")
        }
        for prefix in [pathPrefix, resourcePrefix] where KeySpace.hasRelativeSegment(prefix) {
            throw StorageError(.invalidKey, key: prefix, message: "the prefix \"\(prefix)\" must not contain . or .. as a part")
        }
        let parts = pathPrefix.split(separator: "/")
        self.pathPrefix = parts.isEmpty ? "/" : "/\(parts.joined(separator: "/"))/"
        self.resourcePrefix = resourcePrefix.hasSuffix("/") ? resourcePrefix : resourcePrefix + "/"
    }

    /// The store's key of a key of this resource.
    /// - Parameter recursive: the key stands for all below it, so it gets a slash at its end: `/pods/foo` must not reach `/pods/foobar`.
    /// - Throws: `invalidKey`: it is empty, has a part that is `.` or `..`, or isn't below the resource's prefix.
    public func prepare(_ key: String, recursive: Bool = false) throws(StorageError) -> String {
        String(decoding: try storeKey(of: key, recursive: recursive), as: UTF8.self)
    }

    /// As ``prepare(_:recursive:)``, as bytes. Costs one allocation.
    public func storeKey(of key: String, recursive: Bool = false) throws(StorageError) -> [UInt8] {
        if KeySpace.hasRelativeSegment(key) {
            throw StorageError(.invalidKey, key: key, message: "invalid key: \"\(key)\"")
        }
        if key.isEmpty || key == "/" {
            throw StorageError(.invalidKey, key: key, message: "empty key: \"\(key)\"")
        }
        // The path prefix' last slash is the key's first.
        let start = pathPrefix.utf8.count - 1
        let endsOpen = recursive && key.utf8.last != UInt8(ascii: "/")
        var (pathPrefix, relative) = (pathPrefix, key)
        let whole = relative.withUTF8 { relative in
            [UInt8](unsafeUninitializedCapacity: start + relative.count + (endsOpen ? 1 : 0)) { bytes, count in
                pathPrefix.withUTF8 { _ = bytes[..<start].initialize(fromContentsOf: $0[..<start]) }
                count = bytes[start...].initialize(fromContentsOf: relative)
                if endsOpen {
                    bytes.initializeElement(at: count, to: UInt8(ascii: "/"))
                    count += 1
                }
            }
        }
        guard whole.dropFirst(start).starts(with: resourcePrefix.utf8) else {
            throw StorageError(.invalidKey, key: key, message: "invalid key: \"\(key)\" lacks resource prefix: \"\(resourcePrefix)\"")
        }
        return whole
    }

    /// The key below the path prefix, such as `/deployments/demo/web`, of a full key that a store returned for this key space. No checks.
    public func key(ofStored stored: [UInt8]) -> String {
        // The path prefix' last slash is the key's first.
        stored.withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0.dropFirst(pathPrefix.utf8.count - 1)), as: UTF8.self) }
    }

    /// True when a part is `.` or `..`.
    private static func hasRelativeSegment(_ key: String) -> Bool {
        var key = key
        return key.withUTF8 { bytes in
            let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
            // Most keys have no such thing as a dot after a slash.
            for index in bytes.indices where bytes[index] == dot && (index == 0 || bytes[index - 1] == slash) {
                let next = index + 1
                let end = next < bytes.count && bytes[next] == dot ? next + 1 : next
                if end == bytes.count || bytes[end] == slash { return true }
            }
            return false
        }
    }
}
