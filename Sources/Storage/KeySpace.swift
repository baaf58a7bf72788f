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
        if KeySpace.hasRelativeSegment(key) {
            throw StorageError(.invalidKey, key: key, message: "invalid key: \"\(key)\"")
        }
        if key.isEmpty || key == "/" {
            throw StorageError(.invalidKey, key: key, message: "empty key: \"\(key)\"")
        }
        let whole = recursive && !key.hasSuffix("/") ? key + "/" : key
        guard whole.utf8.starts(with: resourcePrefix.utf8) else {
            throw StorageError(.invalidKey, key: key, message: "invalid key: \"\(key)\" lacks resource prefix: \"\(resourcePrefix)\"")
        }
        return pathPrefix + whole.dropFirst()
    }

    /// The key below the path prefix, such as `/deployments/demo/web`, of a full key that a store returned for this key space. No checks.
    public func key(ofStored stored: some Collection<UInt8>) -> String {
        // The path prefix' last slash is the key's first.
        String(decoding: stored.dropFirst(pathPrefix.utf8.count - 1), as: UTF8.self)
    }

    /// True when a part is `.` or `..`.
    private static func hasRelativeSegment(_ key: String) -> Bool {
        // Most keys have no such thing as a dot before or after a slash; look at bytes and at nothing else.
        var length = 0
        var onlyDots = true
        func isRelative() -> Bool { onlyDots && (length == 1 || length == 2) }
        for byte in key.utf8 {
            if byte == UInt8(ascii: "/") {
                if isRelative() { return true }
                length = 0
                onlyDots = true
            } else {
                length += 1
                if byte != UInt8(ascii: ".") { onlyDots = false }
            }
        }
        return isRelative()
    }
}
