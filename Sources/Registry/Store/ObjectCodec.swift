//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Turns a kind's values into stored bytes and back.
struct ObjectCodec<Value: APIResource>: Sendable {
    let resource: ResourceDescription

    /// A value as a client sent it, with the defaults that the schema can't know.
    /// - Throws: 400 naming the field that doesn't fit.
    func decodeRequest(_ json: JSONValue) throws(Status) -> Value {
        var json = json
        resource.defaults?(&json)
        do {
            return try Value(json: json)
        } catch {
            throw Status.badRequest(
                "\(resource.kind.kind) in version \"\(resource.kind.groupVersion)\" cannot be handled as a \(resource.kind.kind): \(error)")
        }
    }

    /// A stored value, with its resource version.
    /// - Throws: 500 naming the key; what is stored is left as it is.
    func decode(_ object: StoredObject) throws(Status) -> Value {
        let json = try json(object)
        do {
            return try Value(json: json)
        } catch {
            throw unreadable(object, because: error)
        }
    }

    /// A stored object's whole tree, with its resource version.
    func json(_ object: StoredObject) throws(Status) -> JSONValue {
        do {
            return try object.value()
        } catch {
            throw unreadable(object, because: error)
        }
    }

    private func unreadable(_ object: StoredObject, because error: some Error) -> Status {
        .internalError("the object stored at \(object.key) can't be read: \(error)")
    }

    /// The bytes to store: members in the schema's order (all sorted without a schema), no version, one line feed.
    /// - Throws: 400 naming the field when a value that was built in the program doesn't fit the schema.
    func encode(_ value: Value) throws(Status) -> [UInt8] {
        var json = value.json()
        json["metadata"]?["resourceVersion"] = nil
        json["metadata"]?["selfLink"] = nil
        let complete = withTypeMeta(json)
        var bytes: [UInt8] = []
        if let schema = resource.schema {
            do {
                try schema.normalize(complete).value.write(into: &bytes)
            } catch {
                throw Status.badRequest("\(resource.kind.kind) \"\(value.metadata.name)\" can't be stored: \(error)")
            }
        } else {
            complete.sortingKeys().write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The same object with other content, for a hook that changed what the client is answered.
    func reencode(_ value: Value, like object: StoredObject) throws(Status) -> StoredObject {
        StoredObject(key: object.key, bytes: try encode(value), resourceVersion: object.resourceVersion)
    }

    /// Typed values don't carry what their type already says.
    private func withTypeMeta(_ json: JSONValue) -> JSONValue {
        if json["kind"]?.stringValue != nil, json["apiVersion"]?.stringValue != nil { return json }
        var members = JSONObject()
        members["kind"] = .string(resource.kind.kind)
        members["apiVersion"] = .string(resource.kind.groupVersion.description)
        for member in json.objectValue ?? JSONObject() where member.key != "kind" && member.key != "apiVersion" {
            members[member.key] = member.value
        }
        return .object(members)
    }
}
