//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage

/// Turns what etcd holds into objects and back.
struct ValueCodec: Sendable {
    /// An object as it came out of etcd.
    struct Value: Sendable {
        var object: StoredObject
        /// Its stored form should be renewed.
        var isStale: Bool
    }

    let keys: KeySpace
    let transformer: any ValueTransformer
    let sizes: ObjectSizes?
    let metrics: StorageMetrics
    /// Set when there is nothing to wait for and nothing to copy.
    let identity: IdentityTransformer?

    init(keys: KeySpace, transformer: any ValueTransformer, sizes: ObjectSizes?, metrics: StorageMetrics) {
        self.keys = keys
        self.transformer = transformer
        self.sizes = sizes
        self.metrics = metrics
        identity = transformer as? IdentityTransformer
    }

    /// The object, where nothing needs to be waited for; nil where ``object(_:)`` must be asked. Spares loops a call that could suspend.
    func objectNow(_ kv: KeyValue) throws(StorageError) -> StoredObject? {
        guard let identity else { return nil }
        return try plainObject(kv, identity)
    }

    /// An object.
    /// - Throws: `corruptObject` naming the key: it can't be decrypted, or isn't JSON; what the transformer throws of other codes.
    func object(_ kv: KeyValue) async throws(StorageError) -> StoredObject {
        if let identity { return try plainObject(kv, identity) }
        return try await value(kv).object
    }

    func value(_ kv: KeyValue) async throws(StorageError) -> Value {
        if let identity { return Value(object: try plainObject(kv, identity), isStale: false) }
        sizes?.learn(kv)
        let transformed: TransformedValue
        do {
            transformed = try await transformer.transformFromStorage(kv.value, authenticatedData: kv.key)
        } catch var error as StorageError where error.code != .corruptObject {
            // Nothing is said of the value: the key service didn't answer, say.
            error.key = keys.key(ofStored: kv.key)
            throw error
        } catch {
            throw unreadable(kv, error)
        }
        try checkIsJSON(transformed.bytes, kv)
        let object = StoredObject(
            key: keys.key(ofStored: kv.key), bytes: transformed.bytes, resourceVersion: ResourceVersion(UInt64(kv.modRevision)))
        return Value(object: object, isStale: transformed.isStale)
    }

    /// What to store for an object's bytes.
    func stored(_ bytes: [UInt8], key: String, storeKey: [UInt8]) async throws(StorageError) -> [UInt8] {
        if identity != nil { return bytes }
        do {
            return try await transformer.transformToStorage(bytes, authenticatedData: storeKey)
        } catch {
            throw StorageError(.internalError, key: key, message: "unable to transform \"\(key)\" for storage; nothing was written", cause: error)
        }
    }

    private func plainObject(_ kv: KeyValue, _ identity: IdentityTransformer) throws(StorageError) -> StoredObject {
        sizes?.learn(kv)
        let bytes: [UInt8]
        do {
            bytes = try identity.check(kv.value, authenticatedData: kv.key)
        } catch {
            throw unreadable(kv, error)
        }
        try checkIsJSON(bytes, kv)
        return StoredObject(key: keys.key(ofStored: kv.key), bytes: bytes, resourceVersion: ResourceVersion(UInt64(kv.modRevision)))
    }

    private func unreadable(_ kv: KeyValue, _ cause: any Error) -> StorageError {
        metrics.countDecodeError()
        let key = keys.key(ofStored: kv.key)
        return StorageError(.corruptObject, key: key, message: "unable to transform key \"\(key)\" from storage", cause: cause)
    }

    /// The same, where every byte is looked at: what is damaged anywhere is unreadable.
    func wholeObject(_ kv: KeyValue) async throws(StorageError) -> StoredObject {
        let object = try await object(kv)
        do throws(JSONError) {
            try object.checkMetadata()
        } catch {
            throw undecodable(kv, "the value of \"\(object.key)\" is not a JSON object with metadata", error)
        }
        return object
    }

    /// Looks at both ends only: what is no JSON object at all, such as another server's protobuf, or is cut short, must not pass for one.
    private func checkIsJSON(_ bytes: [UInt8], _ kv: KeyValue) throws(StorageError) {
        if bytes.first(where: { !isSpace($0) }) == UInt8(ascii: "{"), bytes.last(where: { !isSpace($0) }) == UInt8(ascii: "}") { return }
        let key = keys.key(ofStored: kv.key)
        let isProtobuf = bytes.starts(with: [UInt8(ascii: "k"), UInt8(ascii: "8"), UInt8(ascii: "s"), 0])
        throw undecodable(
            kv,
            isProtobuf
                ? "the value of \"\(key)\" is protobuf (another server wrote it); rewrite it as JSON with --storage-media-type=application/json there"
                : "the value of \"\(key)\" is not a JSON object")
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): true
        default: false
        }
    }

    private func undecodable(_ kv: KeyValue, _ message: String, _ cause: (any Error)? = nil) -> StorageError {
        metrics.countDecodeError()
        return StorageError(.corruptObject, key: keys.key(ofStored: kv.key), message: message, cause: cause)
    }
}
