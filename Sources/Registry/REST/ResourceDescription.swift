//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// What a resource is called and how its objects are shaped: what discovery, OpenAPI and decoding need to know.
public struct ResourceDescription: Sendable {
    /// The kind of its objects.
    public var kind: GroupVersionKind
    /// The kind of its lists: the kind with `List` behind it unless said otherwise.
    public var listKind: String
    /// The name in URLs, such as `deployments`.
    public var plural: String
    /// The name of one, such as `deployment`.
    public var singular: String
    /// What people type, such as `deploy`.
    public var shortNames: [String]
    /// Groups of resources it belongs to, such as `all`.
    public var categories: [String]
    /// Whether its objects live in namespaces.
    public var namespaced: Bool
    /// The shape of its objects. nil for objects of any shape.
    public var schema: ObjectSchema?
    /// Field selectors beyond `metadata.name` and `metadata.namespace`.
    public var selectableFields: [String]
    /// How its objects look in protobuf; nil when clients can send them as text only. Needs ``schema``.
    public var protobuf: ProtobufNumbering?
    /// Fills in defaults that depend on what was given, after the schema's own. The registry applies it to every object that it is handed.
    public var defaults: (@Sendable (inout JSONValue) -> Void)?

    /// Describes a resource.
    public init(
        kind: GroupVersionKind, listKind: String? = nil, plural: String, singular: String? = nil, shortNames: [String] = [],
        categories: [String] = [], namespaced: Bool, schema: ObjectSchema? = nil, selectableFields: [String] = [],
        protobuf: ProtobufNumbering? = nil, defaults: (@Sendable (inout JSONValue) -> Void)? = nil
    ) {
        self.kind = kind
        self.listKind = listKind ?? kind.kind + "List"
        self.plural = plural
        self.singular = singular ?? kind.kind.lowercased()
        self.shortNames = shortNames
        self.categories = categories
        self.namespaced = namespaced
        self.schema = schema
        self.selectableFields = selectableFields
        self.protobuf = protobuf
        self.defaults = defaults
    }

    /// Group and plural, for messages.
    public var groupResource: GroupResource { GroupResource(group: kind.group, resource: plural) }
}
