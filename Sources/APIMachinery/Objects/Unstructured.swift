//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// An object of any kind, held as its tree: what custom resources are.
public struct Unstructured: APIResource, Hashable {
    /// The whole object.
    public var value: JSONValue

    /// Takes a tree.
    /// - Throws: ``JSONDecodingFailure`` when it isn't an object, or its metadata isn't of upstream's shape.
    public init(json: JSONValue) throws(JSONDecodingFailure) {
        guard case .object(let object) = json else { throw .mismatch(expected: "an object", found: json, path: "") }
        if let metadata = object["metadata"], !metadata.isNull {
            var reader = try JSONMemberReader(metadata, path: "metadata")
            _ = try ObjectMeta(reading: &reader)
        }
        value = json
    }

    /// An object with nothing but its kind.
    public init(apiVersion: String, kind: String) {
        value = ["apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": [:]]
    }

    /// The tree.
    public func json() -> JSONValue { value }

    /// The metadata, decoded anew each time it is read. Setting it writes the members that changed and leaves the others, and those that
    /// ``ObjectMeta`` doesn't know, as they are. A member whose type was made wrong through ``value`` reads as empty.
    public var metadata: ObjectMeta {
        get {
            guard let metadata = value["metadata"] else { return ObjectMeta() }
            do throws(JSONDecodingFailure) {
                var reader = try JSONMemberReader(metadata, path: "metadata", isLenient: true)
                return try ObjectMeta(reading: &reader)
            } catch {
                return ObjectMeta()
            }
        }
        set {
            var members = value["metadata"]?.objectValue ?? JSONObject()
            for (old, new) in zip(metadata.members, newValue.members) where old.value != new.value { members[new.key] = new.value }
            value["metadata"] = .object(members)
        }
    }

    /// `apiVersion`; empty when absent.
    public var apiVersion: String {
        get { value["apiVersion"]?.stringValue ?? "" }
        set { value["apiVersion"] = .string(newValue) }
    }

    /// `kind`; empty when absent.
    public var kind: String {
        get { value["kind"]?.stringValue ?? "" }
        set { value["kind"] = .string(newValue) }
    }

    /// A top-level member, such as `object["spec"]`.
    public subscript(key: String) -> JSONValue? {
        get { value[key] }
        set { value[key] = newValue }
    }

    /// The value at a path of member names, such as `object[path: "spec", "replicas"]`; nil when a step is missing. Setting makes the steps that are
    /// missing, and replaces those that aren't objects; setting nil removes the last member only.
    public subscript(path path: String...) -> JSONValue? {
        get { path.reduce(value) { $0?[$1] } }
        set { Unstructured.set(newValue, at: path[...], in: &value) }
    }

    private static func set(_ newValue: JSONValue?, at path: ArraySlice<String>, in value: inout JSONValue) {
        guard let key = path.first else { return }
        if path.count == 1 {
            value[key] = newValue
            return
        }
        let existing = value[key]
        if existing == nil && newValue == nil { return }
        var child = existing ?? .object(JSONObject())
        set(newValue, at: path.dropFirst(), in: &child)
        value[key] = child
    }
}

extension JSONValue {
    /// The same tree with the members of every object sorted by key: how a custom resource is stored.
    public func sortingKeys() -> JSONValue {
        switch self {
        case .array(let elements): .array(elements.map { $0.sortingKeys() })
        case .object(let object):
            .object(
                JSONObject(
                    uniqueMembers: object.members.map { JSONObject.Member(key: $0.key, value: $0.value.sortingKeys()) }
                        .sorted { $0.key.precedesByBytes($1.key) }))
        default: self
        }
    }
}
