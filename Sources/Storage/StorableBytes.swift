//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// Brings an object's text into the form that is stored, which holds neither `metadata.resourceVersion` nor `metadata.selfLink`.
///
/// Source of the rule: upstream storage.APIObjectVersioner.PrepareObjectForStorage.
public enum StorableBytes {
    private static let unstored = ["resourceVersion", "selfLink"]

    /// What to store of a new object. Costs one pass over the bytes, and a parse for an object that holds what isn't stored.
    /// - Throws: `resourceVersionSet`: it says which version it is, so it isn't new.
    public static func creating(_ bytes: [UInt8], key: String) throws(StorageError) -> [UInt8] {
        guard mayHoldUnstored(bytes), let root = object(bytes), let metadata = root["metadata"]?.objectValue else { return bytes }
        if let version = metadata["resourceVersion"]?.stringValue, !version.isEmpty, version != "0" {
            throw StorageError(
                .resourceVersionSet, key: key,
                message: "resourceVersion should not be set on objects to be created: leave out \"\(version)\" of \"\(key)\"")
        }
        return without(metadata, root, bytes)
    }

    /// What to store of a changed object. Costs one pass over the bytes, and a parse for an object that holds what isn't stored.
    public static func updating(_ bytes: [UInt8]) -> [UInt8] {
        guard mayHoldUnstored(bytes), let root = object(bytes), let metadata = root["metadata"]?.objectValue else { return bytes }
        return without(metadata, root, bytes)
    }

    private static func without(_ metadata: JSONObject, _ root: JSONObject, _ bytes: [UInt8]) -> [UInt8] {
        guard unstored.contains(where: { metadata[$0] != nil }) else { return bytes }
        var metadata = metadata
        var root = root
        for name in unstored { metadata[name] = nil }
        root["metadata"] = .object(metadata)
        return JSONValue.object(root).serialized() + (bytes.last == 0x0A ? [0x0A] : [])
    }

    /// Nil for what is no object: whoever reads it will be told.
    private static func object(_ bytes: [UInt8]) -> JSONObject? {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes).objectValue
        } catch {
            return nil
        }
    }

    /// Whether one of the names is somewhere among the bytes, between quotes. Names with escapes in them are nobody's spelling.
    private static func mayHoldUnstored(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            let end = bytes.count - 10
            while position < end {
                defer { position += 1 }
                guard bytes[position] == UInt8(ascii: "\"") else { continue }
                switch bytes[position + 1] {
                case UInt8(ascii: "r"): if begins(bytes, position + 1, "resourceVersion\"") { return true }
                case UInt8(ascii: "s"): if begins(bytes, position + 1, "selfLink\"") { return true }
                default: continue
                }
            }
            return false
        }
    }

    private static func begins(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int, _ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] { return false }
        return true
    }
}
