//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Names an object that owns another: when the owner goes, the garbage collector takes the dependent too.
///
/// Source of the rule: upstream meta/v1 OwnerReference.
public struct OwnerReference: Sendable, Hashable {
    /// The owner's group and version.
    public var apiVersion: String
    /// The owner's kind.
    public var kind: String
    /// The owner's name.
    public var name: String
    /// The owner's UID.
    public var uid: String
    /// This owner manages the object. At most one does.
    public var controller: Bool?
    /// A foreground deletion of the owner waits for this object.
    public var blockOwnerDeletion: Bool?

    /// Names an owner.
    public init(apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil, blockOwnerDeletion: Bool? = nil) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }
}

extension OwnerReference: JSONConvertible {
    init(reading reader: inout JSONMemberReader) throws(JSONDecodingFailure) {
        self.init(
            apiVersion: try reader.string("apiVersion"), kind: try reader.string("kind"), name: try reader.string("name"),
            uid: try reader.string("uid"), controller: try reader.bool("controller"), blockOwnerDeletion: try reader.bool("blockOwnerDeletion"))
    }

    /// The reference as a tree. The four names are always there, as upstream writes them.
    public func json() -> JSONValue {
        var members: [JSONObject.Member] = [
            .init(key: "apiVersion", value: .string(apiVersion)), .init(key: "kind", value: .string(kind)),
            .init(key: "name", value: .string(name)), .init(key: "uid", value: .string(uid)),
        ]
        if let controller { members.append(.init(key: "controller", value: .bool(controller))) }
        if let blockOwnerDeletion { members.append(.init(key: "blockOwnerDeletion", value: .bool(blockOwnerDeletion))) }
        return .object(JSONObject(uniqueMembers: members))
    }
}

extension OwnerReference: Codable {
    /// Decodes from a tree.
    /// - Throws: ``JSONDecodingFailure`` naming the member that isn't of its type.
    public init(json value: JSONValue) throws(JSONDecodingFailure) {
        try self.init(tree: value)
    }

    /// Decodes through a tree, by the rules of ``init(json:)``.
    public init(from decoder: any Decoder) throws { try self.init(treeOf: decoder) }

    /// Encodes the tree of ``json()``.
    public func encode(to encoder: any Encoder) throws { try json().encode(to: encoder) }
}
